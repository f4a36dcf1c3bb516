package login_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
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
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		for _, iss := range []string{"https://evil.test", "", g.server.URL + "/", strings.ToUpper(g.server.URL)} {
			g.answer = func(to, _ url.Values) { to.Set("iss", iss) }
			refusesToken(t, "iss="+iss, h, h.browser(), gina)
		}
		if g.count("/token") != 0 {
			t.Error("the code was sent")
		}
		g.answer = func(to, _ url.Values) { to.Set("iss", g.server.URL) }
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
	})
}

func TestAProviderThatNamesItselfMustDoSoEachTime(t *testing.T) { // MX-02
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		g.doc = func(d claims) { d["authorization_response_iss_parameter_supported"] = true }
		refusesToken(t, "no iss", h, h.browser(), gina)
		g.answer = func(to, _ url.Values) { to.Set("iss", g.server.URL) }
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
	})
}

func TestAnAnswerCountsInTheBrowserThatLeftAndOnce(t *testing.T) { // MX-03, CS-01
	t.Parallel()
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
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
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
	})
}

func TestAStateThatIsNotOursOrTooOldIsRefused(t *testing.T) { // MX-03
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
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
	})
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
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
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
	})
}

func TestTwoTabsFinishInTheOtherOrder(t *testing.T) { // MX-14
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		first := h.browser()
		second := first.Tab().Go("/app")
		one, two := h.returning(g, first), h.returning(g, second)
		second.Go(two).Sees("app got gina@gmail.com")
		first.Go(one).Status(http.StatusBadRequest).Sees("started or finished in another window") // the sign-in renewed the binding
	})
}

func TestPeopleWhoSignInAtOnceGetASessionEachOfTheirOwn(t *testing.T) { // MX-14
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, g *google) {
		const people = 40 // at once: fewer than a house turns away
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
	})
}

func TestWhatGoogleSaysCountsOnceWhileTheSignInGoesOn(t *testing.T) { // MX-03
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		byGoogle(h.browser()).Sees("app got")
		now, err := h.db.User(t.Context(), gina.ID)
		h.must(err)
		h.must(h.db.AddAuthenticator(t.Context(), storage.NewAuthenticator{UserVersion: now.Version,
			Authenticator: storage.Authenticator{ID: storage.NewID(), UserID: gina.ID, Name: "phone", Sealed: []byte("x")}}, storage.Event{}))
		b := h.browser()
		back := h.returning(g, b)
		g.forgetful(t, back)
		b.Go(back).Sees("Enter the code from your app")
		b.Tab().Go(back).Status(http.StatusBadRequest).Sees("no longer fits your browser")
		h.sees("sign_in.google_right ok", 2)
	})
}

func TestFiftyReturnsOfOneErrandMakeOneSession(t *testing.T) { // CS-03, MX-03
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		b := h.browser()
		back := h.returning(g, b)
		g.forgetful(t, back)
		var all sync.WaitGroup
		for range 50 {
			all.Go(func() { b.Clone().Go(back) })
		}
		all.Wait()
		h.sees("session.started ok", 1)
		h.sees("google.linked ok", 1)
	})
}
