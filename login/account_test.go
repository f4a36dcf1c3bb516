package login_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestAPersonSeesTheirAccount(t *testing.T) { // S-09, 3.10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := furnished(t, h)
		b.Go(issuer + "/account").Check().Sees("Your account").Sees("Anna Berg").Sees("anna@example.com").Sees("1000001").Sees("Signed in since")
		b.Sees("Sign-in methods").Sees("Set on").Sees("Goes to anna@example.com after your password, in browsers that you don't trust.").Sees("Codes from an app on your phone")
		b.Sees("Where you're signed in 1").Sees("Chrome on Windows this browser").Sees("from 192.0.2.1").Sees("Apps: Grafana")
		b.Sees("Trusted browsers 1").Sees("Stop trusting")
		b.Sees("Connected apps 1").Sees("Recognise you when you come back · See your name and profile · Stay connected when you're away").Sees("Remove access")
		b.Sees("Recent activity").Sees("You signed in to Grafana.").Sees("You chose to trust a browser.").Sees("That wasn't me")
		b.Sees("Profile").Sees("As my browser asks for")
		if n := strings.Count(b.Body(), "/account/alarm"); n != 1 {
			t.Errorf("%d buttons ask the same", n)
		}
		b.Go("/account?lang=de").Check().Sees("Ihr Konto").Sees("Chrome unter Windows dieser Browser").Sees("Aktive Sitzungen 1").Sees("Das war ich nicht")
	})
}

func TestTheAccountAsksWhoIsNotSignedIn(t *testing.T) { // S-09
	t.Parallel()
	h := open(t, without)
	for _, path := range []string{"/account", "/account/sessions", "/account/browsers", "/account/apps", "/account/activity", "/account/profile",
		"/account/address", "/account/password", "/account/alarm", "/account/address/confirm?token=x"} {
		b := h.browser().Go(issuer + path).Sees("Sign in").SeesNot("Anna Berg")
		toCode(b, "anna@example.com")
		if !strings.HasPrefix(b.URL(), issuer+path) {
			t.Errorf("%s: the person lands on %s", path, b.URL())
		}
	}
	b := h.browser().Go(issuer + "/login")
	toCode(b, "anna@example.com").Sees("Your account")
	h.blank().Go(issuer + "/login?lang=de").Sees("Anmelden").Sees("bei Ihrem Konto von Acme")
}

// furnished is a house with something in every section, and a browser of Anna's, who has just signed in.
func furnished(t *testing.T, h *house) *webtest.Browser {
	t.Helper()
	h.client("grafana", "Grafana")
	b := h.saysYes(h.browser(), "anna@example.com")
	h.connect(h.anna, sidOf(b), "grafana", "openid", "profile", "offline_access")
	return b
}

func TestWhatWeakensAnAccountAsksASessionOfSixMinutesAgain(t *testing.T) { // PR-12, TB-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := furnished(t, h)
		h.later(6 * time.Minute)
		before := h.everything()
		for _, path := range []string{"/account/address", "/account/password"} {
			for _, method := range []string{http.MethodGet, http.MethodPost} {
				w := asks(h, b, method, path)
				if w.Code != http.StatusSeeOther || !strings.HasPrefix(w.Header().Get("Location"), "/login/password?") {
					t.Errorf("%s %s is answered with %d to %q", method, path, w.Code, w.Header().Get("Location"))
				}
			}
		}
		if after := h.everything(); after != before {
			t.Errorf("something has changed:\n%s\n%s", before, after)
		}
		b.Go("/account/password").Sees("Enter your password").Fill("password", password).Press("submit").Sees("Check your email") // trust does not count
		if h.withCode(b).Sees("Change your password"); b.URL() != issuer+"/account/password" {
			t.Errorf("the proofs lead to %s", b.URL())
		}
	})
}

func TestASessionThatEndsOnAnotherNodeIsSignedOutAtOnce(t *testing.T) { // I3
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := furnished(t, h)
		b.Go("/account").Sees("Anna Berg")
		h.must(h.db.EndSession(t.Context(), h.sessions(h.anna)[0], storage.Event{Actor: "operator"}))
		b.Press("confirm").Sees("You're signed out").SeesNot("Grafana")
		b.Go("/account").Sees("Sign in").SeesNot("Where you're signed in")
	})
}

func TestAnAccountWithHundredsOfEverythingFitsOnItsPage(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := furnished(t, h)
	now := h.db.Now()
	for i := range 150 {
		id := fmt.Sprintf("app-%03d", i)
		h.client(id, "Application "+id)
		h.connect(h.anna, sidOf(b), id, "openid")
		h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.ConsentGiven, User: h.anna.ID, Actor: h.anna.ID, Client: id}))
		_, err := h.db.Finish(t.Context(), storage.SignIn{UserVersion: 1, Until: now.Add(time.Hour),
			Trust:   &storage.Trust{ID: storage.NewID(), Expires: now.Add(time.Hour)},
			Session: storage.Session{UserID: h.anna.ID, Attempt: storage.NewID(), Cookie: []byte(id), AuthTime: now, Agent: "Firefox on Linux", Address: "198.51.100.7", IdleUntil: now.Add(time.Hour), Expires: now.Add(time.Hour)}}, storage.Event{})
		h.must(err)
	}
	b.Go("/account").Check().Sees("Where you're signed in 151").Sees("Show 146 more").Sees("Trusted browsers 151").Sees("Connected apps 151")
	for _, part := range []string{"sessions", "browsers", "apps", "activity"} {
		b.Go("/account/" + part).Check().Sees("There are ").Sees("Back to your account")
		if n := strings.Count(b.Body(), "<li>"); n != 100 {
			t.Errorf("%s: %d rows stand on the page", part, n)
		}
	}
	b.Go("/account/sessions").Sees("There are 51 more.").Sees("Chrome on Windows this browser")
}

func TestWhatOthersHaveNamedIsOnlyText(t *testing.T) { // XS-01, XS-04
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := furnished(t, h)
		const payload = `"><img src=x onerror=alert(1)>{{.}}<script>alert(1)</script>`
		now := h.db.Now()
		h.client("evil", payload)
		h.connect(h.anna, sidOf(b), "evil", payload)
		_, err := h.db.Finish(t.Context(), storage.SignIn{UserVersion: 1, Until: now.Add(time.Hour),
			Trust: &storage.Trust{ID: storage.NewID(), Agent: payload, Expires: now.Add(time.Hour)},
			Session: storage.Session{UserID: h.anna.ID, Attempt: storage.NewID(), Cookie: []byte("another"), AuthTime: now, Agent: payload, Address: payload,
				IdleUntil: now.Add(time.Hour), Expires: now.Add(time.Hour)}}, storage.Event{Client: "evil", Address: payload, Data: map[string]string{"browser": payload, "methods": payload}})
		h.must(err)
		h.must(h.db.SetProfile(t.Context(), h.anna.ID, map[string]any{"name": payload}, storage.Event{}))
		for _, path := range []string{"/account", "/account/sessions", "/account/browsers", "/account/apps", "/account/activity", "/account/profile", "/account/alarm", "/account/password", "/account/address"} {
			b.Go(path + "?done=" + url.QueryEscape(payload)).Check()
			if strings.Contains(b.Body(), "<img") || strings.Contains(b.Body(), "<script>") {
				t.Errorf("%s: the page holds an element that somebody has named", path)
			}
		}
		b.Go("/account/sessions").Sees(payload)
		b.Go("/account/apps").Sees(payload).Sees("Use the permission")
		b.Go("/account").Press("confirm").Check().Sees(payload)
		if strings.Contains(b.Body(), "<img") {
			t.Error("the page of who is signed out holds an element that somebody has named")
		}
	})
}

func TestAPageOfTheAccountCostsFewStatements(t *testing.T) {
	t.Parallel()
	counting := &counted{}
	h := open(t, func(o *login.Options) { counting.Store, o.Store = o.Store, counting })
	b := furnished(t, h)
	counting.reads = nil
	b.Go("/account")
	slices.Sort(counting.reads)
	if !slices.Equal(counting.reads, slices.Compact(slices.Clone(counting.reads))) || len(counting.reads) > 8 {
		t.Errorf("the page reads %q", counting.reads)
	}
}

// counted notes what the account reads.
type counted struct {
	login.Store
	reads []string
}

func (c *counted) SessionByCookie(ctx context.Context, hash []byte) (storage.Session, storage.User, error) {
	c.reads = append(c.reads, "session")
	return c.Store.SessionByCookie(ctx, hash)
}

func (c *counted) SessionsOf(ctx context.Context, userID string) ([]storage.Session, error) {
	c.reads = append(c.reads, "sessions")
	return c.Store.SessionsOf(ctx, userID)
}

func (c *counted) Apps(ctx context.Context, userID string) ([]storage.App, error) {
	c.reads = append(c.reads, "apps")
	return c.Store.Apps(ctx, userID)
}

func (c *counted) Activity(ctx context.Context, userID string, limit int) ([]storage.Event, error) {
	c.reads = append(c.reads, "activity")
	return c.Store.Activity(ctx, userID, limit)
}

func (c *counted) Trusts(ctx context.Context, userID string) ([]storage.Trust, error) {
	c.reads = append(c.reads, "trusts")
	return c.Store.Trusts(ctx, userID)
}

func (c *counted) Client(ctx context.Context, id string) (storage.Client, error) {
	c.reads = append(c.reads, "client "+id)
	return c.Store.Client(ctx, id)
}
