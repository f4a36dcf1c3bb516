package op_test

// OIDC Core §3.1.2.1 max_age, §11: what a person gives of the console is as young as what they change in it.

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// helping is a confidential client that may open the console, to which anna has consented.
func helping(t *testing.T) (*house, *browser) {
	t.Helper()
	h := newHouse(t)
	h.change(t, "few", func(c *storage.Client) { c.Scopes = []string{"openid", "offline_access", op.ScopeRead, op.ScopeWrite} })
	anna := h.signedIn(t, "anna")
	h.consent(t, "anna", "few", "openid", "offline_access", op.ScopeRead, op.ScopeWrite)
	return h, anna
}

// The cookie of a session of hours, stolen, changes nothing in the console, and gets nothing by one click of a client either.
func TestAnOldSessionOpensTheConsoleForNoClient(t *testing.T) { // AD-17
	for _, scope := range []string{op.ScopeRead, op.ScopeWrite, op.ScopeRead + " " + op.ScopeWrite} {
		h, anna := helping(t)
		request := []change{of("few", back), with("scope", "openid "+scope)}
		silent := append(slices.Clone(request), with("prompt", "none"))
		h.later(10*time.Minute - 2*time.Second)
		h.code(anna.authorize(silent...))

		h.later(11 * time.Hour)
		anna.authorize(silent...).refused("login_required")
		anna.authorize(append(slices.Clone(silent), with("max_age", "86400"))...).refused("login_required") // the client may wish for less, not for more
		h.code(anna.authorize(of("few", back), with("scope", "openid"), with("prompt", "none")))            // for the rest it is as good as before
		anna.authorize(request...).asked()
		ask := h.face.last(t)
		if !ask.Fresh {
			t.Fatalf("the face was asked %+v", ask)
		}
		anna.signIn("anna", ask.Attempt)
		h.code(anna.get(ask.Back))
	}
}

func TestAClientMayWantAYoungerSignInForTheConsole(t *testing.T) {
	h, anna := helping(t)
	h.later(2 * time.Minute)
	request := []change{of("few", back), with("scope", op.ScopeRead), with("prompt", "none")}
	h.code(anna.authorize(request...))
	anna.authorize(append(slices.Clone(request), with("max_age", "60"))...).refused("login_required")
	h.change(t, "few", func(c *storage.Client) { c.MaxAge = 90 })
	anna.authorize(request...).refused("login_required")
}

// A client that may not have them asks for nothing that would need a new sign-in.
func TestScopesThatAClientMayNotHaveMakeNoSessionTooOld(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	h.later(11 * time.Hour)
	h.code(anna.authorize(with("scope", "openid doorward:write"), with("prompt", "none")))
}

func TestNobodyChangesTheConsoleForMonthsInAPersonsName(t *testing.T) { // OIDC Core §11
	h, anna := helping(t)
	all := "openid offline_access " + op.ScopeRead
	if got := h.code(anna.authorize(of("few", back), with("scope", all+" "+op.ScopeWrite))); slices.Contains(got.Scopes, "offline_access") || !slices.Contains(got.Scopes, op.ScopeWrite) {
		t.Errorf("granted %v", got.Scopes)
	}
	if got := h.code(anna.authorize(of("few", back), with("scope", all))); !slices.Contains(got.Scopes, "offline_access") { // reading goes on
		t.Errorf("granted %v", got.Scopes)
	}
}

// Whatever a code says, and whatever the client is marked for, what may change the console ends with its access token.
func TestWhatChangesTheConsoleIsNotRefreshed(t *testing.T) {
	for _, refresh := range []string{"offline", "session"} {
		t.Run(refresh, func(t *testing.T) {
			a := newApps(t)
			withConsole(a)
			a.change(t, "desk", func(c *storage.Client) { c.Refresh = refresh })
			got := a.redeem("desk", a.code("desk", scoped("openid offline_access "+op.ScopeWrite))).issued()
			if got.RefreshToken != "" || strings.Contains(got.Scope, "offline_access") || !strings.Contains(got.Scope, op.ScopeWrite) {
				t.Errorf("got %+v", got)
			}
			if got := a.redeem("desk", a.code("desk", scoped("openid offline_access "+op.ScopeRead))).issued(); got.RefreshToken == "" {
				t.Errorf("who reads: %+v", got)
			}
		})
	}
}
