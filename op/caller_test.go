package op_test

// Who calls the console's API (RFC 6750, RFC 8707 §2; security.md AD-17).

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// withConsole adds two clients that may open the console's API: one by itself, one for people.
func withConsole(a *apps) {
	robot := a.clients["robot"]
	robot.ID, robot.Scopes = "tool", []string{op.ScopeRead, op.ScopeWrite, "read"}
	desk := a.clients["basic"]
	desk.ID, desk.Scopes = "desk", []string{"openid", op.ScopeRead, op.ScopeWrite, "offline_access"}
	for _, c := range []storage.Client{robot, desk} {
		must(a.t, a.db.AddClient(a.t.Context(), c, storage.Event{Actor: "test"}))
		a.clients[c.ID] = c
	}
}

func carrying(token string) *http.Request {
	r := httptest.NewRequest(http.MethodGet, issuer+"/admin/api/v1/apps", nil)
	r.Header.Set("Authorization", "Bearer "+token)
	return r
}

// calls asks with a token; an error comes with what the visitor is told.
func (a *apps) calls(token, scope string) (op.Caller, *op.Unfit) {
	a.t.Helper()
	c, err := a.door.Bearer(carrying(token), scope)
	var unfit *op.Unfit
	if err != nil && !errors.As(err, &unfit) {
		a.t.Fatal(err)
	}
	if err != nil && (c.ClientID != "" || !strings.HasPrefix(unfit.Challenge(), `Bearer realm="`+issuer+`"`)) {
		a.t.Errorf("%+v with the challenge %s", c, unfit.Challenge())
	}
	return c, unfit
}

func TestATokenWithTheScopeOpensTheConsolesAPI(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		withConsole(a)
		all, readOnly := a.ask("tool").issued(), a.ask("tool", with("scope", op.ScopeRead)).issued()
		c, unfit := a.calls(all.AccessToken, op.ScopeWrite)
		if unfit != nil || c.ClientID != "tool" || c.UserID != "" || !slices.Equal(c.Scopes, []string{op.ScopeRead, op.ScopeWrite}) {
			t.Fatalf("%+v, %v", c, unfit)
		}
		if c, unfit := a.calls(readOnly.AccessToken, ""); unfit != nil || c.Has(op.ScopeWrite) || !c.Has(op.ScopeRead) {
			t.Errorf("%+v, %v", c, unfit)
		}
		_, unfit = a.calls(readOnly.AccessToken, op.ScopeWrite)
		if unfit == nil || unfit.Status() != http.StatusForbidden || unfit.Code() != "insufficient_scope" || !strings.Contains(unfit.Challenge(), `scope="doorward:write"`) {
			t.Errorf("a reader writes: %v", unfit)
		}
		person := a.redeem("desk", a.code("desk", scoped("openid "+op.ScopeWrite))).issued()
		c, unfit = a.calls(person.AccessToken, op.ScopeRead) // who may write may read
		if unfit != nil || c.UserID != a.person.ID || c.Person.Email != a.person.Email || c.ClientID != "desk" {
			t.Errorf("%+v, %v", c, unfit)
		}
	})
}

func TestNoOtherTokenOpensTheConsolesAPI(t *testing.T) { // TK-06
	eachApps(t, func(t *testing.T, a *apps) {
		withConsole(a)
		got := a.redeem("desk", a.code("desk", scoped("openid offline_access "+op.ScopeRead))).issued()
		for name, token := range map[string]string{
			"an ID token": got.IDToken, "a refresh token": got.RefreshToken, "nonsense": "x", "a code": a.code("desk", scoped(op.ScopeRead)),
			"damaged": got.AccessToken[:len(got.AccessToken)-1] + "_", "long": strings.Repeat("a", 5000),
		} {
			if _, unfit := a.calls(token, ""); unfit == nil || unfit.Status() != http.StatusUnauthorized || unfit.Code() != "invalid_token" {
				t.Errorf("%s: %v", name, unfit)
			}
		}
		for name, token := range map[string]string{
			"a token of a client that is registered for all scopes": a.granted("basic").AccessToken,
			"a service's":      a.ask("robot").issued().AccessToken,
			"one of few words": a.redeem("desk", a.code("desk")).issued().AccessToken,
		} {
			if _, unfit := a.calls(token, ""); unfit == nil || unfit.Status() != http.StatusForbidden {
				t.Errorf("%s: %v", name, unfit)
			}
		}
		for name, r := range map[string]func(*http.Request){
			"none":         func(r *http.Request) { r.Header.Del("Authorization") },
			"Basic":        basic("tool:secret"),
			"two":          header("Authorization", "Bearer "+got.AccessToken, "Bearer "+got.AccessToken),
			"in the query": func(r *http.Request) { r.URL.RawQuery = "access_token=" + got.AccessToken },
			"in the query, alone": func(r *http.Request) {
				r.Header.Del("Authorization")
				r.URL.RawQuery = "access_token=" + got.AccessToken
			},
		} {
			request := carrying(got.AccessToken)
			r(request)
			var unfit *op.Unfit
			if _, err := a.door.Bearer(request, ""); !errors.As(err, &unfit) || unfit.Status() >= 500 {
				t.Errorf("%s: %v", name, err)
			}
		}
	})
}

// A token for another server is not to be played on to this one (RFC 8707 §2).
func TestATokenForElsewhereOpensNothingHere(t *testing.T) {
	a := newApps(t)
	withConsole(a)
	a.change(t, "tool", func(c *storage.Client) { c.Resources = resources() })
	token := a.ask("tool", with("resource", resources()[0])).issued().AccessToken
	if _, unfit := a.calls(token, ""); unfit == nil || unfit.Code() != "invalid_token" {
		t.Errorf("%v", unfit)
	}
}

func TestWhatIsTakenAwayIsMissingAtTheNextCall(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		withConsole(a)
		fresh := func() (tool, desk string) {
			return a.ask("tool").issued().AccessToken, a.redeem("desk", a.code("desk", scoped("openid "+op.ScopeRead))).issued().AccessToken
		}
		dead := func(why, token string, status int) {
			t.Helper()
			if _, unfit := a.calls(token, op.ScopeRead); unfit == nil || unfit.Status() != status {
				t.Errorf("%s: %v", why, unfit)
			}
		}
		tool, desk := fresh()
		a.revoke("tool", tool)
		dead("revoked", tool, 401)
		a.revoke("desk", desk)
		dead("revoked", desk, 401)

		tool, desk = fresh()
		for _, id := range []string{"tool", "desk"} {
			a.change(t, id, func(c *storage.Client) { c.Scopes = []string{"openid", "read"} })
		}
		dead("the scope is taken away", tool, 403)
		dead("the scope is taken away", desk, 403)
		for _, id := range []string{"tool", "desk"} {
			a.change(t, id, func(c *storage.Client) { c.Scopes = []string{"openid", op.ScopeRead} })
		}
		a.change(t, "desk", only("board"))
		dead("the person may not sign in any more", desk, 401)
		a.change(t, "desk", only())
		for _, id := range []string{"tool", "desk"} {
			must(t, a.db.SetClientDisabled(t.Context(), id, true, storage.Event{}))
		}
		dead("disabled", tool, 401)
		dead("disabled", desk, 401)
		for _, id := range []string{"tool", "desk"} {
			must(t, a.db.SetClientDisabled(t.Context(), id, false, storage.Event{}))
		}
		must(t, a.db.SetUserState(t.Context(), a.person.ID, "disabled", storage.Event{}))
		dead("the person is disabled", desk, 401)
		if _, unfit := a.calls(tool, op.ScopeRead); unfit != nil {
			t.Errorf("the tool is no person: %v", unfit)
		}
	})
}

func TestTheConsolesScopesAreForWhomTheyAreNamed(t *testing.T) {
	h := newHouse(t)
	h.change(t, "few", func(c *storage.Client) { c.Scopes = []string{"openid", op.ScopeWrite} })
	anna := h.signedIn(t, "anna")
	all := with("scope", "openid doorward:read doorward:write")
	if got := h.code(anna.authorize(all)); !slices.Equal(got.Scopes, []string{"openid"}) { // the client may ask for all scopes, and not for these
		t.Errorf("granted %v", got.Scopes)
	}
	anna.authorize(of("few", back), all, with("prompt", "none")).refused("consent_required") // though the client asks nobody else
	anna.authorize(of("few", back), all).asked()
	if ask := h.face.last(t); !slices.Equal(ask.Consent, []string{"openid", op.ScopeWrite}) {
		t.Errorf("the person is asked %v", ask.Consent)
	}
	h.consent(t, "anna", "few", "openid", op.ScopeWrite)
	if got := h.code(anna.authorize(of("few", back), all)); !slices.Equal(got.Scopes, []string{"openid", op.ScopeWrite}) {
		t.Errorf("granted %v", got.Scopes)
	}
	h.code(anna.authorize(of("few", back))) // without them nobody is asked
}

// RFC 8252 §8.6: any program on the machine listens on loopback and says that it is the tool that was allowed once.
func TestAPublicClientOpensTheConsoleByAnAnswerOfItsOwnEachTime(t *testing.T) {
	for _, kind := range []string{"native", "browser"} {
		h := newHouse(t)
		h.change(t, "few", func(c *storage.Client) {
			c.Type, c.AuthMethod, c.Secrets, c.Scopes = kind, "none", [2][]byte{}, []string{"openid", op.ScopeRead, op.ScopeWrite}
		})
		anna := h.signedIn(t, "anna")
		all := []string{"openid", op.ScopeRead, op.ScopeWrite}
		h.consent(t, "anna", "few", all...)
		for _, scope := range all[1:] {
			h.later(time.Second)
			request := []change{of("few", back), with("scope", "openid "+scope)}
			anna.authorize(append(request, with("prompt", "none"))...).refused("consent_required")
			anna.authorize(request...).asked()
			if ask := h.face.last(t); !slices.Contains(ask.Consent, scope) {
				t.Errorf("%s: the person is asked %v", kind, ask.Consent)
			}
			h.later(time.Second)
			h.consent(t, "anna", "few", all...)
			h.code(anna.get(h.face.last(t).Back))
		}
		h.code(anna.authorize(of("few", back), with("scope", "openid"), with("prompt", "none"))) // for the rest nobody is asked
	}
}

func TestAnApplicationThatRegistersItselfGetsNoScopeOfTheConsole(t *testing.T) { // RG-04
	r := newRegistry(t, anybody)
	r.call("POST", "/register", "", some(data{"scope": "openid doorward:write"})).registered(201)
	rogue := r.add(data{"redirect_uris": []string{"https://rogue.test/cb"}})
	anna := r.signedIn(t, "anna")
	anna.authorize(of(rogue.ID, "https://rogue.test/cb"), with("scope", "openid doorward:read doorward:write")).asked()
	if ask := r.face.last(t); slices.ContainsFunc(ask.Consent, func(s string) bool { return strings.HasPrefix(s, "doorward:") }) {
		t.Errorf("the person is asked for %v", ask.Consent)
	}
	if c, err := r.db.Client(t.Context(), rogue.ID); err != nil || slices.Contains(c.Scopes, op.ScopeWrite) {
		t.Errorf("%v %v", c.Scopes, err)
	}
}

// RFC 7592 §2.2: what it sends takes the place of all that it registered, and of nothing that an operator has said.
func TestAnApplicationThatChangesItselfStaysGuarded(t *testing.T) {
	r := newRegistry(t, anybody)
	rogue := r.add(data{"redirect_uris": []string{"https://rogue.test/cb"}})
	r.change(t, rogue.ID, func(c *storage.Client) { c.Groups, c.RequireTOTP = []string{"crew"}, true })
	r.call("PUT", rogue.path, rogue.Token, some(data{"client_id": rogue.ID, "redirect_uris": []string{"https://rogue.test/cb"}})).registered(200)
	c, err := r.db.Client(t.Context(), rogue.ID)
	must(t, err)
	if !slices.Equal(c.Groups, []string{"crew"}) || !c.RequireTOTP {
		t.Errorf("it has freed itself: %+v", c)
	}
}

// What the console wants of who enters it, its API wants of the person behind a token: also of a token from before it was wanted.
func TestWhoKeepsTheHouseThroughAnApplicationHasProvedItByAnApp(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		withConsole(a)
		before := a.redeem("desk", a.code("desk", scoped("openid "+op.ScopeWrite))).issued()
		if _, unfit := a.calls(before.AccessToken, ""); unfit != nil {
			t.Fatal(unfit)
		}
		a.serve(t, op.Options{AppOnly: true})
		if _, unfit := a.calls(before.AccessToken, ""); unfit == nil || unfit.Status() != http.StatusUnauthorized {
			t.Errorf("a token of one factor: %v", unfit)
		}
		if _, unfit := a.calls(a.ask("tool").issued().AccessToken, ""); unfit != nil {
			t.Errorf("a machine has no app: %v", unfit)
		}
	})
}

func TestNobodyLetsAnApplicationKeepTheHouseByOneFactor(t *testing.T) {
	h := newHouse(t)
	h.serve(t, op.Options{AppOnly: true})
	h.change(t, "web", func(c *storage.Client) { c.Scopes = []string{"openid", op.ScopeWrite} })
	anna := h.signedIn(t, "anna")
	anna.authorize(with("prompt", "none"), with("scope", "openid "+op.ScopeWrite)).refused("interaction_required")
	anna.authorize(with("scope", "openid "+op.ScopeWrite)).asked()
	if ask := h.face.last(t); !ask.Must || ask.ACR != appFactor {
		t.Errorf("the face is asked %+v", ask)
	}
	anna.authorize(with("prompt", "none"), with("scope", "openid")).sent() // other scopes want no more than before
}
