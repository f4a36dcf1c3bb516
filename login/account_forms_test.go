package login_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/doorward/doorward/web/webtest"
)

// everyForm are the paths of the account that take a form, as the table of routes has them: new ones are found by themselves.
func everyForm(t *testing.T, h *house) []string {
	t.Helper()
	pages, err := web.NewPages(h.site, nil)
	h.must(err)
	router := h.site.NewRouter(pages)
	h.face.Register(router)
	var paths []string
	h.must(router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
		path, err := route.GetPathTemplate()
		if strings.HasPrefix(path, "/account/") && strings.Contains(asks(h, nil, http.MethodDelete, path).Header().Get("Allow"), http.MethodPost) {
			paths = append(paths, path)
		}
		return err
	}))
	for _, path := range []string{"/account/google", "/account/google/remove", "/account/authenticator/remove", "/account/recovery-codes"} {
		if !slices.Contains(paths, path) {
			t.Errorf("%s is not among the forms of the account: %q", path, paths)
		}
	}
	return paths
}

// asks sends one request with the cookies of a browser, as a page of our own would.
func asks(h *house, b *webtest.Browser, method, path string, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, issuer+path, nil)
	r.Header.Set("Origin", issuer)
	r.Header.Set("Sec-Fetch-Site", "same-origin")
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	for i := 0; i < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	if b != nil {
		for _, c := range b.Cookies(issuer) {
			r.AddCookie(c)
		}
	}
	w := httptest.NewRecorder()
	h.router.ServeHTTP(w, r)
	return w
}

// everything is what an account is made of, to be compared.
func (h *house) everything() string {
	h.t.Helper()
	events, err := h.db.Events(h.t.Context(), 1000)
	h.must(err)
	since, err := h.db.PasswordSince(h.t.Context(), h.anna.ID)
	h.must(err)
	devices, err := h.db.Authenticators(h.t.Context(), h.anna.ID)
	h.must(err)
	left, err := h.db.RecoveryLeft(h.t.Context(), h.anna.ID)
	h.must(err)
	identities, err := h.db.Identities(h.t.Context(), h.anna.ID)
	h.must(err)
	return fmt.Sprint(h.present(h.anna), h.sessions(h.anna), h.trusted(h.anna), h.apps(h.anna), since, devices, left, identities, len(events), len(h.mailbox.Letters()))
}

// fullyFurnished is a house with Google where Anna has every way in that there is, and a browser in which she has just signed in.
func fullyFurnished(t *testing.T, h *house) *webtest.Browser {
	t.Helper()
	b := furnished(t, h)
	h.must(h.db.AddAuthenticator(t.Context(), storage.NewAuthenticator{UserVersion: h.present(h.anna).Version, Keep: sidOf(b), Recovery: [][]byte{[]byte("one"), []byte("two")},
		Authenticator: storage.Authenticator{ID: storage.NewID(), UserID: h.anna.ID, Name: "phone", Sealed: []byte("x")}}, storage.Event{}))
	_, err := h.db.AddIdentity(t.Context(), storage.NewIdentity{UserVersion: h.present(h.anna).Version, Keep: sidOf(b),
		Identity: storage.Identity{Issuer: "https://google.test", Subject: "1", UserID: h.anna.ID, Email: "anna@gmail.com"}}, storage.Event{})
	h.must(err)
	now := h.db.Now()
	_, err = h.db.Finish(t.Context(), storage.SignIn{UserVersion: h.present(h.anna).Version, Until: now.Add(time.Hour),
		Trust: &storage.Trust{ID: storage.NewID(), Expires: now.Add(time.Hour)},
		Session: storage.Session{UserID: h.anna.ID, Attempt: storage.NewID(), Cookie: []byte("another"), AuthTime: now,
			IdleUntil: now.Add(time.Hour), Expires: now.Add(time.Hour)}}, storage.Event{})
	h.must(err)
	return b
}

func TestNothingOfAnAccountChangesByLooking(t *testing.T) { // CS-08
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, _ *google) {
		b := fullyFurnished(t, h)
		ids := []string{h.sessions(h.anna)[0], h.sessions(h.anna)[1], "grafana", h.trusted(h.anna)[0].ID, h.device("phone"), ""}
		before := h.everything()
		for _, path := range everyForm(t, h) {
			for _, method := range []string{http.MethodGet, http.MethodHead} {
				for _, id := range ids {
					asks(h, b, method, path+"?confirm=1&id="+id)
					if after := h.everything(); after != before {
						t.Fatalf("%s %s has changed something:\n%s\n%s", method, path, before, after)
					}
				}
			}
		}
	})
}

func TestNoOtherSiteChangesAnAccount(t *testing.T) { // PR-12, FD-16
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, _ *google) {
		b := fullyFurnished(t, h)
		before := h.everything()
		for _, path := range everyForm(t, h) {
			for _, foreign := range [][]string{
				{"Origin", "https://evil.test", "Sec-Fetch-Site", "cross-site"},
				{"Origin", "null", "Sec-Fetch-Site", "cross-site"},
				{"Origin", "https://evil.login.test", "Sec-Fetch-Site", "same-site"},
			} {
				if w := asks(h, b, http.MethodPost, path, foreign...); w.Code != http.StatusForbidden {
					t.Errorf("%s from %s is answered with %d", path, foreign[1], w.Code)
				}
			}
		}
		if after := h.everything(); after != before {
			t.Errorf("something has changed:\n%s\n%s", before, after)
		}
	})
}

func TestNobodyChangesAnAccountWithoutASession(t *testing.T) {
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, _ *google) {
		fullyFurnished(t, h)
		before := h.everything()
		stranger := h.browser()
		for _, path := range everyForm(t, h) {
			if w := asks(h, stranger, http.MethodPost, path); path != "/account/sign-out" && (w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login/")) {
				t.Errorf("%s is answered with %d to %q", path, w.Code, w.Header().Get("Location"))
			}
		}
		if after := h.everything(); after != before {
			t.Errorf("something has changed:\n%s\n%s", before, after)
		}
	})
}
