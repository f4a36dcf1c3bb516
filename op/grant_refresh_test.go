package op_test

// RFC 6749 §6, RFC 9700 §4.14: refresh tokens.

import (
	"net/http"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// granted redeems a fresh code.
func (a *apps) granted(client string, changes ...func(*sealed)) issued {
	a.t.Helper()
	return a.redeem(client, a.code(client, changes...)).issued()
}

func TestARefreshTokenIsReplacedAtEachUse(t *testing.T) { // C.3 item 39
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("basic")
		second := a.refresh("basic", first.RefreshToken).issued()
		third := a.refresh("basic", second.RefreshToken).issued()
		if first.RefreshToken == second.RefreshToken || second.RefreshToken == third.RefreshToken {
			t.Error("a refresh token has stayed the same")
		}
		if third.Scope != "openid offline_access" || third.ExpiresIn != 600 || third.IDToken != "" {
			t.Errorf("got %+v", third)
		}
		a.userinfo(third.AccessToken).says(http.StatusOK)
		a.userinfo(first.AccessToken).says(http.StatusOK)
	})
}

func TestALostAnswerIsGivenAgainWithinAMinute(t *testing.T) { // RT-08
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("basic")
		lost := a.refresh("basic", first.RefreshToken).issued()
		a.later(50 * time.Second)
		again := a.refresh("basic", first.RefreshToken).issued()
		if lost.RefreshToken != again.RefreshToken {
			t.Error("the second answer holds another successor")
		}
		a.refresh("basic", again.RefreshToken).issued()
	})
}

func TestAUsedRefreshTokenEndsTheGrantAfterAMinute(t *testing.T) { // RT-01
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("basic")
		second := a.refresh("basic", first.RefreshToken).issued()
		a.later(61 * time.Second)
		a.refresh("basic", first.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.refresh("basic", second.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.userinfo(second.AccessToken).says(http.StatusUnauthorized)
	})
}

func TestAnOlderGenerationEndsTheGrantAtOnce(t *testing.T) { // RT-01
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("basic")
		second := a.refresh("basic", first.RefreshToken).issued()
		third := a.refresh("basic", second.RefreshToken).issued()
		a.refresh("basic", first.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.refresh("basic", third.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
	})
}

func TestFiftyRefreshAtOnceAndAllGetTheSameSuccessor(t *testing.T) { // RT-02
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		a := appsOn(t, db)
		first := a.granted("basic")
		successors := map[string]bool{}
		for _, got := range together(50, func(int) reply { return a.refresh("basic", first.RefreshToken) }) {
			successors[got.issued().RefreshToken] = true
		}
		if len(successors) != 1 || successors[first.RefreshToken] {
			t.Fatalf("%d successors", len(successors))
		}
		for successor := range successors {
			a.refresh("basic", successor).issued()
		}
	})
}

func TestAForeignClientBurnsTheRefreshToken(t *testing.T) { // C.3 item 39
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("basic")
		a.refresh("other", first.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.refresh("basic", first.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.userinfo(first.AccessToken).says(http.StatusUnauthorized)
	})
}

func TestAForeignClientBurnsItWithAScopeToo(t *testing.T) {
	a := newApps(t)
	first := a.granted("basic")
	a.refresh("other", first.RefreshToken, with("scope", "openid groups")).denied(http.StatusBadRequest, "invalid_grant")
	a.refresh("basic", first.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
}

func TestAWiderScopeIsRefusedAndNothingIsLost(t *testing.T) { // RT-04
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("basic", scoped("openid email offline_access"))
		a.refresh("basic", first.RefreshToken, with("scope", "openid email profile")).denied(http.StatusBadRequest, "invalid_scope")
		a.later(time.Hour) // longer than the window: the token was not spent
		second := a.refresh("basic", first.RefreshToken).issued()
		if second.Scope != "openid email offline_access" {
			t.Errorf("scope %q", second.Scope)
		}
	})
}

func TestANarrowerScopeHoldsForOneAnswerOnly(t *testing.T) { // RT-04, C.3 item 39
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("basic", scoped("openid email offline_access"))
		narrow := a.refresh("basic", first.RefreshToken, with("scope", "email  openid")).issued()
		if narrow.Scope != "openid email" {
			t.Errorf("scope %q", narrow.Scope)
		}
		full := a.refresh("basic", narrow.RefreshToken, with("scope", "openid email offline_access")).issued()
		if full.Scope != "openid email offline_access" {
			t.Errorf("scope %q", full.Scope)
		}
		bare := a.refresh("basic", full.RefreshToken, with("scope", "email")).issued()
		a.userinfo(bare.AccessToken).says(http.StatusForbidden)
	})
}

func TestAReusedRefreshTokenWithAWiderScopeEndsTheGrant(t *testing.T) {
	a := newApps(t)
	first := a.granted("basic")
	second := a.refresh("basic", first.RefreshToken).issued()
	a.later(2 * time.Minute)
	a.refresh("basic", first.RefreshToken, with("scope", "openid groups")).denied(http.StatusBadRequest, "invalid_grant")
	a.refresh("basic", second.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
}

func TestAClientOfTheFinancialProfileKeepsItsRefreshToken(t *testing.T) {
	a := newApps(t)
	first := a.granted("bank")
	for range 3 {
		a.later(2 * time.Minute)
		if again := a.refresh("bank", first.RefreshToken).issued(); again.RefreshToken != first.RefreshToken {
			t.Error("the refresh token has changed")
		}
	}
}

func TestWhatIsNoRefreshTokenIsRefused(t *testing.T) {
	a := newApps(t)
	got := a.granted("basic")
	for name, token := range map[string]string{
		"shorter": got.RefreshToken[:len(got.RefreshToken)-1], "longer": got.RefreshToken + "A", "padded": got.RefreshToken + "=",
		"junk": "junk", "an access token": got.AccessToken, "an ID token": got.IDToken, "a code": a.code("basic"),
	} {
		t.Run(name, func(t *testing.T) { a.refresh("basic", token).denied(http.StatusBadRequest, "invalid_grant") })
	}
	a.refresh("basic", "").denied(http.StatusBadRequest, "invalid_request")
	a.refresh("basic", got.RefreshToken).issued()
}

func TestARefreshTokenEndsWithWhatItStandsFor(t *testing.T) {
	event := storage.Event{Actor: "test"}
	for name, end := range map[string]func(*testing.T, *apps){
		"the person is disabled": func(t *testing.T, a *apps) {
			must(t, a.db.SetUserState(t.Context(), a.person.ID, "disabled", event))
		},
		"the password is reset": func(t *testing.T, a *apps) {
			must(t, a.db.SetPassword(t.Context(), a.person.ID, "$argon2id$x", "", event))
		},
		"the consent is withdrawn": func(t *testing.T, a *apps) {
			must(t, a.db.WithdrawConsent(t.Context(), a.person.ID, "basic", event))
		},
		"the epoch is raised": func(t *testing.T, a *apps) {
			_, err := a.db.RaiseEpoch(t.Context(), event)
			must(t, err)
			must(t, a.keys.Refresh(t.Context()))
		},
		"thirty days pass without use": func(_ *testing.T, a *apps) { a.later(30*24*time.Hour + time.Second) },
	} {
		t.Run(name, func(t *testing.T) {
			a := newApps(t)
			must(t, a.db.GiveConsent(t.Context(), storage.Consent{UserID: a.person.ID, ClientID: "basic", Scopes: []string{"openid"}}, event))
			got := a.granted("basic")
			end(t, a)
			a.refresh("basic", got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
			a.userinfo(got.AccessToken).says(http.StatusUnauthorized)
		})
	}
}

func TestARefreshTokenEndsAfterNinetyDaysWhateverItsUse(t *testing.T) {
	a := newApps(t)
	got := a.granted("basic")
	for range 4 {
		a.later(20 * 24 * time.Hour)
		got = a.refresh("basic", got.RefreshToken).issued()
	}
	a.later(11 * 24 * time.Hour)
	a.refresh("basic", got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
}

func TestOnlyOfflineAccessOutlivesTheSession(t *testing.T) { // RT-05
	eachApps(t, func(t *testing.T, a *apps) {
		offline, online := a.granted("basic"), a.granted("spa", scoped("openid"))
		must(t, a.db.EndSession(t.Context(), a.session.ID, storage.Event{Actor: "test"}))
		a.refresh("spa", online.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.userinfo(online.AccessToken).says(http.StatusUnauthorized)
		a.refresh("basic", offline.RefreshToken).issued()
		a.userinfo(offline.AccessToken).says(http.StatusOK)
	})
}

func TestARefreshAnswersWithAnIDTokenOnlyWhereTheClientWantsIt(t *testing.T) { // RT-11, C.3 item 39
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("wordy")
		a.later(time.Minute)
		second := a.refresh("wordy", first.RefreshToken).issued()
		_, old := a.claimsIn(first.IDToken, "JWT")
		_, fresh := a.claimsIn(second.IDToken, "JWT")
		for _, name := range []string{"iss", "sub", "aud", "auth_time", "acr", "sid"} { // OIDC Core §12.2
			if old[name] == nil || old[name] != fresh[name] {
				t.Errorf("%s was %v and is %v", name, old[name], fresh[name])
			}
		}
		if fresh["iat"] == old["iat"] || fresh["nonce"] != nil {
			t.Errorf("iat %v, nonce %v", fresh["iat"], fresh["nonce"])
		}
	})
}
