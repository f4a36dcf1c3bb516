package op_test

// An authenticator app that the house demands of people (behaviours.md 3.16; security.md TP-07), after they have signed in.

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// becomes gives the person a role, which ends what they had, and signs them in anew.
func (a *apps) becomes(role string) {
	a.t.Helper()
	u, err := a.db.User(a.t.Context(), a.person.ID)
	must(a.t, err)
	u.Role = role
	_, err = a.db.ChangeUser(a.t.Context(), u, storage.Event{Actor: "test"})
	must(a.t, err)
	a.person, err = a.db.User(a.t.Context(), u.ID)
	must(a.t, err)
	a.session = a.signIn()
}

// ends counts the grants that ended since their person may not be told of any more.
func (a *apps) ends() int {
	a.t.Helper()
	all, err := a.db.Events(a.t.Context(), 1000)
	must(a.t, err)
	return len(slices.DeleteFunc(all, func(e storage.Event) bool { return e.Kind != storage.GrantRevoked || e.Result != "no_access" }))
}

func (a *apps) wantInactive(what, client, token string) {
	a.t.Helper()
	if got := a.introspect(client, token).json(); len(got) != 1 || got["active"] != false {
		a.t.Errorf("%s: %v", what, got)
	}
}

func TestAnAppThatTheHouseDemandsFromNowOnEndsWhatWasGrantedWithout(t *testing.T) { // TP-07
	for name, demands := range map[string]func(storage.User) (bool, error){
		"of a role":  func(u storage.User) (bool, error) { return u.Role == "helpdesk", nil },
		"of a group": func(u storage.User) (bool, error) { return slices.Contains(u.Groups, "crew"), nil },
	} {
		t.Run(name, func(t *testing.T) {
			eachApps(t, func(t *testing.T, a *apps) {
				withConsole(a)
				a.becomes("helpdesk")
				got, desk, signed := a.granted("basic"), a.granted("desk", scoped("openid "+op.ScopeRead)), a.granted("paired-too")
				code := a.code("basic")
				got = a.refresh("basic", got.RefreshToken).issued()

				a.face.demands = demands
				a.userinfo(got.AccessToken).says(http.StatusUnauthorized)
				a.wantInactive("an access token", "nosy", got.AccessToken)
				a.wantInactive("a signed access token", "paired-too", signed.AccessToken)
				a.wantInactive("a refresh token", "paired-too", signed.RefreshToken)
				if _, unfit := a.calls(desk.AccessToken, op.ScopeRead); unfit == nil || unfit.Code() != "invalid_token" {
					t.Errorf("the console's API: %v", unfit)
				}
				a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
				if a.ends() != 1 {
					t.Errorf("%d grants have ended, want the code's", a.ends())
				}
				a.refresh("basic", got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
				if a.ends() != 2 {
					t.Errorf("%d grants have ended, want the refresh token's too", a.ends())
				}

				a.face.demands = nil
				a.refresh("basic", got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant") // what has ended stays so
				a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
				a.userinfo(signed.AccessToken).says(http.StatusOK) // what nobody refreshed has not ended
			})
		})
	}
}

func everybody(storage.User) (bool, error) { return true, nil }

func TestWhoSignedInWithTheAppGoesOnWhenTheHouseDemandsIt(t *testing.T) { // TP-07
	eachApps(t, func(t *testing.T, a *apps) {
		a.hasApp(t, "carla")
		a.person = a.people["carla"]
		a.session = a.signIn()
		by := func(acr string) func(*sealed) { return func(c *sealed) { c.ACR = acr } }
		with, without := a.granted("basic", by(appFactor)), a.granted("basic", by(oneFactor)) // a browser that is trusted
		a.face.demands = everybody
		for range 2 {
			with = a.refresh("basic", with.RefreshToken).issued()
		}
		a.userinfo(with.AccessToken).says(http.StatusOK)
		if a.introspect("nosy", with.AccessToken).json()["active"] != true {
			t.Error("its access token is not active")
		}
		a.userinfo(without.AccessToken).says(http.StatusUnauthorized)
		a.refresh("basic", without.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.granted("basic", by(appFactor))
		must(t, a.db.ResetFactors(t.Context(), a.person.ID, storage.Event{Actor: "test"}))
		a.refresh("basic", with.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
	})
}

// Whether a person may be told of hangs on the database too. While it does not say, nobody is, and nothing ends that is good.
func TestWhereNobodyCanTellWhatAPersonMustProveNothingIsGivenOutAndNothingEnds(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		withConsole(a)
		got, desk := a.granted("basic"), a.granted("desk", scoped("openid "+op.ScopeRead))
		code := a.code("basic")
		a.face.demands = func(storage.User) (bool, error) { return false, errors.New("the groups of carla-id cannot be read") }
		userinfo := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
		userinfo.Header.Set("Authorization", "Bearer "+got.AccessToken)
		for what, r := range map[string]*http.Request{
			"refresh":    tokenRequest(refreshing(got.RefreshToken).Encode(), "basic:secret"),
			"code":       tokenRequest(attempt(with("code", code), with("code_verifier", verifier)).Encode(), "basic:secret"),
			"userinfo":   userinfo,
			"introspect": formRequest("/introspect", url.Values{"token": {got.AccessToken}}, "nosy:secret"),
		} {
			w := httptest.NewRecorder()
			if a.router.ServeHTTP(w, r); w.Code != http.StatusInternalServerError || strings.TrimSpace(w.Body.String()) != `{"error":"server_error"}` {
				t.Errorf("%s: %d %s", what, w.Code, w.Body)
			}
		}
		var unfit *op.Unfit
		if _, err := a.door.Bearer(carrying(desk.AccessToken), op.ScopeRead); err == nil || errors.As(err, &unfit) {
			t.Errorf("the console's API: %v", err)
		}
		a.face.demands = nil
		if a.ends() != 0 {
			t.Errorf("%d grants have ended", a.ends())
		}
		a.redeem("basic", code).issued() // it was not spent for nothing
		a.later(50 * time.Second)
		next := a.refresh("basic", got.RefreshToken).issued() // its answer was lost, in a way
		a.userinfo(got.AccessToken).says(http.StatusOK)
		a.refresh("basic", next.RefreshToken).issued()
	})
}

func TestOfFiftyWhoRefreshWhileTheDemandComesNobodyKeepsAnything(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic")
		var asked atomic.Int64
		a.face.demands = func(storage.User) (bool, error) { return asked.Add(1) > 10, nil }
		answers := together(50, func(int) reply { return a.refresh("basic", got.RefreshToken) })
		given := 0
		for _, r := range answers {
			if r.status == http.StatusOK {
				given++
				next := r.issued()
				a.userinfo(next.AccessToken).says(http.StatusUnauthorized)
				a.refresh("basic", next.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
			} else {
				r.denied(http.StatusBadRequest, "invalid_grant")
			}
		}
		if given != 10 {
			t.Errorf("%d got an answer, want those ten who were judged before the demand", given)
		}
		if a.ends() != 1 {
			t.Errorf("the grant has ended %d times", a.ends())
		}
	})
}

// asked counts what a refresh or a code asks of storage beyond the one statement that stores it.
type asked struct {
	op.Store
	reads *atomic.Int64
}

func (s asked) LiveGrant(ctx context.Context, id string) (storage.Grant, storage.User, error) {
	s.reads.Add(1)
	return s.Store.LiveGrant(ctx, id)
}

func TestToJudgeThePersonOfACodeOrARefreshTokenNothingMoreIsRead(t *testing.T) {
	a := newApps(t)
	a.change(t, "basic", func(c *storage.Client) { c.Groups = []string{"crew"} })
	reads := new(atomic.Int64)
	a.router = doorOn(t, a.house, asked{a.db, reads})
	got := a.granted("basic")
	a.refresh("basic", got.RefreshToken).issued()
	if n := reads.Load(); n != 0 {
		t.Errorf("%d reads", n)
	}
	a.refresh("basic", got.RefreshToken, with("scope", "openid")).issued() // RFC 6749 §6: a wish costs one, whoever it is
	if n := reads.Load(); n != 1 {
		t.Errorf("with a wish: %d reads", n)
	}
}

// The grant is judged by the level that it names: a client that demands a lower one may not lower it.
func TestWhereTheHouseDemandsTheAppTheAnswerNamesWhatTheSessionHas(t *testing.T) {
	h := newHouse(t)
	h.hasApp(t, "anna")
	b := h.atLevel(t, appFactor, "")
	wish := `{"id_token":{"acr":{"essential":true,"value":"` + oneFactor + `"}}}`
	if got := h.code(b.authorize(with("claims", wish))); got.ACR != oneFactor {
		t.Errorf("without a demand of the house the code says %s", got.ACR)
	}
	h.face.demands = everybody
	if got := h.code(b.authorize(with("claims", wish))); got.ACR != appFactor {
		t.Errorf("the code says %s", got.ACR)
	}
}
