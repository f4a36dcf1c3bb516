package login_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

const fresh = "another sentence is fine"

// welcomed is a person who has been sent an invitation.
func (h *house) welcomed(u storage.User) storage.User {
	h.t.Helper()
	u.ID, u.Version, u.State = storage.NewID(), 1, "invited"
	h.must(h.db.AddUser(h.t.Context(), u, "", storage.Event{Actor: "test"}))
	h.invite(u, "Ben Kaya")
	return u
}

func (h *house) invite(u storage.User, by string) {
	h.t.Helper()
	_, err := h.face.Invite(h.t.Context(), login.Invitation{Person: u, By: by, Event: storage.Event{Actor: "test"}})
	h.must(err)
}

// idaIsInvited is the person of most of these tests.
func (h *house) idaIsInvited() storage.User {
	h.t.Helper()
	return h.welcomed(storage.User{Email: "ida@example.com", CustomerNumber: "1000009", Claims: map[string]any{"name": "Ida Holm", "given_name": "Ida"}})
}

// blank is a browser that has opened nothing.
func (h *house) blank() *webtest.Browser {
	h.t.Helper()
	present := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { h.router.ServeHTTP(w, r) })
	return webtest.New(h.t, present).Set("User-Agent", "Mozilla/5.0 (X11; Linux) Firefox/140.0")
}

// letters waits for as many letters to one address, newest first.
func (h *house) letters(to string, n int) []mail.Kept {
	h.t.Helper()
	for end := time.Now().Add(10 * time.Second); ; time.Sleep(time.Millisecond) {
		var found []mail.Kept
		for _, l := range h.mailbox.Letters() {
			if l.To == to {
				found = append(found, l)
			}
		}
		if len(found) >= n {
			return found
		}
		if time.Now().After(end) {
			h.t.Fatalf("%d letters to %s, not %d", len(found), to, n)
		}
	}
}

// quiet waits until all that answers have left is done: a task of our own comes last.
func (h *house) quiet() {
	h.t.Helper()
	last := h.add(storage.User{Email: strings.ToLower(storage.NewID()) + "@example.org"})
	forget(h.blank().From("203.0.113.9:1"), last.Email)
	h.letters(last.Email, 1)
}

// answer is what the house says to a request of no browser.
func (h *house) answer(method, address string) *httptest.ResponseRecorder {
	w := httptest.NewRecorder()
	h.router.ServeHTTP(w, httptest.NewRequest(method, address, nil))
	return w
}

// linkTo is the address in the newest letter that leads to a path of ours.
func (h *house) linkTo(path string) string {
	h.t.Helper()
	for _, l := range h.mailbox.Letters() {
		if found := addressIn(l.Letter, path); found != "" {
			return found
		}
	}
	h.t.Fatalf("no letter leads to %s", path)
	return ""
}

func addressIn(l mail.Letter, path string) string {
	return regexp.MustCompile(regexp.QuoteMeta(issuer+path) + `\?token=\S+`).FindString(l.Text)
}

// forget asks for a new password.
func forget(b *webtest.Browser, name string) *webtest.Browser {
	return b.Go(issuer+"/forgot").Fill("username", name).Press("Request new password")
}

// resetLink is what somebody finds who asked for a new password.
func (h *house) resetLink(name, address string) string {
	h.t.Helper()
	before := 0
	for _, l := range h.mailbox.Letters() {
		if l.To == address {
			before++
		}
	}
	forget(h.blank(), name)
	return addressIn(h.letters(address, before+1)[0].Letter, "/reset")
}

func choose(b *webtest.Browser, password string) *webtest.Browser {
	return b.Fill("password", password).Press("submit")
}

func TestALinkIsOfOneKindAndOfNoOtherUse(t *testing.T) { // CD-07, MX
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	invitation, reset := h.linkTo("/invite"), h.resetLink("anna@example.com", "anna@example.com")
	of := func(link string) string { u, _ := url.Parse(link); return u.Query().Get("token") }
	for _, wrong := range []string{
		"/reset?token=" + of(invitation), "/invite?token=" + of(reset), "/alarm?token=" + of(reset), "/invite?token=", "/reset",
		"/reset?token=" + of(reset) + "A", "/reset?token=" + strings.ToUpper(of(reset)), "/reset?token=" + of(reset) + "%0A",
		"/login/new_password?attempt=" + of(reset), "/invite?token=" + url.QueryEscape(strings.Repeat("x", 5000)),
	} {
		h.blank().Go(issuer + wrong).Check().SeesNot("Ida").SeesNot("New password").SeesNot("Create a")
	}
	h.blank().Go(issuer + "/reset?token=" + of(invitation)).Status(410).Sees("This link does not work").Follow("Sign in").Sees("Sign in")
	h.blank().Go(invitation).Sees("Welcome, Ida")
	h.blank().Go(reset).Sees("Create a new password")
}

func TestALinkInALogOrAnAddressIsNowhere(t *testing.T) { // PR-10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		link := h.resetLink("anna@example.com", "anna@example.com")
		u, _ := url.Parse(link)
		token := u.Query().Get("token")
		b := h.blank().Go(link).Sees("Create a new password")
		if strings.Contains(b.URL(), token) || strings.Contains(b.Body(), token) {
			t.Error("the page still carries the token")
		}
		if got := b.Header().Get("Referrer-Policy"); got != "same-origin" {
			t.Errorf("the referrer policy is %q", got)
		}
		choose(b, fresh).Sees("Your password is changed")
		if strings.Contains(h.log.String(), token) {
			t.Error("the log holds the token")
		}
		dump, err := h.db.Events(t.Context(), 100)
		h.must(err)
		for _, e := range dump {
			for _, value := range e.Data {
				if strings.Contains(value, token) {
					t.Error("an event holds the token")
				}
			}
		}
	})
}
