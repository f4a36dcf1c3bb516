package op_test

// OIDC RP-Initiated Logout 1.0 §2, §3.

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"github.com/doorward/doorward/storage"
)

// LO-02, conformance C.7.59.
func TestAHintOfThePresentSessionEndsItAndGoesBack(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for name, c := range map[string]struct {
			change change
			to     string
		}{
			"with state":              {with("state", "st"), out + "?state=st"},
			"without state":           {without("state"), out},
			"an empty state":          {with("state", ""), out},
			"an address with a query": {with("post_logout_redirect_uri", out+"?z=%7e1&a=b+c"), out + "?z=%7e1&a=b+c&state=st"},
			"the client's id":         {with("client_id", "web"), out + "?state=st"},
			"unknown parameters":      {with("bogus", "x"), out + "?state=st"},
			"no address":              {without("post_logout_redirect_uri"), "/account/signed-out"},
		} {
			t.Run(name, func(t *testing.T) {
				b := h.signedIn(t, "anna")
				b.endSession(c.change).leads(c.to)
				if b.lives() {
					t.Error("the session lives")
				}
			})
		}
	})
}

func TestTheStateComesBackByteForByte(t *testing.T) {
	h := newHouse(t)
	for _, state := range []string{"x", strings.Repeat("s", 1000), "a b+c%2B&d=e#f/?\"'<>`", "ünï©ode 🔑", "==", "a\nb"} {
		b := h.signedIn(t, "anna")
		got := b.endSession(with("state", state)).sent()
		if got.Get("state") != state || len(got) != 1 {
			t.Errorf("state %q came back as %v", state, got)
		}
		b = h.signedIn(t, "anna")
		by := h.browser(t).submit("/end_session", b.leaving(with("state", state)))
		if got := b.get(by.header.Get("Location")).sent(); got.Get("state") != state || len(got) != 1 {
			t.Errorf("by POST the state %q came back as %v", state, got)
		}
	}
}

func TestAPostGoesOnAsAGetWhichCarriesTheCookie(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		b := h.signedIn(t, "anna")
		foreign := header("Origin", "https://rp.test")
		got := h.browser(t).submit("/end_session", b.leaving(), foreign) // another site's form: no Lax cookie
		resume := got.header.Get("Location")
		if got.status != http.StatusSeeOther || !strings.HasPrefix(resume, "/end_session?resume=") || got.header.Get("Set-Cookie") != "" {
			t.Fatalf("%d %v", got.status, got.header)
		}
		if !b.lives() {
			t.Error("the POST has ended the session")
		}
		b.get(resume).leads(out + "?state=st")
		if b.lives() {
			t.Error("the session lives")
		}
		b.get(resume).leads(out + "?state=st")
	})
}

// LO-03: a hint is as good as when it was made, however old, by whichever key of ours that is published.
func TestAnExpiredHintAndOneOfAFormerKeyAreGood(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		b := h.signedIn(t, "anna")
		b.endSession(with("id_token_hint", b.hinted(claim("exp", 1), claim("iat", 1)))).leads(out + "?state=st")

		b = h.signedIn(t, "anna")
		former := b.hinted()
		must(t, h.keys.Rotate(t.Context(), true, storage.Event{Actor: "test"}))
		b.endSession(with("id_token_hint", former)).leads(out + "?state=st")
	})
}

// LO-02, LO-03, TK-03, conformance C.7.60: who proves nothing is sent nowhere, and ends nothing.
func TestWithoutAGoodHintThePersonIsAskedAndSentNowhere(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		b := h.signedIn(t, "anna")
		other, ben := h.signedIn(t, "anna"), h.signedIn(t, "ben")
		access, err := h.keys.Ring.Sign("ES256", "at+jwt", map[string]any{"iss": issuer, "sub": b.session.UserID, "aud": "web", "sid": b.session.ID})
		must(t, err)
		good := b.hinted()
		parts := strings.Split(good, ".")
		hint := func(token string) change { return with("id_token_hint", token) }
		for name, c := range map[string]struct {
			change change
			proved bool // the client is: a yes leads back to it
		}{
			"none":                     {without("id_token_hint"), false},
			"none, but the client":     {func(v url.Values) { v.Del("id_token_hint"); v.Set("client_id", "web") }, false},
			"garbage":                  {hint("garbage"), false},
			"another signature":        {hint(good[:len(good)-5] + flip(good[len(good)-5:])), false},
			"another payload":          {hint(parts[0] + "." + base64.RawURLEncoding.EncodeToString([]byte(`{"iss":"`+issuer+`"}`)) + "." + parts[2]), false},
			"alg none":                 {hint(base64.RawURLEncoding.EncodeToString([]byte(`{"alg":"none","typ":"JWT"}`)) + "." + parts[1] + "."), false},
			"another issuer":           {hint(b.hinted(claim("iss", "https://other.test"))), false},
			"an access token":          {hint(access), false},
			"a client that is unknown": {hint(b.hinted(claim("aud", "nobody"))), false},
			"a client switched off":    {hint(b.hinted(claim("aud", "dis"))), false},
			"no audience":              {hint(b.hinted(claim("aud", nil))), false},
			"another client's":         {with("client_id", "web2"), false},
			"another session's":        {hint(other.hinted()), true},
			"another person's":         {hint(ben.hinted()), true},
			"no session's":             {hint(b.hinted(claim("sid", ""))), true},
			"another address":          {with("post_logout_redirect_uri", "https://rp2.test/out"), false},
			"a redirect URI":           {with("post_logout_redirect_uri", "https://rp.test/cb"), false},
			"a query added":            {with("post_logout_redirect_uri", out+"?x=1"), false},
			"a fragment added":         {with("post_logout_redirect_uri", out+"#x"), false},
			"a slash added":            {with("post_logout_redirect_uri", out+"/"), false},
			"other letters":            {with("post_logout_redirect_uri", "https://RP.test/out"), false},
			"a script":                 {with("post_logout_redirect_uri", "javascript:alert(1)"), false},
		} {
			t.Run(name, func(t *testing.T) {
				b := &browser{t: t, house: h, session: b.session, cookie: b.cookie}
				b.endSession(c.change).asks()
				by := h.browser(t).submit("/end_session", b.leaving(c.change))
				b.get(by.header.Get("Location")).asks()
				if !b.lives() || !other.lives() || !ben.lives() {
					t.Fatal("a session has ended")
				}
				ends := h.signedIn(t, "anna") // the yes is tried in a session of its own
				yes := ends.confirm(ends.endSession(c.change).asks())
				if c.proved {
					yes.goesOn(out + "?state=st")
				} else {
					yes.leads("/account/signed-out")
				}
			})
		}
	})
}

func TestANativeClientsAddressMayHaveAnyPortOnLoopback(t *testing.T) {
	h := newHouse(t)
	for address, allowed := range map[string]bool{
		"http://127.0.0.1:49152/out": true, "http://127.0.0.1/out": true, "com.example.app:/out": true,
		"http://localhost:49152/out": false, "http://127.0.0.1:0/out": false, "https://127.0.0.1:49152/out": false, "com.example.app:/other": false,
	} {
		b := h.signedIn(t, "anna")
		got := b.endSession(with("id_token_hint", b.hinted(claim("aud", "nat"))), with("post_logout_redirect_uri", address))
		if allowed {
			got.leads(address + "?state=st")
		} else {
			got.asks()
		}
	}
}

func TestAHintWhoseSessionIsGoneStillLeadsBack(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	b.endSession().leads(out + "?state=st")
	b.endSession().leads(out + "?state=st") // with the old cookie
	h.browser(t).get("/end_session?" + b.leaving().Encode()).leads(out + "?state=st")
	h.browser(t).get("/end_session?" + b.leaving(with("post_logout_redirect_uri", "https://evil.test/")).Encode()).leads("/account/signed-out")
	h.browser(t).get("/end_session?post_logout_redirect_uri=" + url.QueryEscape(out)).leads("/account/signed-out")
	h.browser(t).get("/end_session").leads("/account/signed-out")
}

// A browser without the session's cookie ends nothing: neither a hint that was stolen nor an <img>, which carries no Lax cookie.
func TestAHintEndsNothingInAnotherBrowser(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		b := h.signedIn(t, "anna")
		h.browser(t).get("/end_session?" + b.leaving().Encode()).leads(out + "?state=st")
		ben := h.signedIn(t, "ben")
		ben.get("/end_session?" + b.leaving().Encode()).asks()
		if !b.lives() || !ben.lives() {
			t.Error("a session has ended")
		}
	})
}

// LO-05, LO-06, conformance C.7.61.
func TestWhatHangsOnTheSessionEndsWithItAndWhatIsOfflineGoesOn(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		b := a.signedIn(t, "carla")
		a.session = b.session
		online, offline := a.granted("online", scoped("openid")), a.granted("online")
		code := a.code("online", scoped("openid"))
		b.endSession(with("id_token_hint", b.hinted(claim("aud", "online"))), without("post_logout_redirect_uri")).leads("/account/signed-out")

		a.gone("online", online)
		a.redeem("online", code).denied(http.StatusBadRequest, "invalid_grant")
		a.userinfo(offline.AccessToken).says(http.StatusOK)
		a.introspect("api", offline.AccessToken).active(true)
		a.refresh("online", offline.RefreshToken).issued()
		b.authorize(with("prompt", "none")).refused("login_required") // with the cookie that it had
		b.authorize().asked()
	})
}

// LO-11.
func TestManyLogoutsAtOnceAreOne(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		b := h.signedIn(t, "anna")
		path := "/end_session?" + b.leaving().Encode()
		var wg sync.WaitGroup
		answers := make([]reply, rounds(100, 1000))
		for i := range answers {
			wg.Go(func() { answers[i] = b.get(path) })
		}
		wg.Wait()
		for _, got := range answers {
			got.leads(out + "?state=st")
		}
		events, err := h.db.Events(t.Context(), 1000)
		must(t, err)
		ended := 0
		for _, e := range events {
			if e.Kind == storage.SessionEnded {
				ended++
			}
		}
		if ended != 1 || b.lives() {
			t.Errorf("the session ended %d times", ended)
		}
	})
}

func TestTheIDTokenOfARealSignOnIsAHint(t *testing.T) {
	a := newApps(t)
	b := a.signedIn(t, "carla")
	a.session = b.session
	token := a.granted("basic").IDToken
	var claims map[string]any
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(token, ".")[1])
	must(t, err)
	must(t, json.Unmarshal(payload, &claims))
	if claims["sid"] != b.session.ID {
		t.Errorf("sid is %v", claims["sid"])
	}
	b.endSession(with("id_token_hint", token), without("post_logout_redirect_uri")).leads("/account/signed-out")
	if b.lives() {
		t.Error("the session lives")
	}
}
