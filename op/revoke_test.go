package op_test

// RFC 7009: revocation.

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// revoke asks for the end of a token as a client.
func (a *apps) revoke(client, token string) reply {
	a.t.Helper()
	form := url.Values{"token": {token}}
	return a.post("/revoke", form, a.as(client, form))
}

// gone wants the tokens of a grant dead in every use.
func (a *apps) gone(client string, tokens issued) {
	a.t.Helper()
	a.userinfo(tokens.AccessToken).denied(http.StatusUnauthorized, "invalid_token")
	a.introspect("api", tokens.AccessToken).active(false)
	if tokens.RefreshToken != "" {
		a.refresh(client, tokens.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
	}
}

func TestRevokingAnyTokenOfAGrantEndsTheWholeGrant(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		for name, pick := range map[string]func(first, second issued) string{
			"the refresh token":       func(_, second issued) string { return second.RefreshToken },
			"a spent refresh token":   func(first, _ issued) string { return first.RefreshToken },
			"the access token":        func(_, second issued) string { return second.AccessToken },
			"an earlier access token": func(first, _ issued) string { return first.AccessToken },
		} {
			for _, client := range []string{"basic", "signed", "spa"} {
				t.Run(name+" of "+client, func(t *testing.T) {
					first := a.granted(client)
					second := a.refresh(client, first.RefreshToken).issued()
					got := a.revoke(client, pick(first, second))
					if got.status != http.StatusOK || got.body != "" { // RFC 7009 §2.2
						t.Fatalf("%d %q", got.status, got.body)
					}
					a.gone(client, first)
					a.gone(client, second)
					a.revoke(client, pick(first, second)).says(http.StatusOK)
				})
			}
		}
	})
}

func TestAnExpiredAccessTokenStillEndsItsGrant(t *testing.T) {
	a := newApps(t)
	for _, client := range []string{"basic", "signed"} {
		got := a.granted(client)
		a.later(time.Hour)
		a.revoke(client, got.AccessToken).says(http.StatusOK)
		a.refresh(client, got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
	}
}

func TestATokenOfAnotherClientIsRefusedAndLives(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic")
		own := a.ask("robot").issued().AccessToken
		for _, client := range []string{"other", "spa"} {
			for _, token := range []string{got.AccessToken, got.RefreshToken, own} {
				a.revoke(client, token).denied(http.StatusBadRequest, "invalid_grant") // RFC 7009 §2.1
			}
		}
		a.userinfo(got.AccessToken).says(http.StatusOK)
		a.introspect("api", own).active(true)
		a.refresh("basic", got.RefreshToken).issued()
	})
}

func TestAServicesTokenEndsAloneAndStaysRevokedUntilItExpires(t *testing.T) {
	a := newApps(t)
	for _, client := range []string{"robot", "signed-robot"} {
		one, two := a.ask(client).issued().AccessToken, a.ask(client).issued().AccessToken
		a.revoke(client, one).says(http.StatusOK)
		a.revoke(client, one).says(http.StatusOK)
		a.introspect("api", one).active(false)
		a.introspect("api", two).active(true)
		a.later(9 * time.Minute)
		_, err := a.db.Sweep(t.Context())
		must(t, err)
		a.introspect("api", one).active(false)
		a.later(2 * time.Minute)
		a.revoke(client, two).says(http.StatusOK) // expired: nothing to remember
	}
}

// IN-05, RFC 7009 §2.2.
func TestWhatIsNoTokenIsNoErrorToRevoke(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic")
		for _, token := range []string{"x", "dwr_x", "dwa_x", got.IDToken, a.code("basic"), got.AccessToken[:40], got.AccessToken + "A", strings.Repeat("A", 60<<10)} {
			a.revoke("basic", token).says(http.StatusOK)
		}
		a.userinfo(got.AccessToken).says(http.StatusOK)
	})
}

func TestARevocationRequestIsAuthenticatedAndStrict(t *testing.T) {
	a := newApps(t)
	token := a.granted("basic").RefreshToken
	form := url.Values{"token": {token}}
	a.post("/revoke", form).denied(http.StatusUnauthorized, refused)
	a.post("/revoke", form, basic("basic:wrong")).denied(http.StatusUnauthorized, refused)
	a.post("/revoke", url.Values{"token": {token}, "client_id": {"basic"}}).denied(http.StatusUnauthorized, refused)
	a.post("/revoke", url.Values{}, basic("basic:secret")).denied(http.StatusBadRequest, invalid)
	a.raw(http.MethodPost, "/revoke?token="+token, formType, strings.NewReader(""), basic("basic:secret")).denied(http.StatusBadRequest, invalid)
	a.raw(http.MethodPost, "/revoke", formType, strings.NewReader("token=x&token=y"), basic("basic:secret")).denied(http.StatusBadRequest, invalid)
	w := httptest.NewRecorder()
	a.router.ServeHTTP(w, httptest.NewRequest(http.MethodGet, issuer+"/revoke?token="+token, nil))
	if w.Code != http.StatusMethodNotAllowed {
		t.Errorf("GET: %d", w.Code)
	}
	a.refresh("basic", token).issued()
}

// IN-06: whoever got a 200 may rely on it.
func TestARevocationThatCannotBeWrittenIsNeverA200(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		got, own := a.granted("basic"), a.ask("robot").issued().AccessToken
		for name, c := range map[string]struct{ method, token, client string }{
			"reading a refresh token's grant": {"LiveGrant", got.RefreshToken, "basic:secret"},
			"revoking by a refresh token":     {"RevokeGrant", got.RefreshToken, "basic:secret"},
			"revoking by an access token":     {"RevokeGrant", got.AccessToken, "basic:secret"},
			"a service's token":               {"Once", own, "robot:secret"},
		} {
			w := httptest.NewRecorder()
			doorOn(t, a.house, broken{a.db, c.method}).ServeHTTP(w, formRequest("/revoke", url.Values{"token": {c.token}}, c.client))
			if w.Code != http.StatusInternalServerError || strings.TrimSpace(w.Body.String()) != `{"error":"server_error"}` {
				t.Errorf("%s: %d %s", name, w.Code, w.Body)
			}
		}
		a.userinfo(got.AccessToken).says(http.StatusOK) // nothing was revoked, and nobody was told so
	})
}

func TestARevokedGrantOfADisabledPersonDoesNotComeBackWithThem(t *testing.T) {
	a := newApps(t)
	got := a.granted("basic")
	event := storage.Event{Actor: "test"}
	must(t, a.db.SetUserState(t.Context(), a.person.ID, "disabled", event))
	a.revoke("basic", got.RefreshToken).says(http.StatusOK)
	must(t, a.db.SetUserState(t.Context(), a.person.ID, "active", event))
	a.gone("basic", got)
}

func TestARevocationLeavesItsEvent(t *testing.T) {
	a := newApps(t)
	a.revoke("basic", a.granted("basic").RefreshToken)
	events, err := a.db.Events(t.Context(), 1)
	must(t, err)
	if e := events[0]; e.Kind != storage.GrantRevoked || e.Actor != "client:basic" || e.User != a.person.ID || e.Client != "basic" || e.Reference == "" {
		t.Errorf("the event is %+v", e)
	}
}

func TestWhateverARefreshWinsARevocationTakesBack(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		a := appsOn(t, db)
		for range rounds(25, 500) {
			first := a.granted("basic")
			var wg sync.WaitGroup
			answers := make([]reply, 4)
			for i := range answers {
				wg.Go(func() { answers[i] = a.refresh("basic", first.RefreshToken) })
			}
			wg.Go(func() { a.revoke("basic", first.RefreshToken).says(http.StatusOK) })
			wg.Wait()
			a.gone("basic", first)
			for _, got := range answers {
				if got.status == http.StatusOK {
					a.gone("basic", got.issued())
				}
			}
		}
	})
}
