package op_test

// OIDC Core §5.3, RFC 6750: userinfo and bearer tokens.

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/google/go-cmp/cmp"
)

func TestATokenMayStandInTheHeaderOrInTheBody(t *testing.T) { // C.5 item 52
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic", scoped("openid email"))
		bearer := header("Authorization", "Bearer "+got.AccessToken)
		_, id := a.claimsIn(got.IDToken, "JWT")
		for name, answer := range map[string]reply{
			"GET":                      a.userinfo(got.AccessToken),
			"GET in small letters":     a.raw(http.MethodGet, "/userinfo", "", nil, header("Authorization", "bEARER "+got.AccessToken)),
			"POST header":              a.raw(http.MethodPost, "/userinfo", "", nil, bearer),
			"POST header, empty form":  a.raw(http.MethodPost, "/userinfo", formType, nil, bearer),
			"POST header, other field": a.raw(http.MethodPost, "/userinfo", formType, strings.NewReader("a=b"), bearer),
			"POST body":                a.post("/userinfo", url.Values{"access_token": {got.AccessToken}}),
		} {
			if answer.status != http.StatusOK {
				t.Errorf("%s: %d %s", name, answer.status, answer.body)
				continue
			}
			want := map[string]any{"sub": id["sub"], "email": "carla@example.com", "email_verified": true}
			if diff := cmp.Diff(want, answer.json()); diff != "" {
				t.Errorf("%s (-want +got):\n%s", name, diff)
			}
		}
	})
}

func TestATokenInTwoPlacesOrInTheQueryIsRefused(t *testing.T) { // TK-10
	eachApps(t, func(t *testing.T, a *apps) {
		token := a.granted("basic").AccessToken
		bearer := header("Authorization", "Bearer "+token)
		body := func() *strings.Reader { return strings.NewReader("access_token=" + token) }
		for name, answer := range map[string]reply{
			"header and body":           a.raw(http.MethodPost, "/userinfo", formType, body(), bearer),
			"header and empty body one": a.raw(http.MethodPost, "/userinfo", formType, strings.NewReader("access_token="), bearer),
			"query":                     a.raw(http.MethodGet, "/userinfo?access_token="+token, "", nil),
			"query and header":          a.raw(http.MethodGet, "/userinfo?access_token="+token, "", nil, bearer),
			"all three":                 a.raw(http.MethodPost, "/userinfo?access_token="+token, formType, body(), bearer),
			"two headers":               a.raw(http.MethodGet, "/userinfo", "", nil, header("Authorization", "Bearer "+token, "Bearer "+token)),
			"twice in the body":         a.raw(http.MethodPost, "/userinfo", formType, strings.NewReader("access_token="+token+"&access_token="+token)),
		} {
			t.Run(name, func(t *testing.T) {
				answer.denied(http.StatusBadRequest, "invalid_request")
				if !strings.Contains(answer.header.Get("WWW-Authenticate"), `error="invalid_request"`) {
					t.Errorf("WWW-Authenticate: %s", answer.header.Get("WWW-Authenticate"))
				}
			})
		}
		a.raw(http.MethodPost, "/userinfo", "application/json", strings.NewReader("{}"), bearer).denied(http.StatusUnsupportedMediaType, "invalid_request")
	})
}

func TestWithoutATokenTheChallengeNamesNoError(t *testing.T) {
	a := newApps(t)
	for name, answer := range map[string]reply{
		"GET":              a.raw(http.MethodGet, "/userinfo", "", nil),
		"POST":             a.raw(http.MethodPost, "/userinfo", formType, strings.NewReader("a=b")),
		"another scheme":   a.raw(http.MethodGet, "/userinfo", "", nil, basic("basic:secret")),
		"nothing after it": a.raw(http.MethodGet, "/userinfo", "", nil, header("Authorization", "Bearer")),
	} {
		if answer.status != http.StatusUnauthorized || answer.header.Get("WWW-Authenticate") != `Bearer realm="`+issuer+`"` {
			t.Errorf("%s: %d %s", name, answer.status, answer.header.Get("WWW-Authenticate"))
		}
	}
}

func TestWhatIsNoLivingAccessTokenIsRefused(t *testing.T) { // JW-05, TK-01, TK-07
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic")
		signed := a.granted("signed")
		last := signed.AccessToken[:len(signed.AccessToken)-1]
		for name, token := range map[string]string{
			"an ID token": got.IDToken, "a refresh token": got.RefreshToken, "a code": a.code("basic"), "junk": "junk", "NUL": "a\x00b",
			"its beginning": got.AccessToken[:40], "its prefix": "dwa_", "a suffix": got.AccessToken + "A", "padding": got.AccessToken + "=",
			"two spaces": " " + got.AccessToken, "a signed one without signature": signed.AccessToken[:strings.LastIndex(signed.AccessToken, ".")+1],
			"a signed one with another end": last + flip(signed.AccessToken[len(last):]), "alg none": "eyJhbGciOiJub25lIiwidHlwIjoiYXQrand0In0.e30.",
			"4 KiB": got.AccessToken + strings.Repeat("A", 4096), "900 KiB": strings.Repeat("A", 900<<10),
		} {
			t.Run(name, func(t *testing.T) {
				answer := a.userinfo(token)
				answer.denied(http.StatusUnauthorized, "invalid_token")
				if !strings.Contains(answer.header.Get("WWW-Authenticate"), `, error="invalid_token", error_description="`) {
					t.Errorf("WWW-Authenticate: %s", answer.header.Get("WWW-Authenticate"))
				}
			})
		}
	})
}

func TestOnlyOneSpellingOfATokenOpens(t *testing.T) { // TK-09
	eachApps(t, func(t *testing.T, a *apps) {
		token := a.granted("basic").AccessToken
		const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
		open := 0
		for _, c := range alphabet {
			if a.userinfo(token[:len(token)-1]+string(c)).status == http.StatusOK {
				open++
			}
		}
		if open != 1 {
			t.Errorf("%d of 64 spellings open", open)
		}
	})
}

func TestAnAccessTokenEndsAfterTenMinutesAndWithItsGrant(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		for _, client := range []string{"basic", "signed"} {
			got := a.granted(client)
			a.later(9*time.Minute + 50*time.Second)
			a.userinfo(got.AccessToken).says(http.StatusOK)
			a.later(11 * time.Second)
			a.userinfo(got.AccessToken).denied(http.StatusUnauthorized, "invalid_token")
		}
		event := storage.Event{Actor: "test"}
		online := a.granted("basic", scoped("openid"))
		signed := a.granted("signed", scoped("openid"))
		must(t, a.db.EndSession(t.Context(), a.session.ID, event))
		a.userinfo(online.AccessToken).denied(http.StatusUnauthorized, "invalid_token")
		a.userinfo(signed.AccessToken).denied(http.StatusUnauthorized, "invalid_token")
	})
}

func TestADisabledClientsTokensEndAtOnce(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic")
		must(t, a.db.SetClientDisabled(t.Context(), "basic", true, storage.Event{Actor: "test"}))
		a.userinfo(got.AccessToken).denied(http.StatusUnauthorized, "invalid_token")
	})
}

func TestATokenWithoutOpenIDIsNotEnough(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.userinfo(a.granted("basic", scoped("email")).AccessToken)
		got.denied(http.StatusForbidden, "insufficient_scope")
		if !strings.HasSuffix(got.header.Get("WWW-Authenticate"), `, scope="openid"`) {
			t.Errorf("WWW-Authenticate: %s", got.header.Get("WWW-Authenticate"))
		}
	})
}

func TestUserinfoTellsTheClaimsOfTheScopes(t *testing.T) { // C.5 item 52
	eachApps(t, func(t *testing.T, a *apps) {
		golden := map[string]any{}
		for _, scope := range []string{"", "profile", "email", "address", "phone", "groups"} {
			answer := a.userinfo(a.granted("basic", scoped("openid "+scope)).AccessToken)
			claims := answer.json()
			if scope == "profile" {
				since, isNumber := claims["updated_at"].(float64)
				if !isNumber || since < a.seconds(a.now().Add(-time.Hour)) {
					t.Errorf("updated_at is %v", claims["updated_at"])
				}
				claims["updated_at"] = 0
			}
			golden["openid "+scope] = claims
		}
		matchesGolden(t, "testdata/claims.json", golden)
	})
}

// matchesGolden compares with a file; UPDATE_GOLDEN=1 writes it, to be read by a person.
func matchesGolden(t *testing.T, path string, v any) {
	t.Helper()
	got, err := json.MarshalIndent(v, "", "  ")
	must(t, err)
	if os.Getenv("UPDATE_GOLDEN") != "" {
		must(t, os.WriteFile(path, append(got, '\n'), 0o644))
	}
	want, err := os.ReadFile(path)
	must(t, err)
	if diff := cmp.Diff(string(want), string(got)+"\n"); diff != "" {
		t.Errorf("%s differs (-want +got):\n%s", path, diff)
	}
}

func TestNothingEmptyIsTold(t *testing.T) { // C.5 item 52
	eachApps(t, func(t *testing.T, a *apps) {
		odd := storage.User{ID: "odd-id", Email: "odd@example.com", State: "active", Version: 1, Claims: map[string]any{"phone_number": "+49 30 1"}}
		must(t, a.db.AddUser(t.Context(), odd, "", storage.Event{Actor: "test"}))
		a.person = odd
		a.session = a.signIn()
		got := a.userinfo(a.granted("basic", scoped("openid profile email address phone groups")).AccessToken).json()
		since := got["updated_at"]
		want := map[string]any{
			"sub": "odd-id", "email": "odd@example.com", "email_verified": false, "phone_number": "+49 30 1", "phone_number_verified": false,
			"groups": []any{}, "updated_at": since,
		}
		if diff := cmp.Diff(want, got); diff != "" || since == nil {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

func TestTheClaimsParameterAddsSingleClaims(t *testing.T) {
	a := newApps(t)
	const asked = `{"userinfo":{"name":{"essential":true},"email":null,"unknown":null},"id_token":{"nickname":null,"auth_time":{"essential":true}}}`
	ask := func(c *sealed) { c.Scopes, c.Claims = []string{"openid"}, json.RawMessage(asked) }

	got := a.granted("basic", ask)
	want := map[string]any{"sub": a.person.ID, "name": "Carla Coe", "email": "carla@example.com"}
	if diff := cmp.Diff(want, a.userinfo(got.AccessToken).json()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, claims := a.claimsIn(got.IDToken, "JWT"); claims["nickname"] != "cc" || claims["name"] != nil {
		t.Errorf("ID token %v", claims)
	}

	third := a.granted("third-party", ask) // the person was asked about the scopes of these claims
	if diff := cmp.Diff(want, a.userinfo(third.AccessToken).json()); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	few := a.granted("narrow", ask)
	if claims := a.userinfo(few.AccessToken).json(); claims["name"] != nil || claims["email"] == nil {
		t.Errorf("a client that may not have the scope profile got %v", claims)
	}
}

func TestUserinfoIsAnsweredToGETAndPOSTAlone(t *testing.T) {
	a := newApps(t)
	for _, method := range []string{"PUT", "DELETE", "PATCH", "TRACE"} {
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, httptest.NewRequest(method, issuer+"/userinfo", nil))
		if w.Code != http.StatusMethodNotAllowed || w.Header().Get("Allow") != "GET, HEAD, OPTIONS, POST" {
			t.Errorf("%s: %d %s", method, w.Code, w.Header().Get("Allow"))
		}
	}
}
