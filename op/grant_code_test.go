package op_test

// RFC 6749 §4.1.3, §4.1.4: the code, and what it is exchanged for.

import (
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestACodeIsExchangedForTokens(t *testing.T) {
	a := newApps(t)
	got := a.redeem("basic", a.code("basic")).issued()
	if got.TokenType != "Bearer" || got.ExpiresIn != 600 || got.Scope != "openid offline_access" {
		t.Errorf("got %+v", got)
	}
	if got.AccessToken == "" || got.RefreshToken == "" || got.IDToken == "" {
		t.Errorf("something is missing: %+v", got)
	}
	a.userinfo(got.AccessToken).says(http.StatusOK)
}

func TestASecondUseOfACodeFailsAndEndsWhatTheFirstWasGranted(t *testing.T) { // CD-01; C.3 item 34, C.5 item 55
	eachApps(t, func(t *testing.T, a *apps) {
		code := a.code("basic")
		first := a.redeem("basic", code).issued()
		a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
		a.userinfo(first.AccessToken).says(http.StatusUnauthorized)
		a.refresh("basic", first.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		if got := a.introspect("nosy", first.AccessToken).json(); got["active"] != false {
			t.Errorf("introspection says %v", got)
		}
	})
}

func TestASecondUseAfterHalfAMinuteIsStillSeen(t *testing.T) { // oidcc-codereuse-30seconds; C.5 item 55
	a := newApps(t)
	code := a.code("basic", scoped("openid"))
	first := a.redeem("basic", code).issued()
	a.later(30 * time.Second)
	a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
	a.userinfo(first.AccessToken).says(http.StatusUnauthorized)
}

func TestALateSecondUseEndsTheGrantThough(t *testing.T) {
	a := newApps(t)
	code := a.code("basic")
	first := a.redeem("basic", code).issued()
	a.later(5 * time.Minute)
	a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
	a.refresh("basic", first.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
}

func TestFiftyRedeemOneCodeAndNoTokenOfItLives(t *testing.T) { // CD-02
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		a := appsOn(t, db)
		nodes := []*apps{a, a.anotherNode(t)}
		clients := []string{"basic", "wordy"} // the second one's ID token reads the person
		for i := range 2 * rounds(1, 100) {
			client := clients[i%2]
			code := a.code(client)
			var won []issued
			for _, got := range together(50, func(i int) reply { return nodes[i%2].redeem(client, code) }) {
				if got.status == http.StatusOK {
					won = append(won, got.issued())
					continue
				}
				got.denied(http.StatusBadRequest, "invalid_grant")
			}
			if len(won) > 1 || len(won) == 0 && client == "basic" {
				t.Fatalf("%d of fifty got tokens", len(won))
			}
			for _, tokens := range won {
				a.userinfo(tokens.AccessToken).says(http.StatusUnauthorized)
				a.refresh(client, tokens.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
			}
		}
	})
}

// anotherNode serves the same database, with keys that it has read itself.
func (a *apps) anotherNode(t *testing.T) *apps {
	t.Helper()
	h := &house{db: a.db, site: a.site, people: a.people, keys: keystest.Open(t, a.db, keys.Options{Log: quiet(), Now: a.now})}
	h.router = doorOn(t, h, h.db)
	return &apps{house: h, t: t, person: a.person, session: a.session, clients: a.clients}
}

// together runs the same act n times at once.
func together(n int, act func(i int) reply) []reply {
	answers := make([]reply, n)
	var start, done sync.WaitGroup
	start.Add(1)
	for i := range n {
		done.Go(func() {
			start.Wait()
			answers[i] = act(i)
		})
	}
	start.Done()
	done.Wait()
	return answers
}

func TestAForeignClientBurnsTheCode(t *testing.T) { // CD-03; C.3 item 35
	eachApps(t, func(t *testing.T, a *apps) {
		for _, thief := range []string{"other", "post", "spa"} {
			code := a.code("basic")
			a.redeem(thief, code).denied(http.StatusBadRequest, "invalid_grant")
			a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
		}
	})
}

func TestAForeignClientThatSignsBurnsTheCodeToo(t *testing.T) { // CD-03
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		code := s.code("basic")
		s.ask(s.assert("pkj", nil), with("code", code)).denied(http.StatusBadRequest, "invalid_grant")
		s.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
	})
}

func TestAForeignClientEndsWhatTheCodeWasExchangedFor(t *testing.T) {
	a := newApps(t)
	code := a.code("basic")
	first := a.redeem("basic", code).issued()
	a.redeem("other", code).denied(http.StatusBadRequest, "invalid_grant")
	a.userinfo(first.AccessToken).says(http.StatusUnauthorized)
}

func TestACodeLivesForAMinute(t *testing.T) { // CD-04; C.3 item 35
	eachApps(t, func(t *testing.T, a *apps) {
		early, late := a.code("basic"), a.code("basic")
		a.later(59 * time.Second)
		a.redeem("basic", early).issued()
		a.later(2 * time.Second)
		a.redeem("basic", late).denied(http.StatusBadRequest, "invalid_grant")
	})
}

func TestTheRedirectURIIsTheOneThatTheCodeWasSentTo(t *testing.T) { // RU-23
	eachApps(t, func(t *testing.T, a *apps) {
		for name, changed := range map[string]change{
			"another":         with("redirect_uri", "https://rp2.test/cb"),
			"percent-encoded": with("redirect_uri", "https://rp.test/c%62"),
			"longer":          with("redirect_uri", back+"/"),
			"other case":      with("redirect_uri", "https://RP.test/cb"),
			"empty":           with("redirect_uri", ""),
			"missing":         without("redirect_uri"),
			"the placeholder": with("redirect_uri", "missing"),
		} {
			t.Run(name, func(t *testing.T) {
				code := a.code("basic")
				a.redeem("basic", code, changed).denied(http.StatusBadRequest, "invalid_grant")
				a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant") // it is burnt
			})
		}
	})
}

func TestADamagedCodeIsNoneAndIsNotEchoed(t *testing.T) { // CD-06
	eachApps(t, func(t *testing.T, a *apps) {
		good := a.code("basic")
		got := a.redeem("basic", a.code("basic")).issued()
		for name, code := range map[string]string{
			"shorter": good[:len(good)-1], "changed": good[:20] + flip(good[20:21]) + good[21:], "upper case": strings.ToUpper(good),
			"padded": good + "=", "with a line end": good + "\n", "blank": " ", "junk": "junk-that-nobody-made",
			"an access token": got.AccessToken, "a refresh token": got.RefreshToken, "an ID token": got.IDToken,
		} {
			t.Run(name, func(t *testing.T) {
				answer := a.redeem("basic", code)
				answer.denied(http.StatusBadRequest, "invalid_grant")
				if strings.Contains(answer.body, "junk") {
					t.Error("the answer repeats the code")
				}
			})
		}
		a.redeem("basic", good+"\x00").denied(http.StatusBadRequest, "invalid_request")
		a.redeem("basic", strings.Repeat("c", 1<<20)).denied(http.StatusRequestEntityTooLarge, "invalid_request")
		a.redeem("basic", good).issued() // nothing of this has touched the code
		a.redeem("basic", "").denied(http.StatusBadRequest, "invalid_request")
	})
}

func flip(s string) string {
	if s == "A" {
		return "B"
	}
	return "A"
}

func TestTheClientIsAuthenticatedBeforeTheCodeIsLookedAt(t *testing.T) { // CD-09; C.3 item 46
	eachApps(t, func(t *testing.T, a *apps) {
		code := a.code("basic")
		wrong := func(r *http.Request) { r.SetBasicAuth("basic", "wrong") }
		form := good(with("grant_type", "authorization_code"), with("redirect_uri", back), with("code_verifier", verifier), without("client_id"))
		form.Set("code", code)
		genuine := a.post("/token", form, wrong)
		form.Set("code", "bogus")
		bogus := a.post("/token", form, wrong)
		genuine.denied(http.StatusUnauthorized, "invalid_client")
		if genuine.body != bogus.body || genuine.status != bogus.status {
			t.Errorf("%s differs from %s", genuine.body, bogus.body)
		}
		a.redeem("basic", code).issued() // and it is not burnt
	})
}

func TestACodeOfAnEndedSessionIsWorthNothing(t *testing.T) {
	a := newApps(t)
	code := a.code("basic", scoped("openid"))
	must(t, a.db.EndSession(t.Context(), a.session.ID, storage.Event{Actor: "test"}))
	a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
}

func TestACodeOfADisabledPersonIsWorthNothing(t *testing.T) {
	a := newApps(t)
	code := a.code("basic")
	must(t, a.db.SetUserState(t.Context(), a.person.ID, "disabled", storage.Event{Actor: "test"}))
	a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
}

func TestACodeFromBeforeTheConsentWasWithdrawnIsWorthNothing(t *testing.T) {
	a := newApps(t)
	event := storage.Event{Actor: "test"}
	must(t, a.db.GiveConsent(t.Context(), storage.Consent{UserID: a.person.ID, ClientID: "third-party", Scopes: []string{"openid"}}, event))
	code := a.code("third-party")
	a.later(time.Second)
	must(t, a.db.WithdrawConsent(t.Context(), a.person.ID, "third-party", event))
	a.redeem("third-party", code).denied(http.StatusBadRequest, "invalid_grant")
}

func TestWithoutOpenIDThereIsNoIDToken(t *testing.T) {
	a := newApps(t)
	got := a.redeem("basic", a.code("basic", scoped("profile offline_access"))).issued()
	if got.IDToken != "" || got.Scope != "profile offline_access" {
		t.Errorf("got %+v", got)
	}
}

func TestARefreshTokenIsGivenForOfflineAccessOrToClientsMarkedSo(t *testing.T) {
	a := newApps(t)
	for _, c := range []struct {
		client, scope string
		refresh       bool
		granted       string
	}{
		{"basic", "openid offline_access", true, "openid offline_access"},
		{"basic", "openid", false, "openid"},
		{"spa", "openid", true, "openid"},
		{"once", "openid offline_access", false, "openid"},
		{"short-lived", "openid offline_access", false, "openid"},
	} {
		got := a.redeem(c.client, a.code(c.client, scoped(c.scope))).issued()
		if (got.RefreshToken != "") != c.refresh || got.Scope != c.granted {
			t.Errorf("%s asked for %q and got scope %q, refresh token: %v", c.client, c.scope, got.Scope, got.RefreshToken != "")
		}
	}
}
