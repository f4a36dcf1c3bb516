package op_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// browser is one person's browser: all it keeps is the session cookie.
type browser struct {
	t       *testing.T
	house   *house
	session storage.Session
	cookie  string
	acr     string // of its next sign-in; "" is one factor
	address string // the peer it asks from; "": that of httptest
}

func (h *house) browser(t *testing.T) *browser { return &browser{t: t, house: h} }

// signedIn is a browser in which a person has signed in before.
func (h *house) signedIn(t *testing.T, name string) *browser {
	t.Helper()
	b := h.browser(t)
	b.signIn(name, storage.NewID())
	return b
}

// signIn proves anew who the person is, in the attempt: their session is made, or raised.
func (b *browser) signIn(name, attempt string) { b.finish(name, attempt, b.house.now()) }

// finish ends an attempt with proofs of that time.
func (b *browser) finish(name, attempt string, proofs time.Time) {
	b.t.Helper()
	now, user := b.house.now(), b.house.people[name]
	value, hash := keys.NewSecret("dws_")
	if b.acr == "" {
		b.acr = "urn:doorward:1fa"
	}
	in := storage.SignIn{UserVersion: user.Version, Until: now.Add(time.Hour), Session: storage.Session{
		Cookie: hash, UserID: user.ID, Attempt: attempt, AuthTime: proofs, ACR: b.acr, AMR: []string{"pwd"},
		Created: now, Seen: now, IdleUntil: now.Add(12 * time.Hour), Expires: now.Add(30 * 24 * time.Hour),
	}}
	if b.session.UserID == user.ID {
		in.Session.ID = b.session.ID
	}
	session, err := b.house.db.Finish(b.t.Context(), in, storage.Event{Actor: user.ID, User: user.ID})
	must(b.t, err)
	b.session, b.cookie = session, value
}

func (b *browser) do(r *http.Request) reply {
	b.t.Helper()
	if b.cookie != "" {
		r.AddCookie(&http.Cookie{Name: "session", Value: b.cookie})
	}
	if b.address != "" {
		r.RemoteAddr = b.address
	}
	w := httptest.NewRecorder()
	b.house.router.ServeHTTP(w, r)
	return reply{t: b.t, status: w.Code, header: w.Header(), body: w.Body.String()}
}

func (b *browser) get(path string) reply {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodGet, issuer+path, nil)
	r.Header.Set("Accept", "text/html")
	return b.do(r)
}

func (b *browser) post(form url.Values) reply {
	b.t.Helper()
	r := httptest.NewRequest(http.MethodPost, issuer+"/authorize", strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Accept", "text/html")
	return b.do(r)
}

// authorize sends a good request of the client "web" with these changes.
func (b *browser) authorize(changes ...change) reply {
	b.t.Helper()
	return b.get("/authorize?" + good(changes...).Encode())
}

// change alters an authorization request.
type change func(url.Values)

func with(name, value string) change { return func(v url.Values) { v.Set(name, value) } }

func without(name string) change { return func(v url.Values) { v.Del(name) } }

// of makes it a request of another client.
func of(client, redirect string) change {
	return func(v url.Values) { v.Set("client_id", client); v.Set("redirect_uri", redirect) }
}

func good(changes ...change) url.Values {
	v := url.Values{
		"client_id": {"web"}, "redirect_uri": {"https://rp.test/cb"}, "response_type": {"code"}, "scope": {"openid"},
		"state": {"st"}, "nonce": {"no"}, "code_challenge": {challenge}, "code_challenge_method": {"S256"},
	}
	for _, c := range changes {
		c(v)
	}
	return v
}

// reply is what the browser got.
type reply struct {
	t      *testing.T
	status int
	header http.Header
	body   string
}

// sent is what was sent to the client's redirect URI by query.
func (r reply) sent() url.Values {
	r.t.Helper()
	to, err := url.Parse(r.header.Get("Location"))
	if err != nil || r.status != http.StatusSeeOther || to.Host == "" && to.Scheme != "com.example.app" {
		r.t.Fatalf("nothing was sent to a client: status %d, Location %q, body %.300s", r.status, r.header.Get("Location"), r.body)
	}
	return to.Query()
}

// refused wants an error at the client, with state and issuer and no code.
func (r reply) refused(code string) {
	r.t.Helper()
	got := r.sent()
	if got.Get("error") != code || got.Get("iss") != issuer || got.Has("code") {
		r.t.Errorf("the client got %v, want the error %s", got, code)
	}
}

// page wants an error page of ours, and nothing sent anywhere.
func (r reply) page(status int) {
	r.t.Helper()
	if r.status != status || r.header.Get("Location") != "" || r.header.Get("Refresh") != "" || !strings.Contains(r.body, "<h1>") {
		r.t.Errorf("status %d, Location %q, body %.200s; want a page with %d", r.status, r.header.Get("Location"), r.body, status)
	}
	webtest.CheckPage(r.t, r.header, r.body)
}

// asked wants the person sent to the face.
func (r reply) asked() {
	r.t.Helper()
	if r.status != http.StatusSeeOther || r.header.Get("Location") != "/login" {
		r.t.Fatalf("status %d, Location %q, body %.300s; want 303 to the face", r.status, r.header.Get("Location"), r.body)
	}
}
