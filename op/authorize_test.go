// OIDC Core §3.1.2, RFC 6749 §4.1: the authorization endpoint.
package op_test

import (
	"crypto/sha256"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
)

func TestASignedInPersonGoesStraightBackWithACode(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	before := h.now()
	code := h.code(anna.authorize(with("scope", "openid email groups"), with("claims", `{"userinfo":{"name":null}}`)))

	redirect := sha256.Sum256([]byte("https://rp.test/cb"))
	if code.Client != "web" || code.User != h.people["anna"].ID || code.Session != anna.session.ID {
		t.Errorf("the code is for %q, %q, %q", code.Client, code.User, code.Session)
	}
	if !slices.Equal(code.Scopes, []string{"openid", "email", "groups"}) || string(code.Claims) != `{"userinfo":{"name":null}}` {
		t.Errorf("the code carries scopes %v and claims %s", code.Scopes, code.Claims)
	}
	if code.Nonce != "no" || code.PKCE != challenge || !slices.Equal(code.Redirect, redirect[:]) {
		t.Errorf("the code is bound to %q, %q, %x", code.Nonce, code.PKCE, code.Redirect)
	}
	if code.AuthTime != anna.session.AuthTime.Unix() || code.ACR != anna.session.ACR || !slices.Equal(code.AMR, anna.session.AMR) {
		t.Errorf("the code tells auth_time %d, acr %q, amr %v", code.AuthTime, code.ACR, code.AMR)
	}
	if code.Issued < before.UnixMicro() || code.Expires < before.Unix()+59 || code.Expires > h.now().Unix()+60 {
		t.Errorf("issued %d, expires %d", code.Issued, code.Expires)
	}
	if len(code.ID) < 26 {
		t.Errorf("the code's id %q has fewer than 128 bits", code.ID)
	}
}

func TestASignOnWithASessionAsksForTheSessionOnce(t *testing.T) {
	h := newHouse(t)
	h.signedIn(t, "anna").authorize().sent()
	if h.face.seen != 1 || len(h.face.asks) != 0 {
		t.Errorf("the session was read %d times, the face was asked %d times", h.face.seen, len(h.face.asks))
	}
}

func TestWhoIsNotSignedInGoesToTheFaceAndComesBackWithACode(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.authorize(with("login_hint", "anna@example.com"), with("ui_locales", "de se")).asked()
	ask := h.face.last(t)
	if ask.ClientID != "web" || ask.ClientName != "Grafana" || ask.LoginHint != "anna@example.com" || !slices.Equal(ask.Locales, []string{"de", "se"}) {
		t.Errorf("the face was asked %+v", ask)
	}
	if ask.Attempt == "" || ask.UserID != "" || ask.Select || ask.Consent != nil {
		t.Errorf("the face was asked %+v", ask)
	}
	b.signIn("anna", ask.Attempt)
	back := b.get(ask.Back)
	if code := h.code(back); code.User != h.people["anna"].ID || code.Nonce != "no" {
		t.Errorf("the code carries %+v", code)
	}
	if back.sent().Get("state") != "st" {
		t.Error("the state is lost on the way")
	}
}

func TestTheAnswerNamesItsIssuerAndReturnsTheStateByteForByte(t *testing.T) { // C.2 items 16, 26
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	for _, state := range []string{"x", strings.Repeat("s", 1000), "a b+c%2B&d=e#f/?\"'<>`", "ünï©ode 🔑", "=="} {
		got := anna.authorize(with("state", state)).sent()
		if got.Get("state") != state || got.Get("iss") != issuer || !got.Has("code") || len(got) != 3 {
			t.Errorf("state %q: the client got %v", state, got)
		}
		if got = anna.authorize(with("state", state), with("scope", "bogus")).sent(); got.Get("state") != state || got.Get("iss") != issuer {
			t.Errorf("state %q: the client got the error %v", state, got)
		}
	}
	if got := anna.authorize(without("state")).sent(); got.Has("state") || !got.Has("code") {
		t.Errorf("without state the client got %v", got)
	}
}

func TestTheNonceIsOptionalAndCarriedInFull(t *testing.T) { // C.2 item 16
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	long := strings.Repeat("n", 384)
	if code := h.code(anna.authorize(with("nonce", long))); code.Nonce != long {
		t.Errorf("the nonce became %q", code.Nonce)
	}
	if code := h.code(anna.authorize(without("nonce"))); code.Nonce != "" {
		t.Errorf("a nonce %q came from nowhere", code.Nonce)
	}
}

func TestTheRegisteredQueryStaysAsItIs(t *testing.T) {
	h := newHouse(t)
	got := h.signedIn(t, "anna").authorize(of("query", "https://rp.test/cb?z=%7e1&a=b+c")).header.Get("Location")
	if !strings.HasPrefix(got, "https://rp.test/cb?z=%7e1&a=b+c&code=dwc_") {
		t.Errorf("the answer goes to %s", got)
	}
}

func TestTheAnswerIsNeitherCachedNorToldToTheNextSite(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	for name, r := range map[string]reply{"code": anna.authorize(), "error": anna.authorize(with("scope", "bogus")), "post": anna.post(good())} {
		if r.status != http.StatusSeeOther || r.header.Get("Cache-Control") != "no-store" || r.header.Get("Referrer-Policy") != "no-referrer" {
			t.Errorf("%s: status %d, header %v", name, r.status, r.header)
		}
	}
}

func TestTheWayToTheFaceIsNotCached(t *testing.T) {
	h := newHouse(t)
	if r := h.browser(t).authorize(); r.header.Get("Cache-Control") != "no-store" {
		t.Errorf("header %v", r.header)
	}
}

func TestEveryCodeHasItsOwnID(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	if a, b := h.code(anna.authorize()), h.code(anna.authorize()); a.ID == b.ID {
		t.Error("two codes have one id")
	}
}

func TestWhatWeDoNotKnowChangesNothing(t *testing.T) { // AZ-11; C.2 item 15
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for name, value := range map[string]string{
			"extra": "foobar", "display": "popup", "claims_locales": "se", "acr_values": "1 2", "ui_locales": "../../etc se",
			"login_hint": "<script>alert(1)</script>", "audience": "https://api.test/",
		} {
			if h.code(anna.authorize(with(name, value))).User != h.people["anna"].ID {
				t.Errorf("%s=%s changed the answer", name, value)
			}
		}
		anna.authorize(with("ui_locales", strings.Repeat("de ", 500)), with("display", "bogus")).sent()
	})
}

func TestTheLoginHintNeverSwitchesThePersonAndALongOneIsDropped(t *testing.T) { // AZ-10
	eachHouse(t, func(t *testing.T, h *house) {
		if h.code(h.signedIn(t, "anna").authorize(with("login_hint", "ben@example.com"))).User != h.people["anna"].ID {
			t.Error("the hint has switched the person")
		}
		h.browser(t).authorize(with("login_hint", strings.Repeat("h", 321))).asked()
		if hint := h.face.last(t).LoginHint; hint != "" {
			t.Errorf("a hint of %d bytes went on", len(hint))
		}
	})
}

func TestTheAuthorizationEndpointNeverSpeaksCORS(t *testing.T) {
	h := newHouse(t)
	for _, origin := range []string{"https://evil.test", "https://rp.test", "null"} {
		for _, method := range []string{http.MethodGet, http.MethodPost, http.MethodOptions} {
			r := httptest.NewRequest(method, issuer+"/authorize?"+good().Encode(), nil)
			r.Header.Set("Origin", origin)
			r.Header.Set("Access-Control-Request-Method", "GET")
			for name := range h.signedIn(t, "anna").do(r).header {
				if strings.HasPrefix(name, "Access-Control-") {
					t.Errorf("%s from %s: %s", method, origin, name)
				}
			}
		}
	}
}

func TestOtherMethodsAreRefused(t *testing.T) { // RQ-01
	h := newHouse(t)
	for _, method := range []string{http.MethodPut, http.MethodDelete, http.MethodPatch, http.MethodOptions} {
		r := h.signedIn(t, "anna").do(httptest.NewRequest(method, issuer+"/authorize?"+good().Encode(), nil))
		if r.status != http.StatusMethodNotAllowed || r.header.Get("Allow") == "" || r.header.Get("Location") != "" {
			t.Errorf("%s: status %d, header %v", method, r.status, r.header)
		}
	}
}

func TestABrokenDatabaseIsAPageWithoutItsWords(t *testing.T) {
	h := newHouse(t)
	h.face.fail = errBroken
	r := h.browser(t).authorize()
	r.page(http.StatusInternalServerError)
	if strings.Contains(r.body, "10.0.0.7") {
		t.Error("the page tells what the driver said")
	}
}

func TestTheClientMayHaveNoAnswerInACodeFlowThatItIsNotRegisteredFor(t *testing.T) { // AZ-08, AZ-13, AZ-14; C.2 items 14, 23
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for _, c := range []struct{ name, value, code string }{
			{"response_type", "", "invalid_request"},
			{"response_type", "token", "unsupported_response_type"},
			{"response_type", "id_token", "unsupported_response_type"},
			{"response_type", "code id_token", "unsupported_response_type"},
			{"response_type", "none", "unsupported_response_type"},
			{"response_mode", "fragment", "invalid_request"},
			{"response_mode", "query.jwt", "invalid_request"},
			{"response_mode", "web_message", "invalid_request"},
			{"response_mode", "bogus", "invalid_request"},
			{"request", "eyJhbGciOiJub25lIn0.e30.", "request_not_supported"},
			{"request_uri", "https://169.254.169.254/", "invalid_request_uri"},
			{"registration", "{}", "registration_not_supported"},
			{"claims", "{", "invalid_request"},
			{"claims", "null", "invalid_request"},
			{"claims", `["userinfo"]`, "invalid_request"},
			{"state", "a\nb", "invalid_request"},
			{"nonce", "a\x7fb", "invalid_request"},
		} {
			t.Run(c.name+"="+url.QueryEscape(c.value), func(t *testing.T) {
				anna.t = t
				anna.authorize(with(c.name, c.value)).refused(c.code)
			})
		}
	})
}
