// RFC 6749 §3.1, OIDC Core §3.1.2.1: how a request is read, and how it travels sealed.
package op_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

func TestAParameterSentTwiceIsAPage(t *testing.T) { // AZ-02, RU-22
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for _, name := range []string{"client_id", "redirect_uri", "state", "nonce", "scope", "response_type", "code_challenge", "prompt", "max_age", "extra"} {
			for _, second := range []string{good(with("prompt", "login"), with("max_age", "9"), with("extra", "x")).Get(name), "other", ""} {
				twice := good(with("prompt", "login"), with("max_age", "9"), with("extra", "x")).Encode() + "&" + name + "=" + url.QueryEscape(second)
				anna.get("/authorize?" + twice).page(http.StatusBadRequest)
			}
		}
		form := good()
		form.Add("state", "st")
		anna.post(form).page(http.StatusBadRequest)
	})
}

func TestAPostHasNoParametersInTheQuery(t *testing.T) { // AZ-02, RQ-06
	h := newHouse(t)
	r := httptest.NewRequest(http.MethodPost, issuer+"/authorize?state=other", strings.NewReader(good(without("state")).Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	h.signedIn(t, "anna").do(r).page(http.StatusBadRequest)
}

func TestAPostIsAForm(t *testing.T) { // RQ-04
	h := newHouse(t)
	for _, kind := range []string{"", "application/json", "multipart/form-data; boundary=x", "text/plain", "application/x-www-form-urlencoded; charset=utf-16"} {
		r := httptest.NewRequest(http.MethodPost, issuer+"/authorize", strings.NewReader(good().Encode()))
		r.Header.Set("Content-Type", kind)
		h.signedIn(t, "anna").do(r).page(http.StatusUnsupportedMediaType)
	}
}

func TestARequestIsFourKilobytesAtMost(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	room := 4096 - len(good(with("state", "")).Encode())
	if got := anna.authorize(with("state", strings.Repeat("s", room))).sent(); len(got.Get("state")) != room {
		t.Errorf("the state came back with %d of %d bytes", len(got.Get("state")), room)
	}
	anna.authorize(with("state", strings.Repeat("s", room+1))).page(http.StatusRequestURITooLong)
	if r := anna.post(good(with("state", strings.Repeat("s", room)))); r.status != http.StatusSeeOther {
		t.Errorf("a POST of 4 KiB is answered with %d", r.status)
	}
	anna.post(good(with("state", strings.Repeat("s", room+1)))).page(http.StatusRequestEntityTooLarge)
	anna.authorize(with("claims", strings.Repeat(`{"a":`, 20_000))).page(http.StatusRequestURITooLong)
	anna.post(good(with("claims", strings.Repeat("x", 1<<20)))).page(http.StatusRequestEntityTooLarge)
}

func TestALongRequestSurvivesTheWayThroughTheFace(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	state := strings.Repeat("<&>", 250)
	posted := b.post(good(with("state", state), with("nonce", strings.Repeat("n", 384))))
	b.get(posted.header.Get("Location")).asked()
	ask := h.face.last(t)
	b.signIn("anna", ask.Attempt)
	if b.get(ask.Back).sent().Get("state") != state {
		t.Error("the state is not what it was")
	}
}

func TestARequestThatWouldOutgrowAURLIsAPage(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	raw := good(without("state")).Encode() + "&state=" + strings.Repeat("<", 3500)
	b.get("/authorize?" + raw).page(http.StatusRequestURITooLong)
	if len(h.face.asks) != 0 {
		t.Error("the face was asked")
	}
}

func TestAPostGoesOnAsAGetThatCarriesTheCookie(t *testing.T) { // AZ-16; C.2 item 11
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		stranger := h.browser(t) // a form that another site posts comes without our Lax cookies
		r := stranger.post(good())
		back := r.header.Get("Location")
		if r.status != http.StatusSeeOther || !strings.HasPrefix(back, "/authorize?resume=dwq_") {
			t.Fatalf("status %d, Location %s", r.status, back)
		}
		if len(r.header.Values("Set-Cookie")) != 0 || h.face.seen != 0 {
			t.Error("the POST has touched the browser's cookies")
		}
		if h.code(anna.get(back)).User != h.people["anna"].ID {
			t.Error("the request does not go on in the browser's session")
		}
	})
}

func TestAPostTellsTheClientWhatIsWrongAtOnce(t *testing.T) {
	h := newHouse(t)
	h.browser(t).post(good(with("scope", "bogus"))).refused("invalid_scope")
}

func TestNothingStandsBesideASealedRequest(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	back := anna.post(good()).header.Get("Location")
	for _, extra := range []string{"&state=other", "&client_id=web2", "&redirect_uri=https://rp2.test/cb", "&prompt=none", "&error=server_error", "&error=", "&x=y", "&resume=x"} {
		anna.get(back + extra).page(http.StatusBadRequest)
	}
	anna.get(back + "&lang=de").sent()
}

func TestATamperedRequestIsAPage(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	back := anna.post(good()).header.Get("Location")
	code := anna.authorize().sent().Get("code")
	for _, sealed := range []string{
		"", "dwq_", "x", back[len("/authorize?resume=") : len(back)-1], back[len("/authorize?resume="):] + "A", back[len("/authorize?resume="):] + "=",
		strings.ToUpper(back[len("/authorize?resume="):]), code, "dwq_" + strings.TrimPrefix(code, "dwc_"),
	} {
		anna.get("/authorize?resume=" + url.QueryEscape(sealed)).page(http.StatusBadRequest)
	}
}

func TestASealedRequestLivesSixtyMinutes(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	back := b.post(good()).header.Get("Location")
	h.later(59 * time.Minute)
	b.get(back).asked()
	h.later(2 * time.Minute)
	r := b.get(back)
	r.page(http.StatusBadRequest)
	wantText(t, r.body, "took too long", "more than 60 minutes ago; the browser sent no cookie", "<dt>Age of the request</dt><dd>1h1m")
	b.get(h.face.last(t).Back).page(http.StatusBadRequest) // what it begot is as old
}

func TestASealedRequestIsJudgedAgain(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	back := anna.post(good(of("web2", "https://rp2.test/cb"))).header.Get("Location")
	h.disable(t, "web2")
	anna.get(back).page(http.StatusBadRequest)
}

func TestWhoRefusesAtTheFaceSendsAccessDenied(t *testing.T) { // C.2 item 29
	h := newHouse(t)
	b := h.browser(t)
	b.authorize().asked()
	b.get(h.face.last(t).Back + "&error=access_denied").refused("access_denied")
	anna := h.signedIn(t, "anna")
	anna.authorize(with("prompt", "consent")).asked()
	anna.get(h.face.last(t).Back + "&error=access_denied").refused("access_denied")
}

func TestARequestCannotBeToldThatItWasDenied(t *testing.T) {
	h := newHouse(t)
	if h.code(h.signedIn(t, "anna").authorize(with("error", "access_denied"))).User != h.people["anna"].ID {
		t.Error("error is not a parameter of a request")
	}
}
