package op_test

// RFC 7662: introspection.

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/google/go-cmp/cmp"
)

// inactive is all that is said of a token that is not active, byte for byte (RFC 7662 §2.2).
const inactive = `{"active":false}` + "\n"

// introspect asks about a token as a client.
func (a *apps) introspect(client, token string, changes ...change) reply {
	a.t.Helper()
	form := url.Values{"token": {token}}
	prove := a.as(client, form)
	for _, c := range changes {
		c(form)
	}
	return a.post("/introspect", form, prove)
}

// active wants a living token, or that nothing is said.
func (r reply) active(want bool) {
	r.t.Helper()
	switch {
	case want && (r.status != http.StatusOK || r.json()["active"] != true):
		r.t.Errorf("introspection says %d %s, want an active token", r.status, r.body)
	case !want && (r.status != http.StatusOK || r.body != inactive):
		r.t.Errorf("introspection says %d %s, want that the token is not active", r.status, r.body)
	}
}

func TestIntrospectionTellsWhatATokenIsGoodFor(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		now := a.seconds(a.now())
		near := func(got map[string]any, name string, want float64) {
			t.Helper()
			if at, ok := got[name].(float64); !ok || at < want-2 || at > want+5 {
				t.Errorf("%s is %v, want about %v", name, got[name], want)
			}
			delete(got, name)
		}
		for client, signed := range map[string]bool{"basic": false, "signed": true} {
			token := a.granted(client, scoped("openid email")).AccessToken
			got := a.introspect("api", token).json()
			near(got, "iat", now)
			near(got, "exp", now+600)
			want := map[string]any{
				"active": true, "scope": "openid email", "client_id": client, "username": "carla@example.com", "token_type": "Bearer",
				"sub": a.person.ID, "aud": issuer, "iss": issuer, "sid": a.session.ID,
			}
			if signed {
				_, claims := a.claimsIn(token, "at+jwt")
				want["jti"] = claims["jti"]
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s (-want +got):\n%s", client, diff)
			}
		}
		// Without the scope email nobody learns the address (RFC 7662 §5); the session of an offline grant may have ended.
		got := a.introspect("api", a.granted("basic").AccessToken).json()
		if got["username"] != nil || got["sid"] != nil {
			t.Errorf("got %v", got)
		}
		own := a.introspect("api", a.ask("robot").issued().AccessToken).json()
		near(own, "iat", now)
		near(own, "exp", now+600)
		want := map[string]any{
			"active": true, "scope": "read write", "client_id": "robot", "token_type": "Bearer", "sub": "robot", "aud": issuer, "iss": issuer,
			"jti": own["jti"],
		}
		if diff := cmp.Diff(want, own); diff != "" || own["jti"] == nil {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestIntrospectionOfARefreshTokenIsForItsOwnClient(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("nosy", scoped("openid offline_access"))
		got := a.introspect("nosy", first.RefreshToken).json()
		if got["active"] != true || got["client_id"] != "nosy" || got["scope"] != "openid offline_access" || got["token_type"] != nil {
			t.Errorf("got %v", got)
		}
		if life := got["exp"].(float64) - a.seconds(a.now()); life < 29*24*3600 || life > 31*24*3600 {
			t.Errorf("it lives for %v s", life)
		}
		a.introspect("api", first.RefreshToken).active(false)
		second := a.refresh("nosy", first.RefreshToken).issued()
		a.introspect("nosy", first.RefreshToken).active(false) // spent
		a.introspect("nosy", second.RefreshToken).active(true)
		a.later(31 * 24 * time.Hour)
		a.introspect("nosy", second.RefreshToken).active(false)
	})
}

// IN-02.
func TestATokenForOtherResourcesIsNotActive(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		for name, c := range map[string]struct {
			resource []string
			api      bool
		}{
			"none":                 {nil, true},
			"its own":              {[]string{"https://api.test/"}, true},
			"its own among others": {[]string{"https://api.test/", "https://b.test/"}, true},
			"the issuer":           {[]string{issuer}, true},
			"another's":            {[]string{"https://api2.test/"}, false},
			"a longer address":     {[]string{"https://api.test/more"}, false},
		} {
			t.Run(name, func(t *testing.T) {
				for _, client := range []string{"nosy", "signed"} {
					token := a.granted(client, func(o *sealed) { o.Resource = c.resource }).AccessToken
					a.introspect("api", token).active(c.api)
					if client == "nosy" {
						a.introspect("nosy", token).active(true) // its own
					}
				}
			})
		}
	})
}

// IN-03, TK-01.
func TestWhatIsNoLivingTokenOfOursIsNotActiveAndLooksAlike(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic")
		signed := a.granted("signed").AccessToken
		revoked := a.granted("basic")
		a.revoke("basic", revoked.RefreshToken).says(http.StatusOK)
		ended := a.ask("robot").issued().AccessToken
		a.revoke("robot", ended).says(http.StatusOK)
		for name, token := range map[string]string{
			"an ID token": got.IDToken, "a code": a.code("basic"), "a foreign refresh token": got.RefreshToken,
			"garbage": "garbage", "a long one": strings.Repeat("A", 60<<10), "a beginning": got.AccessToken[:40], "a suffix": got.AccessToken + "A",
			"another signature": signed[:len(signed)-1] + flip(signed[len(signed)-1:]), "alg none": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.",
			"revoked": revoked.AccessToken, "a revoked refresh token": revoked.RefreshToken, "revoked without a grant": ended,
		} {
			t.Run(name, func(t *testing.T) { a.introspect("api", token).active(false) })
		}
		a.later(11 * time.Minute)
		a.introspect("api", got.AccessToken).active(false)
		a.introspect("api", signed).active(false)
	})
}

func TestOnlyClientsThatAreMarkedForItMayAsk(t *testing.T) {
	a := newApps(t)
	token := a.granted("basic").AccessToken
	a.introspect("basic", token).denied(http.StatusBadRequest, "unauthorized_client")
	a.introspect("robot", token).denied(http.StatusBadRequest, "unauthorized_client")
	form := url.Values{"token": {token}}
	a.post("/introspect", form).denied(http.StatusUnauthorized, refused)
	a.post("/introspect", form, basic("api:wrong")).denied(http.StatusUnauthorized, refused)
	a.post("/introspect", form, header("Authorization", "Bearer "+token)).denied(http.StatusUnauthorized, refused)
	a.post("/introspect", url.Values{"token": {token}, "client_id": {"api"}}).denied(http.StatusUnauthorized, refused)
	must(t, a.db.SetClientDisabled(t.Context(), "api", true, storage.Event{Actor: "test"}))
	a.introspect("api", token).denied(http.StatusUnauthorized, refused)
}

func TestAnIntrospectionRequestIsOneStrictForm(t *testing.T) {
	a := newApps(t)
	prove := basic("api:secret")
	a.post("/introspect", url.Values{}, prove).denied(http.StatusBadRequest, invalid)
	a.post("/introspect", url.Values{"token": {""}}, prove).denied(http.StatusBadRequest, invalid)
	a.raw(http.MethodPost, "/introspect?token=x", formType, strings.NewReader("token=x"), prove).denied(http.StatusBadRequest, invalid)
	a.raw(http.MethodPost, "/introspect", formType, strings.NewReader("token=x&token=x"), prove).denied(http.StatusBadRequest, invalid)
	a.raw(http.MethodPost, "/introspect", "application/json", strings.NewReader("{}"), prove).denied(http.StatusUnsupportedMediaType, invalid)
	a.introspect("api", a.granted("basic").AccessToken, with("token_type_hint", "refresh_token")).active(true) // a hint, no more
	for _, method := range []string{"GET", "PUT", "OPTIONS"} {
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, httptest.NewRequest(method, issuer+"/introspect", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "POST" {
			t.Errorf("%s: %d %s", method, w.Code, w.Header().Get("Allow"))
		}
	}
}

func TestFailuresToProveOneselfAreLimitedAtIntrospectionToo(t *testing.T) {
	a := newApps(t)
	wrong := func() reply { return a.post("/introspect", url.Values{"token": {"x"}}, basic("api:wrong")) }
	for range 20 {
		wrong().denied(http.StatusUnauthorized, refused)
	}
	slow := wrong()
	slow.denied(http.StatusTooManyRequests, refused)
	if slow.header.Get("Retry-After") == "" {
		t.Error("nobody says how long to wait")
	}
	a.introspect("api", a.granted("basic").AccessToken).active(true)
}

func TestWhatEndsAGrantEndsItForIntrospectionAtOnce(t *testing.T) { // IN-09
	eachApps(t, func(t *testing.T, a *apps) {
		event := storage.Event{Actor: "test"}
		online := a.granted("basic", scoped("openid")).AccessToken
		offline := a.granted("basic").AccessToken
		must(t, a.db.EndSession(t.Context(), a.session.ID, event))
		a.introspect("api", online).active(false)
		a.introspect("api", offline).active(true)
		must(t, a.db.SetClientDisabled(t.Context(), "basic", true, event))
		a.introspect("api", offline).active(false)
	})
}

func TestWithoutADatabaseNoTokenIsActive(t *testing.T) {
	a := newApps(t)
	token, own := a.granted("basic").AccessToken, a.ask("robot").issued().AccessToken
	for method, token := range map[string]string{"LiveGrant": token, "Spent": own, "Client": token} {
		r := formRequest("/introspect", url.Values{"token": {token}}, "api:secret")
		w := httptest.NewRecorder()
		doorOn(t, a.house, broken{a.db, method}).ServeHTTP(w, r)
		if w.Code != http.StatusInternalServerError || strings.TrimSpace(w.Body.String()) != `{"error":"server_error"}` {
			t.Errorf("%s: %d %s", method, w.Code, w.Body)
		}
	}
}

func formRequest(path string, form url.Values, client string) *http.Request {
	r := httptest.NewRequest(http.MethodPost, issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", formType)
	basic(client)(r)
	return r
}
