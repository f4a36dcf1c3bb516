package op_test

// A client that was removed, and another one of the same id: nothing of the former lives again.

import (
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// again removes a client and makes one of the same id, scopes and secret.
func (a *apps) again(id string) {
	a.t.Helper()
	must(a.t, a.db.RemoveClient(a.t.Context(), id, storage.Event{Actor: "test"}))
	must(a.t, a.db.AddClient(a.t.Context(), a.clients[id], storage.Event{Actor: "test"}))
}

// The answer to a leak is to remove the machine and to connect it anew. Both happen within one second here, which iat cannot tell apart.
func TestATokenOfARemovedMachineIsDeadForTheNextOfItsID(t *testing.T) {
	for _, format := range []string{"opaque", "jwt"} {
		t.Run(format, func(t *testing.T) {
			eachApps(t, func(t *testing.T, a *apps) {
				withConsole(a)
				a.change(t, "tool", func(c *storage.Client) { c.TokenFormat = format })
				tool := a.clients["tool"]
				tool.TokenFormat = format
				a.clients["tool"] = tool
				leaked := a.ask("tool").issued().AccessToken
				former, unfit := a.calls(leaked, op.ScopeWrite)
				if unfit != nil {
					t.Fatal(unfit)
				}
				a.introspect("nosy", leaked).active(true)

				a.again("tool")
				if c, unfit := a.calls(leaked, op.ScopeWrite); unfit == nil || unfit.Status() != http.StatusUnauthorized {
					t.Errorf("the leaked token opens the console's API for %+v: %v", c, unfit)
				}
				a.introspect("nosy", leaked).active(false)

				fresh := a.ask("tool").issued().AccessToken
				if next, unfit := a.calls(fresh, op.ScopeWrite); unfit != nil || next.Born == "" || next.Born == former.Born {
					t.Errorf("the new one's own token: %v, of a client born %q, and the former %q", unfit, next.Born, former.Born)
				}
				a.introspect("nosy", fresh).active(true)
				a.revoke("tool", fresh)
				a.introspect("nosy", fresh).active(false)
			})
		})
	}
}

// Who presents the code of a public client needs no secret: nothing else would tell the two apart.
func TestNothingThatAPersonGaveARemovedClientIsGoodForTheNextOfItsID(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		had, code := a.granted("spa", scoped("openid")), a.code("spa")
		a.again("spa")
		a.refresh("spa", had.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.redeem("spa", code).denied(http.StatusBadRequest, "invalid_grant")
		if got := a.userinfo(had.AccessToken); got.status != http.StatusUnauthorized {
			t.Errorf("userinfo of the former one's token: %d %s", got.status, got.body)
		}
		a.introspect("nosy", had.AccessToken).active(false)
		if own := a.granted("spa", scoped("openid")); !strings.Contains(own.Scope, "openid") {
			t.Errorf("the new one got %+v", own)
		}
	})
}

// Introspection says of a machine's token what the console's API would.
func TestATokenOfAServiceIsInactiveOnceItsClientMayNotAskForOne(t *testing.T) {
	a := newApps(t)
	token := a.ask("robot").issued().AccessToken
	a.introspect("nosy", token).active(true)
	a.change(t, "robot", func(c *storage.Client) {
		c.Type, c.GrantTypes, c.RedirectURIs = "web", []string{"authorization_code"}, []string{back}
	})
	a.introspect("nosy", token).active(false)
}
