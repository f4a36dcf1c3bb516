package op_test

// OIDC RP-Initiated Logout 1.0 §2: the request, and how it travels.

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

const out = "https://rp.test/out"

// hinted is an ID token of a browser's session, as the client "web" has it, with other claims where a test wants them.
func (b *browser) hinted(changes ...func(map[string]any)) string {
	b.t.Helper()
	now := b.house.now().Unix()
	claims := map[string]any{
		"iss": issuer, "sub": b.session.UserID, "aud": "web", "sid": b.session.ID, "iat": now, "exp": now + 600, "auth_time": now,
	}
	for _, change := range changes {
		change(claims)
	}
	token, err := b.house.keys.Ring.Sign("ES256", "JWT", claims)
	must(b.t, err)
	return token
}

func claim(name string, value any) func(map[string]any) {
	return func(c map[string]any) { c[name] = value }
}

// leaving is a good logout request of the client "web" with these changes.
func (b *browser) leaving(changes ...change) url.Values {
	b.t.Helper()
	v := url.Values{"id_token_hint": {b.hinted()}, "post_logout_redirect_uri": {out}, "state": {"st"}}
	for _, c := range changes {
		c(v)
	}
	return v
}

func (b *browser) endSession(changes ...change) reply {
	b.t.Helper()
	return b.get("/end_session?" + b.leaving(changes...).Encode())
}

// submit posts a form to a path.
func (b *browser) submit(path string, form url.Values, changes ...func(*http.Request)) reply {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", formType)
	r.Header.Set("Accept", "text/html")
	for _, change := range changes {
		change(r)
	}
	return b.do(r)
}

func (b *browser) lives() bool {
	b.t.Helper()
	b.house.face.mu.Lock()
	defer b.house.face.mu.Unlock()
	r := httptest.NewRequest(http.MethodGet, issuer, nil)
	r.AddCookie(&http.Cookie{Name: "session", Value: b.cookie})
	_, _, err := (&face{db: b.house.db}).Session(r)
	return err == nil
}

// leads wants the browser sent to exactly this address.
func (r reply) leads(to string) {
	r.t.Helper()
	if r.status != http.StatusSeeOther || r.header.Get("Location") != to || r.header.Get("Cache-Control") != "no-store" {
		r.t.Errorf("status %d, Location %q, body %.200s; want 303 to %s", r.status, r.header.Get("Location"), r.body, to)
	}
}

var hiddenLogout = regexp.MustCompile(`name="logout" value="([^"]+)"`)

// asks wants the confirmation page, and nothing sent anywhere; it gives what the page's form holds.
func (r reply) asks() string {
	r.t.Helper()
	if r.header.Get("Location") != "" || r.header.Get("Refresh") != "" || !strings.Contains(r.body, "Do you want to sign out?") {
		r.t.Fatalf("status %d, Location %q, body %.300s; want the question", r.status, r.header.Get("Location"), r.body)
	}
	webtest.CheckPage(r.t, r.header, r.body)
	return hiddenLogout.FindStringSubmatch(r.body)[1]
}

// goesOn wants the page that leads away from our origin after a form of ours (house: form-action).
func (r reply) goesOn(to string) {
	r.t.Helper()
	if r.status != http.StatusOK || r.header.Get("Refresh") != "0; url="+to || r.header.Get("Location") != "" {
		r.t.Errorf("status %d, Refresh %q, Location %q; want a page to %s", r.status, r.header.Get("Refresh"), r.header.Get("Location"), to)
	}
	webtest.CheckPage(r.t, r.header, r.body)
}

func TestABadLogoutRequestIsAPage(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	long := strings.Repeat("s", 4<<10)
	b.get("/end_session?state=a&state=b").page(http.StatusBadRequest)
	b.get("/end_session?state=%zz").page(http.StatusBadRequest)
	b.get("/end_session?state=" + long + out).page(http.StatusRequestURITooLong)
	b.get("/end_session?state=" + strings.Repeat(long, 4)).page(http.StatusRequestURITooLong)
	b.submit("/end_session", url.Values{"state": {long + "s"}}).page(http.StatusRequestURITooLong)
	b.submit("/end_session?a=b", b.leaving()).page(http.StatusBadRequest)
	b.submit("/end_session", b.leaving(), header("Content-Type", "text/plain")).page(http.StatusUnsupportedMediaType)
	h.face.fail = errBroken
	b.endSession().page(http.StatusInternalServerError)
	h.face.fail = nil
	if !b.lives() {
		t.Error("the session has ended")
	}
}

func TestTheLogKnowsWhyNobodyIsSentToAnAddressAfterLogout(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	bare := h.clientWithoutLogout(t)
	var log bytes.Buffer
	h.site.Log = slog.New(slog.NewTextHandler(&log, nil))
	other := with("post_logout_redirect_uri", "https://rp.test/other")
	for want, changes := range map[string][]change{
		"post_logout_redirect_uri: sent 'https://rp.test/other'; registered": {other},
		"this client has no post_logout_redirect_uri registered":             {other, with("id_token_hint", b.hinted(claim("aud", bare)))},
		"post_logout_redirect_uri counts only with an id_token_hint of ours": {with("id_token_hint", ""), with("client_id", "web")},
	} {
		log.Reset()
		b.endSession(changes...)
		if line := log.String(); strings.Count(line, "refused=") != 1 || !strings.Contains(line, want) {
			t.Errorf("the line is %s, want %s", line, want)
		}
	}
	log.Reset()
	b.endSession(with("id_token_hint", ""), with("post_logout_redirect_uri", ""))
	if line := log.String(); line == "" || strings.Contains(line, "refused=") {
		t.Errorf("without an address: %s", line)
	}
}

// clientWithoutLogout adds a client like "web" that has no address for after the logout.
func (h *house) clientWithoutLogout(t *testing.T) string {
	t.Helper()
	c := clients()[0]
	c.ID, c.PostLogoutRedirectURIs = "bare", nil
	must(t, h.db.AddClient(t.Context(), c, storage.Event{Actor: "test"}))
	return c.ID
}

func TestASealedLogoutFitsIntoAURL(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	state := strings.Repeat("<&\"", 1300)
	got := h.browser(t).submit("/end_session", b.leaving(with("state", state), with("ui_locales", strings.Repeat("de-AT ", 50))))
	if back := b.get(got.header.Get("Location")).sent(); back.Get("state") != state {
		t.Errorf("the state came back with %d bytes", len(back.Get("state")))
	}
}

// A sealed authorization request and a sealed logout travel under one key, and neither passes for the other.
func TestSealedRequestsOfTwoKindsNeverCross(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	logout := h.browser(t).submit("/end_session", b.leaving()).header.Get("Location")
	b.get(strings.Replace(logout, "/end_session", "/authorize", 1)).page(http.StatusBadRequest)
	request := h.browser(t).post(good()).header.Get("Location")
	b.get(strings.Replace(request, "/authorize", "/end_session", 1)).asks()
	if !b.lives() {
		t.Error("the session has ended")
	}
}

func TestASealedLogoutIsGoodForAnHour(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	resume := h.browser(t).submit("/end_session", b.leaving()).header.Get("Location")
	h.later(61 * time.Minute)
	b.get(resume).asks()
	h.later(-2 * time.Minute)
	h.disable(t, "web") // and only as long as its client is one
	b.get(resume).asks()
}
