package login_test

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// telling lets a house's protocol say that these applications are told.
func telling(apps ...login.App) option {
	return func(o *login.Options) {
		o.Told = func(context.Context, storage.Session) ([]login.App, error) { return apps, nil }
	}
}

func TestWhoSignsOutSeesHowFarApplicationsKnow(t *testing.T) { // 3.12
	h := open(t, telling(login.App{ClientID: "chat", Name: "Chat", State: "done"}, login.App{Name: "GitLab", State: "trying"}, login.App{Name: "Nextcloud", State: "failed"},
		login.App{Name: "Wiki", State: "browser", Frame: "https://wiki.test/bye?iss=i&sid=s"}))
	h.client("grafana", "Grafana")
	h.client("chat", "Chat")
	b := h.signedIn()
	h.connect(h.anna, sidOf(b), "grafana", "openid")
	h.connect(h.anna, sidOf(b), "chat", "openid")
	b.Go("/account").Press("confirm").Check().
		Sees("Chat is signed out. GitLab has not answered yet. We keep telling it. Grafana may still be open; close its window.").
		Sees("Nextcloud could not be signed out. Sign out there too. Your browser signs you out of Wiki.").Sees("Sign in again")
	if n := strings.Count(b.Body(), "<iframe"); n != 1 || !strings.Contains(b.Body(), `<iframe src="https://wiki.test/bye?iss=i&amp;sid=s" sandbox="allow-scripts allow-same-origin" hidden>`) {
		t.Errorf("%d frames in %s", n, b.Body())
	}
	if policy := b.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "; frame-src https://wiki.test; ") {
		t.Errorf("the policy is %s", policy)
	}

	address := b.URL()
	b.Follow("See who has answered").Check().Sees("GitLab has not answered yet.").Sees("Grafana may still be open").
		Sees("Your browser was to sign you out of Wiki.").SeesNot("Your browser signs you out")
	if strings.Contains(b.Body(), "<iframe") || strings.Contains(b.Header().Get("Content-Security-Policy"), "frame-src") {
		t.Error("the browser tells the wiki twice")
	}
	look := b.URL()
	b.Follow("Deutsch").Check().Sees("Chat ist abgemeldet. GitLab hat noch nicht geantwortet. Wir versuchen es weiter.").
		Sees("Nextcloud konnte nicht abgemeldet werden. Melden Sie sich dort auch ab. Ihr Browser sollte Sie bei Wiki abmelden.")

	// Whoever comes later learns nothing: not by the address, not by a value of another kind, not when it is old.
	for _, later := range []string{address, issuer + "/account/signed-out", look[:len(look)-3] + "abc", strings.Replace(look, "dwf_", "dwo_", 1)} {
		h.browser().Go(later).SeesNot("GitLab").SeesNot("Grafana")
	}
	h.later(4 * time.Minute)
	last := b.Follow("Nachsehen, wer geantwortet hat").URL() // who looks again and again looks no longer
	h.later(time.Minute + time.Second)
	h.browser().Go(last).Sees("You're signed out").SeesNot("GitLab")
	h.browser().Go(look).Sees("You're signed out").SeesNot("GitLab").SeesNot("Grafana")
}

// Applications that register themselves choose their names: of those that are called alike, one may know and the others not.
func TestAnApplicationThatKnowsHidesNoOtherOfItsName(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		for _, id := range []string{"wiki", "wiki-2", "wiki-3"} {
			h.client(id, "Wiki")
			h.connect(h.anna, sidOf(b), id, "openid")
		}
		b.Go("/account").Press("confirm").Check().Sees("Wiki is signed out.")
		if n := strings.Count(b.Body(), "may still be open"); n != 2 {
			t.Errorf("%d may still be open, want the two others:\n%s", n, b.Body())
		}
	}, telling(login.App{ClientID: "wiki", Name: "Wiki", State: "done"}))
}

func TestThePageOfWhoSignedOutTellsWhoIsSignedInOnlyOfThemselves(t *testing.T) {
	h := open(t, telling(login.App{Name: "GitLab", State: "trying"}))
	b := h.signedIn().Go("/account").Press("confirm")
	link := h.signedIn().Go(b.Follow("See who has answered").URL())
	link.SeesNot("GitLab").Sees("Anna Berg") // their account
}

// answered is what the face answers when the protocol has ended a session.
func (h *house) answered(method string, out login.SignedOut) *httptest.ResponseRecorder {
	h.t.Helper()
	w := httptest.NewRecorder()
	r := httptest.NewRequest(method, issuer+"/end_session?id_token_hint=x", nil)
	h.must(h.face.SignedOut(w, r, out))
	return w
}

// OIDC Front-Channel Logout §4: frames first, then back to the application.
func TestTheBrowserGoesOnWhenTheFramesHadTheirTime(t *testing.T) {
	h := open(t, telling(login.App{Name: "Wiki", State: "browser", Frame: "https://wiki.test:8443/bye?sid=1"},
		login.App{Name: "Board", State: "browser", Frame: "https://board.test/bye?sid=1"}, login.App{Name: "Blog", State: "browser", Frame: "https://board.test/blog?sid=1"}))
	out := login.SignedOut{Session: storage.Session{ID: "s", UserID: h.anna.ID}, To: "https://rp.test/out?state=a%26b", Locales: []string{"de"}}
	w := h.answered(http.MethodGet, out)
	webtest.CheckPage(t, w.Header(), w.Body.String())
	if got := w.Header().Get("Refresh"); got != "3; url="+out.To || w.Code != http.StatusOK {
		t.Errorf("%d, Refresh %q", w.Code, got)
	}
	if policy := w.Header().Get("Content-Security-Policy"); !strings.Contains(policy, "; frame-src https://board.test https://wiki.test:8443; ") {
		t.Errorf("the policy is %s", policy)
	}
	for _, want := range []string{`<a class="btn" href="https://rp.test/out?state=a%26b">Weiter</a>`, "Es geht gleich weiter.", `lang="de"`} {
		if !strings.Contains(w.Body.String(), want) {
			t.Errorf("the page lacks %s:\n%s", want, w.Body)
		}
	}
	if strings.Contains(w.Body.String(), "Erneut anmelden") {
		t.Error("the page offers to sign in, and goes elsewhere")
	}
}

func TestWhoHasNoApplicationsGetsAnAddressThatNamesNobody(t *testing.T) {
	h := open(t)
	if w := h.answered(http.MethodGet, login.SignedOut{Session: storage.Session{ID: "s", UserID: h.anna.ID}}); w.Code != http.StatusSeeOther || w.Header().Get("Location") != "/account/signed-out" {
		t.Errorf("%d to %q", w.Code, w.Header().Get("Location"))
	}
}

func TestThatNobodyKnowsWhoIsToldKeepsNobodySignedIn(t *testing.T) {
	h := open(t, func(o *login.Options) {
		o.Told = func(context.Context, storage.Session) ([]login.App, error) { return nil, errors.New("pq: gone") }
	})
	b := h.signedIn()
	b.Go("/account").Press("confirm").Status(http.StatusOK).Sees("You're signed out").SeesNot("pq")
	b.Go("/account").SeesNot("Anna Berg")
	if !strings.Contains(h.log.String(), "pq: gone") {
		t.Error("the log does not tell why")
	}
}
