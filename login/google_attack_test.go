package login_test

import (
	"crypto/rand"
	"crypto/rsa"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
	"github.com/go-jose/go-jose/v4"
)

// refusesToken wants a lie of the provider to end on a page, with nobody signed in or linked.
func refusesToken(t *testing.T, what string, h *house, b *webtest.Browser, who storage.User) {
	t.Helper()
	t.Log(what)
	byGoogle(b).Status(http.StatusBadRequest).Sees("Signing in with Google did not work").SeesNot("app got")
	if h.linked(who) != 0 {
		t.Errorf("%s: the account is linked", what)
	}
	for _, c := range b.Cookies(issuer) {
		if strings.HasSuffix(c.Name, "session") {
			t.Errorf("%s: somebody is signed in", what)
		}
	}
}

func TestAnAnswerOfAnotherIssuerIsRefusedBeforeTheCodeGoesAnywhere(t *testing.T) { // MX-02
	h, g, gina := ginas(t)
	for _, iss := range []string{"https://evil.test", "", g.server.URL + "/", strings.ToUpper(g.server.URL)} {
		g.answer = func(to, _ url.Values) { to.Set("iss", iss) }
		refusesToken(t, "iss="+iss, h, h.browser(), gina)
	}
	if g.count("/token") != 0 {
		t.Error("the code was sent")
	}
	g.answer = func(to, _ url.Values) { to.Set("iss", g.server.URL) }
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
}

func TestAProviderThatNamesItselfMustDoSoEachTime(t *testing.T) { // MX-02
	h, g, gina := ginas(t)
	g.doc = func(d claims) { d["authorization_response_iss_parameter_supported"] = true }
	refusesToken(t, "no iss", h, h.browser(), gina)
	g.answer = func(to, _ url.Values) { to.Set("iss", g.server.URL) }
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
}

func TestAnAnswerCountsInTheBrowserThatLeftAndOnce(t *testing.T) { // MX-03, CS-01
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		mine := h.browser()
		back := h.returning(g, mine)

		h.browser().Go(back).Status(http.StatusBadRequest).Check().Sees("no longer fits your browser").SeesNot("app got")
		webtest.New(t, h.router).Go(back).Status(http.StatusBadRequest).Check().Sees("another browser").SeesNot("app got")
		victim := h.signedIn() // the attacker's address is opened where somebody else is signed in (CS-02)
		victim.Go(back).Status(http.StatusBadRequest).SeesNot("gina@gmail.com")
		if h.linked(gina) != 0 || g.count("/token") != 0 {
			t.Error("what another browser brings back has an effect")
		}

		mine.Go(back).Sees("app got gina@gmail.com")
		replay := mine.Clone()
		mine.Go(back).Sees("app got gina@gmail.com") // the back button: what is finished here leads on
		replay.Go("/account").Press("Sign out").Go(back).Status(http.StatusBadRequest).SeesNot("app got")
		h.sees("session.started ok", 2)
	})
}

func TestAskingWhatTheWayBackWouldAnswerDoesNothing(t *testing.T) { // CS-08
	h, g, gina := ginas(t)
	b := h.browser()
	back := h.returning(g, b)
	r := httptest.NewRequest(http.MethodHead, back, nil)
	for _, c := range b.Cookies(issuer) {
		r.AddCookie(c)
	}
	w := httptest.NewRecorder()
	h.router.ServeHTTP(w, r)
	if w.Code != http.StatusMethodNotAllowed || h.linked(gina) != 0 || g.count("/token") != 0 {
		t.Errorf("HEAD is answered %d, and has an effect", w.Code)
	}
	b.Post(back, nil).Status(http.StatusMethodNotAllowed)
	b.Go(back).Sees("app got gina@gmail.com")
}

func TestAStateThatIsNotOursOrTooOldIsRefused(t *testing.T) { // MX-03
	h, g, _ := ginas(t)
	b := h.browser()
	attempt := b.Value("attempt")
	back := h.returning(g, b)
	state := stateOf(t, back)
	for _, forged := range []string{"", "x", attempt, state + "x", state[:len(state)-1], strings.ToUpper(state)} {
		b.Go("/login/google/callback?code=x&state=" + url.QueryEscape(forged)).Status(http.StatusBadRequest).SeesNot("app got")
	}
	b.Go("/login/google/callback?code=x").Status(http.StatusBadRequest)
	b.Go(back + "&state=" + state).Status(http.StatusBadRequest)
	b.Go("/login/username?attempt=" + url.QueryEscape(state)).Status(http.StatusBadRequest)                         // it is no attempt (CD-07)
	b.Go("/login/google/callback?state=" + url.QueryEscape(state)).Status(http.StatusBadRequest).SeesNot("app got") // no code
	h.later(10*time.Minute + 2*time.Second)
	b.Go(back).Status(http.StatusBadRequest).Sees("took too long").SeesNot("app got")
	if g.count("/token") != 0 {
		t.Error("the code was sent")
	}
}

func stateOf(t *testing.T, address string) string {
	t.Helper()
	u, err := url.Parse(address)
	if err != nil || u.Query().Get("state") == "" {
		t.Fatalf("%q brings no state back: %v", address, err)
	}
	return u.Query().Get("state")
}

func TestAnAnswerThatWasBegunElsewhereIsRefused(t *testing.T) { // MX-03, FD-13
	h, g, _ := ginas(t)
	b := h.browser()
	back := h.returning(g, b)
	other := newGoogle(t)
	for what, changed := range map[string]option{
		"another provider":   other.settings,
		"another client":     func(o *login.Options) { g.settings(o); o.Google.ClientID = "456.apps.example" },
		"no provider at all": func(*login.Options) {},
	} {
		o := login.Options{Store: h.db, Keys: h.keys, Site: h.site, Mail: h.mailbox, EmailCode: "untrusted", Now: h.now}
		changed(&o)
		face, err := login.New(o)
		h.must(err)
		moved := webtest.New(t, h.serving(face))
		for _, c := range b.Cookies(issuer) {
			moved.Hold(issuer, c)
		}
		moved.Go(back).SeesNot("app got")
		if moved.Header().Get("Set-Cookie") != "" || other.count("/token") != 0 || g.count("/token") != 0 {
			t.Errorf("%s: the answer has an effect", what)
		}
	}
}

func TestAnIDTokenOfAnotherErrandIsRefused(t *testing.T) { // MX-05
	h, g, gina := ginas(t)
	for what, lie := range map[string]func(claims){
		"no nonce":      func(c claims) { delete(c, "nonce") },
		"empty nonce":   func(c claims) { c["nonce"] = "" },
		"another nonce": func(c claims) { c["nonce"] = "n-0S6_WzA2Mj" },
	} {
		g.lie = lie
		refusesToken(t, what, h, h.browser(), gina)
	}
	g.lie = nil
	h.browser().Go(h.returning(g, h.browser())) // its token is never asked for
	byGoogle(h.browser()).Sees("app got")
	old := g.minted
	g.forge = func(claims) string { return old }
	byGoogle(h.browser()).Status(http.StatusBadRequest).Sees("Signing in with Google did not work")
}

func TestAnIDTokenIsOfTheConfiguredIssuerAndForUsAlone(t *testing.T) { // MX-06, FD-12
	h, g, gina := ginas(t)
	for what, lie := range map[string]func(claims){
		"iss without https":       func(c claims) { c["iss"] = strings.TrimPrefix(g.server.URL, "http://") },
		"iss with a slash":        func(c claims) { c["iss"] = g.server.URL + "/" },
		"legacy iss":              func(c claims) { c["iss"] = "accounts.google.com" },
		"another iss":             func(c claims) { c["iss"] = "https://accounts.google.com" },
		"no iss":                  func(c claims) { delete(c, "iss") },
		"another aud":             func(c claims) { c["aud"] = "other" },
		"aud of two":              func(c claims) { c["aud"] = []string{googleClient, "other"} },
		"aud in a list of others": func(c claims) { c["aud"] = []string{"other"} },
		"no aud":                  func(c claims) { delete(c, "aud") },
		"another azp":             func(c claims) { c["azp"] = "other" },
		"no sub":                  func(c claims) { delete(c, "sub") },
		"long sub":                func(c claims) { c["sub"] = strings.Repeat("1", 256) },
		"sub with NUL":            func(c claims) { c["sub"] = "1001\x00" },
		"sub as a number":         func(c claims) { c["sub"] = 1001 },
		"at_hash of another":      func(c claims) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" },
	} {
		g.lie = lie
		refusesToken(t, what, h, h.browser().From(newPeer()), gina)
	}
	g.lie = func(c claims) { delete(c, "azp") }
	byGoogle(h.browser()).Sees("app got")
}

var peers int

// newPeer is an address block from which nobody has come yet.
func newPeer() string {
	peers++
	return fmt.Sprintf("10.%d.%d.1:1234", peers/200, peers%200)
}

func TestTheTimesOfAnIDTokenMustFit(t *testing.T) { // MX-08
	h, g, gina := ginas(t)
	in := func(d time.Duration) int64 { return h.now().Add(d).Unix() }
	for what, lie := range map[string]func(claims){
		"exp past":     func(c claims) { c["exp"] = in(-2 * time.Second) },
		"no exp":       func(c claims) { delete(c, "exp") },
		"no iat":       func(c claims) { delete(c, "iat") },
		"iat too old":  func(c claims) { c["iat"] = in(-10*time.Minute - 2*time.Second) },
		"iat too new":  func(c claims) { c["iat"] = in(5*time.Minute + 5*time.Second) },
		"nbf ahead":    func(c claims) { c["nbf"] = in(5*time.Minute + 5*time.Second) },
		"exp in words": func(c claims) { c["exp"] = "tomorrow" },
	} {
		g.lie = lie
		refusesToken(t, what, h, h.browser(), gina)
	}
	for _, lie := range []func(claims){
		func(c claims) { c["iat"] = in(-9 * time.Minute) },
		func(c claims) { c["iat"] = in(4 * time.Minute) }, // our clock is behind
		func(c claims) { c["exp"] = in(time.Minute) },
	} {
		g.lie = lie
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
	}
}

func TestOnlyAKeyOfTheProviderSigns(t *testing.T) { // MX-09
	h, g, gina := ginas(t)
	stranger := ecKey(t)
	raw, err := json.Marshal(jose.JSONWebKey{Key: public(g.key)})
	h.must(err)
	unsigned := func(said claims) string {
		text, _ := json.Marshal(said)
		return base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none"}`)) + "." + base64.RawURLEncoding.EncodeToString(text) + "."
	}
	for what, forge := range map[string]func(claims) string{
		"none": unsigned,
		"none, with its kid": func(c claims) string {
			return strings.Replace(unsigned(c), "eyJhbGciOiJub25lIn0", base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","kid":"k1"}`)), 1)
		},
		"HS256 by our secret":       func(c claims) string { return sign(t, jose.HS256, []byte(googleSecret+googleSecret), "k1", c) },
		"HS256 by the public key":   func(c claims) string { return sign(t, jose.HS256, raw, "k1", c) },
		"a stranger under this kid": func(c claims) string { return sign(t, jose.ES256, stranger, "k1", c) },
		"a stranger under his kid":  func(c claims) string { return sign(t, jose.ES256, stranger, "k2", c) },
		"no kid":                    func(c claims) string { return sign(t, jose.ES256, g.key, "", c) },
		"the signature cut off": func(c claims) string {
			s := sign(t, jose.ES256, g.key, "k1", c)
			return s[:strings.LastIndex(s, ".")+1]
		},
		"another payload": func(c claims) string { return swapped(sign(t, jose.ES256, g.key, "k1", c), c) },
		"no token":        func(claims) string { return "" },
		"null":            func(claims) string { return "bnVsbA.bnVsbA.bnVsbA" },
		"words":           func(claims) string { return "not.a.token" },
	} {
		g.forge = forge
		refusesToken(t, what, h, h.browser().From(newPeer()), gina)
	}
}

// swapped is a token with a payload that was not signed.
func swapped(token string, said claims) string {
	parts := strings.Split(token, ".")
	said["email"] = "root@gmail.com"
	text, _ := json.Marshal(said)
	return parts[0] + "." + base64.RawURLEncoding.EncodeToString(text) + "." + parts[2]
}

func TestKeysAreFetchedAnewForAnUnknownNameOnceAMinuteAtMost(t *testing.T) { // MX-09, BF-13
	h, g, gina := ginas(t)
	for i := range 20 {
		g.forge = func(c claims) string { return sign(t, jose.ES256, g.key, fmt.Sprintf("k-%d", i), c) }
		refusesToken(t, "unknown kid", h, h.browser(), gina)
	}
	if n := g.count("/jwks"); n != 1 {
		t.Errorf("the keys were fetched %d times", n)
	}
	g.forge = nil
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	g.kid, g.key = "k9", ecKey(t) // Google has rotated
	byGoogle(h.browser()).Status(http.StatusBadRequest)
	h.later(time.Minute)
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	if n := g.count("/jwks"); n != 2 {
		t.Errorf("the keys were fetched %d times", n)
	}
}

func TestAKeyThatTheProviderWithdrawsSignsNobodyInAnHourLater(t *testing.T) { // MX-09
	h, g, _ := ginas(t)
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	stolen := g.key
	g.kid, g.key = "k2", ecKey(t)
	g.forge = func(c claims) string { return sign(t, jose.ES256, stolen, "k1", c) }
	h.later(time.Hour)
	byGoogle(h.browser()).Status(http.StatusBadRequest).SeesNot("app got")
}

func TestOfTwoKeysThatBearOneNameNeitherCounts(t *testing.T) { // MX-09
	h, g, gina := ginas(t)
	g.shown = []jose.JSONWebKey{{Key: public(g.key), KeyID: "k1"}, {Key: public(ecKey(t)), KeyID: "k1"}}
	refusesToken(t, "two keys of one name", h, h.browser(), gina)
	for what, key := range map[string]jose.JSONWebKey{
		"a key to encrypt":      {Key: public(g.key), KeyID: "k1", Use: "enc"},
		"a key for another alg": {Key: public(g.key), KeyID: "k1", Algorithm: "ES384"},
		"a private key":         {Key: g.key, KeyID: "k1"},
		"a symmetric key":       {Key: []byte("0123456789abcdef0123456789abcdef"), KeyID: "k1"},
	} {
		g.shown = []jose.JSONWebKey{key}
		h.later(time.Minute)
		refusesToken(t, what, h, h.browser(), gina)
	}
}

func TestAnRSAKeySignsTooUnlessItIsShort(t *testing.T) { // MX-09
	h, g, gina := ginas(t)
	g.alg = jose.RS256
	short, err := rsa.GenerateKey(rand.Reader, 1024)
	h.must(err)
	g.key = short
	refusesToken(t, "1024 bits", h, h.browser(), gina)
	long, err := rsa.GenerateKey(rand.Reader, 2048)
	h.must(err)
	g.key = long
	h.later(time.Minute)
	g.forge = func(c claims) string { return sign(t, jose.PS256, long, "k1", c) }
	refusesToken(t, "PS256", h, h.browser(), gina)
	g.forge = nil
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
}

func TestUserinfoIsNotAsked(t *testing.T) { // MX-11
	h, g, _ := ginas(t)
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	if g.count("/userinfo") != 0 || g.count("/token") != 1 {
		t.Errorf("the provider was asked %v", g.asked)
	}
}

func TestABadDocumentNeverTakesThePlaceOfAGoodOne(t *testing.T) { // MX-12
	h, g, _ := ginas(t)
	elsewhere := newGoogle(t)
	bad := map[string]func(claims){
		"another issuer":         func(d claims) { d["issuer"] = "https://evil.test" },
		"no issuer":              func(d claims) { delete(d, "issuer") },
		"token on another host":  func(d claims) { d["token_endpoint"] = elsewhere.server.URL + "/token" },
		"keys on another host":   func(d claims) { d["jwks_uri"] = elsewhere.server.URL + "/jwks" },
		"people to another host": func(d claims) { d["authorization_endpoint"] = "http://evil.test/authorize" },
		"another scheme":         func(d claims) { d["token_endpoint"] = strings.Replace(g.server.URL, "http:", "ftp:", 1) + "/token" },
		"a user in the address": func(d claims) {
			d["token_endpoint"] = strings.Replace(g.server.URL, "http://", "http://u:p@", 1) + "/token"
		},
		"a relative address":       func(d claims) { d["token_endpoint"] = "/token" },
		"no token endpoint":        func(d claims) { delete(d, "token_endpoint") },
		"an endpoint that is none": func(d claims) { d["jwks_uri"] = 7 },
	}
	for what, doc := range bad {
		g.doc = doc
		byGoogle(h.browser()).Status(http.StatusServiceUnavailable).Sees("Google does not answer")
		h.later(11 * time.Second)
		t.Log(what)
	}
	g.doc = nil
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	for what, doc := range bad {
		g.doc = doc
		h.later(time.Hour)
		asked := g.count("/.well-known/openid-configuration")
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
		eventually(t, what, func() bool { return g.count("/.well-known/openid-configuration") > asked })
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
	}
	if elsewhere.count("/token")+elsewhere.count("/jwks") != 0 {
		t.Error("something was asked elsewhere")
	}
}

func eventually(t *testing.T, what string, holds func() bool) {
	t.Helper()
	for range 500 {
		if holds() {
			return
		}
		time.Sleep(10 * time.Millisecond)
	}
	t.Fatal(what + ": it never came")
}

func TestWhatTheProviderAnswersIsBoundedAndFollowedNowhere(t *testing.T) { // SR-06
	h, g, gina := ginas(t)
	elsewhere := newGoogle(t)
	byGoogle(h.browser().StayOn(issuer)) // the document is known now
	for what, broken := range map[string]func(w http.ResponseWriter, path string) bool{
		"a redirect": func(w http.ResponseWriter, path string) bool {
			w.Header().Set("Location", elsewhere.server.URL+path)
			w.WriteHeader(307)
			return true
		},
		"an endless body": func(w http.ResponseWriter, path string) bool {
			_, _ = w.Write([]byte(`{"id_token":"` + strings.Repeat("x", 2<<20)))
			return true
		},
		"a page": func(w http.ResponseWriter, path string) bool { _, _ = w.Write([]byte("<html>")); return true },
	} {
		g.broken = func(w http.ResponseWriter, path string) bool { return path == "/token" && broken(w, path) }
		b := h.browser()
		b.Go(h.returning(g, b)).SeesNot("app got").Sees("Google")
		if h.linked(gina) != 0 {
			t.Errorf("%s: the account is linked", what)
		}
	}
	if elsewhere.count("/token") != 0 {
		t.Error("the code was sent on")
	}
}

func TestNoSecretOfTheErrandStandsInTheLog(t *testing.T) { // LG-01
	h, g, _ := ginas(t)
	byGoogle(h.browser()).Sees("app got")
	good := g.minted
	g.lie = func(c claims) { c["aud"] = "other" }
	b := h.browser()
	back := h.returning(g, b)
	b.Go(back)
	g.broken = func(w http.ResponseWriter, path string) bool {
		if path == "/token" {
			writeJSON(w, 400, claims{"error": "invalid_grant", "error_description": good})
		}
		return path == "/token"
	}
	byGoogle(h.browser())
	u, err := url.Parse(back)
	h.must(err)
	for _, secret := range []string{googleSecret, good, g.minted, u.Query().Get("code"), u.Query().Get("state"), g.last.Get("nonce"), g.last.Get("code_challenge"), "ya29.opaque", "gina@gmail.com"} {
		if strings.Contains(h.log.String(), secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
	for _, word := range []string{`"google":"aud"`, `"google":"invalid_grant"`} {
		if !strings.Contains(h.log.String(), word) {
			t.Errorf("the log does not say %s", word)
		}
	}
	if text := fmt.Sprintf("%v %+v %s", login.ClientSecret("x-y-z"), login.Google{ClientSecret: "x-y-z"}, login.ClientSecret("x-y-z")); strings.Contains(text, "x-y-z") {
		t.Error("the secret can be printed")
	}
}

func TestTwoTabsFinishInTheOtherOrder(t *testing.T) { // MX-14
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		first := h.browser()
		second := first.Tab().Go("/app")
		one, two := h.returning(g, first), h.returning(g, second)
		second.Go(two).Sees("app got gina@gmail.com")
		first.Go(one).Status(http.StatusBadRequest).Sees("started or finished in another window") // the sign-in renewed the binding
	})
}

func TestPeopleWhoSignInAtOnceGetASessionEachOfTheirOwn(t *testing.T) { // MX-14
	g := newGoogle(t)
	h := withGoogle(t, g)
	people := 60
	if os.Getenv("DOORWARD_ATTACK") != "" {
		people = 200
	}
	for i := range people {
		h.invited(fmt.Sprintf("p%d@gmail.com", i))
		g.account(fmt.Sprint(i), fmt.Sprintf("p%d@gmail.com", i), nil)
	}
	var all sync.WaitGroup
	for i := range people {
		b := webtest.New(t, h.router).Set("X-Account", fmt.Sprint(i))
		all.Go(func() {
			for range 2 { // the first time it is linked, then it is known
				b.Go(issuer + "/app")
				if byGoogle(b); !strings.Contains(b.Body(), fmt.Sprintf("app got p%d@gmail.com ", i)) {
					t.Errorf("person %d gets: %.300s", i, b.Body())
				}
			}
		})
	}
	all.Wait()
	events, err := h.db.Events(t.Context(), 20*people)
	h.must(err)
	counts, whose := map[string]int{}, map[string]bool{}
	for _, e := range events {
		counts[e.Kind]++
		whose[e.Kind+e.User] = true
	}
	if counts["google.linked"] != people || counts["session.started"] != people || counts["session.raised"] != people || len(whose) < 4*people {
		t.Errorf("the events are %v", counts)
	}
	if n := g.count("/.well-known/openid-configuration") + g.count("/jwks"); n != 2 {
		t.Errorf("document and keys were fetched %d times", n)
	}
}

func TestFiftyReturnsOfOneErrandMakeOneSession(t *testing.T) { // CS-03, MX-03
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		b := h.browser()
		back := h.returning(g, b)
		u, err := url.Parse(back)
		h.must(err)
		sent := g.codes[u.Query().Get("code")]
		g.broken = func(w http.ResponseWriter, path string) bool { // a provider that gives tokens for one code again and again
			if path == "/token" {
				writeJSON(w, 200, claims{"access_token": "a", "token_type": "Bearer", "id_token": g.idToken(sent)})
			}
			return path == "/token"
		}
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { b.Clone().Go(back) })
		}
		all.Wait()
		h.sees("session.started ok", 1)
		h.sees("google.linked ok", 1)
	})
}
