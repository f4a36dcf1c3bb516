package op_test

// RFC 7515, RFC 7516, RFC 8725: what others make of our tokens.

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// forgeries are what can be made of a signed token without our private key.
func forgeries(t *testing.T, jwks, token string) map[string]string {
	t.Helper()
	part := strings.Split(token, ".")
	under := func(header string) string {
		return text64.EncodeToString([]byte(header)) + "." + part[1] + "." + part[2]
	}
	var set struct{ Keys []json.RawMessage }
	must(t, json.Unmarshal([]byte(jwks), &set))
	forged := map[string]string{
		"alg none":           text64.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + part[1] + ".",
		"alg none, signed":   under(`{"alg":"none","typ":"JWT"}`),
		"no signature":       part[0] + "." + part[1] + ".",
		"no third part":      part[0] + "." + part[1],
		"unencoded":          under(`{"alg":"ES256","b64":false,"crit":["b64"],"typ":"JWT"}`),
		"crit":               under(`{"alg":"ES256","crit":["exp"],"exp":1,"typ":"JWT"}`),
		"JSON of one":        `{"payload":"` + part[1] + `","protected":"` + part[0] + `","signature":"` + part[2] + `"}`,
		"JSON of two":        `{"payload":"` + part[1] + `","signatures":[{"protected":"` + part[0] + `","signature":"` + part[2] + `"},{"header":{"alg":"none"},"signature":""}]}`,
		"another payload":    part[0] + "." + text64.EncodeToString([]byte(`{"iss":"`+issuer+`","aud":"web","sub":"x"}`)) + "." + part[2],
		"a stranger's":       pens()["stranger"].write(t, must64(t, part[1]), map[string]any{"typ": "JWT"}),
		"a stranger's, jwk":  pens()["stranger"].write(t, must64(t, part[1]), map[string]any{"typ": "JWT", "jwk": pens()["stranger"].jwk()}),
		"a line break in it": token[:20] + "\n" + token[20:],
	}
	for i, key := range append(set.Keys, []byte(jwks)) {
		forged["a MAC by a public key "+string(rune('a'+i))] = pen{"HS256", "", append([]byte(nil), key...), nil}.write(t, must64(t, part[1]), map[string]any{"typ": "JWT"})
	}
	return forged
}

func must64(t *testing.T, text string) []byte {
	t.Helper()
	data, err := text64.DecodeString(text)
	must(t, err)
	return data
}

// hints says what comes of a hint where nobody can be asked: a code, or login_required.
func (b *browser) hints(token string) string {
	sent := b.authorize(with("id_token_hint", token), with("prompt", "none")).sent()
	if sent.Get("code") != "" {
		return "code"
	}
	return sent.Get("error")
}

func TestAForgedIDTokenIsNoHint(t *testing.T) { // JW-01
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		good := h.idToken(t, nil)
		if told := anna.hints(good); told != "code" {
			t.Fatalf("the good one: %s", told)
		}
		jwks, _ := h.keys.Ring.JWKS()
		for name, token := range forgeries(t, string(jwks), good) {
			if told := anna.hints(token); told != "login_required" {
				t.Errorf("%s: %s", name, told)
			}
		}
	})
}

func TestAForgedTokenOpensNothing(t *testing.T) { // JW-01, JW-05
	eachApps(t, func(t *testing.T, a *apps) {
		good := a.granted("signed").AccessToken
		a.userinfo(good).says(http.StatusOK)
		jwks, _ := a.keys.Ring.JWKS()
		for name, token := range forgeries(t, string(jwks), good) {
			if got := a.userinfo(token); got.status != http.StatusUnauthorized {
				t.Errorf("%s: userinfo answers %d", name, got.status)
			}
			if got := a.introspect("api", token); got.json()["active"] != false {
				t.Errorf("%s: it is active: %s", name, got.body)
			}
		}
	})
}

func TestAHintOfAFormerKeyCountsAndOneOfAComingKeyDoesNot(t *testing.T) { // JW-02
	eachHouse(t, func(t *testing.T, h *house) {
		event := storage.Event{Actor: "test"}
		former := h.idToken(t, nil)
		must(t, h.keys.Rotate(t.Context(), true, event))
		if after := h.idToken(t, nil); strings.Split(after, ".")[0] == strings.Split(former, ".")[0] {
			t.Fatal("the keys did not change")
		}
		must(t, h.keys.Rotate(t.Context(), false, event))
		h.later(30 * 24 * time.Hour)
		must(t, h.keys.Refresh(t.Context()))
		coming := h.idToken(t, nil)
		h.later(-30 * 24 * time.Hour)
		must(t, h.keys.Refresh(t.Context()))
		if strings.Split(coming, ".")[0] == strings.Split(h.idToken(t, nil), ".")[0] {
			t.Fatal("the coming key signs already")
		}
		anna := h.signedIn(t, "anna")
		for what, c := range map[string]struct{ token, want string }{
			"of the present key": {h.idToken(t, nil), "code"}, "of a former key": {former, "code"}, "of a coming key": {coming, "login_required"},
		} {
			if told := anna.hints(c.token); told != c.want {
				t.Errorf("a hint %s: %s", what, told)
			}
		}
	})
}

// encrypted are JWEs that cost those who open them (CVE-2024-28180, CVE-2026-34986).
func encrypted() map[string]string {
	jwe := func(header string, parts ...string) string {
		return text64.EncodeToString([]byte(header)) + "." + strings.Join(parts, ".")
	}
	some := strings.Repeat("A", 1000)
	return map[string]string{
		"zip":               jwe(`{"alg":"dir","enc":"A256GCM","zip":"DEF"}`, "", "AAAAAAAAAAAAAAAA", some, "AAAAAAAAAAAAAAAAAAAAAA"),
		"PBES2, many times": jwe(`{"alg":"PBES2-HS256+A128KW","enc":"A128GCM","p2c":1000000000,"p2s":"AAAAAAAAAAA"}`, some, "AAAAAAAAAAAAAAAA", some, "AAAAAAAAAAAAAAAAAAAAAA"),
		"dir":               jwe(`{"alg":"dir","enc":"A128GCM"}`, "", "AAAAAAAAAAAAAAAA", some, "AAAAAAAAAAAAAAAAAAAAAA"),
		"no iv and tag":     jwe(`{"alg":"A256GCMKW","enc":"A256GCM"}`, some, "AAAAAAAAAAAAAAAA", some, "AAAAAAAAAAAAAAAAAAAAAA"),
		"no encrypted key":  jwe(`{"alg":"A128KW","enc":"A128GCM"}`, "", "AAAAAAAAAAAAAAAA", some, "AAAAAAAAAAAAAAAAAAAAAA"),
		"RSA":               jwe(`{"alg":"RSA1_5","enc":"A128CBC-HS256"}`, some, "AAAAAAAAAAAAAAAA", some, "AAAAAAAAAAAAAAAAAAAAAA"),
		"five empty parts":  "....",
	}
}

func TestWhatIsEncryptedIsRefusedUnopened(t *testing.T) { // JW-04
	eachHouse(t, func(t *testing.T, h *house) {
		s := newSigning(t, h)
		anna := s.signedIn(t, "anna")
		for name, token := range encrypted() {
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			began := time.Now()
			if told := anna.hints(token); told != "login_required" {
				t.Errorf("%s as a hint: %s", name, told)
			}
			if got := s.userinfo(token); got.status != http.StatusUnauthorized {
				t.Errorf("%s at userinfo: %d", name, got.status)
			}
			if got := s.introspect("api", token); got.json()["active"] != false {
				t.Errorf("%s is active", name)
			}
			s.ask(token).denied(http.StatusUnauthorized, refused)
			if got := s.post("/revoke", url.Values{"token": {token}}, basic("basic:secret")); got.status != http.StatusOK {
				t.Errorf("%s at revocation: %d", name, got.status)
			}
			runtime.ReadMemStats(&after)
			if used := after.TotalAlloc - before.TotalAlloc; used > 10<<20 || time.Since(began) > 5*time.Second {
				t.Errorf("%s took %d bytes and %v", name, used, time.Since(began))
			}
		}
	})
}

func TestATokenThatIsTooLongIsRefusedBeforeItIsRead(t *testing.T) { // JW-05
	// Alone, since it counts.
	eachApps(t, func(t *testing.T, a *apps) {
		long := a.granted("signed").AccessToken + strings.Repeat("A", 900<<10)
		r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
		r.Header.Set("Authorization", "Bearer "+long)
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		w := httptest.NewRecorder()
		a.router.ServeHTTP(w, r)
		runtime.ReadMemStats(&after)
		if w.Code != http.StatusUnauthorized {
			t.Errorf("%d %s", w.Code, w.Body)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 500<<10 { // to decode it once would take more
			t.Errorf("%d bytes", used)
		}
	})
}

func TestASubjectIsStableAndNoAddress(t *testing.T) { // JW-08
	eachApps(t, func(t *testing.T, a *apps) {
		seen := map[string]string{}
		for range 2 {
			for _, client := range []string{"basic", "other", "signed"} {
				_, claims := a.claimsIn(a.granted(client, scoped("openid email")).IDToken, "JWT")
				sub, _ := claims["sub"].(string)
				if sub == "" || strings.Contains(sub, "@") || seen["carla"] != "" && seen["carla"] != sub {
					t.Errorf("%s knows her as %q", client, sub)
				}
				seen["carla"] = sub
			}
		}
		a.person.ID, a.person.Email = storage.NewID(), "dana@example.com"
		must(t, a.db.AddUser(t.Context(), a.person, "", storage.Event{Actor: "test"}))
		a.session = a.signIn()
		if _, claims := a.claimsIn(a.granted("basic").IDToken, "JWT"); claims["sub"] == seen["carla"] {
			t.Error("two people have one subject")
		}
	})
}
