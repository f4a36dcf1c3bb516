package main_test

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web/webtest"
)

// listener is a real server of three applications: /chat is told by us, /wiki by the person's browser, /notes by nobody.
type listener struct {
	*httptest.Server
	mu     sync.Mutex
	heard  []*http.Request
	answer int // of /chat; 0: 200
}

func listening(t *testing.T) *listener {
	t.Helper()
	l := &listener{}
	l.Server = httptest.NewServer(l)
	t.Cleanup(l.Close)
	return l
}

func (l *listener) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	_ = r.ParseForm() // what does not come is missing
	l.mu.Lock()
	l.heard = append(l.heard, r)
	answer := l.answer
	l.mu.Unlock()
	switch r.URL.Path {
	case "/chat":
		if answer > 0 {
			w.WriteHeader(answer)
		}
	case "/wiki":
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>w</title><script>fetch("/script"+location.search)</script>`))
	default:
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(`<!doctype html><title>a</title><p id="there">You are back.</p>`))
	}
}

// at is what came to a path.
func (l *listener) at(path string) []*http.Request {
	l.mu.Lock()
	defer l.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(l.heard), func(r *http.Request) bool { return r.URL.Path != path })
}

func (l *listener) answers(status int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.answer = status
}

// tellingServer is a server with the three applications, on a database.
func tellingServer(t *testing.T, l *listener, database string) measured {
	t.Helper()
	operators := "127.0.0.1:" + freePort(t)
	chat, wiki, notes := application(t, "chat", "client_secret_basic"), application(t, "wiki", "client_secret_basic"), application(t, "notes", "client_secret_basic")
	wiki["redirect_uris"] = []string{callback, l.URL + "/cb"}
	chat["backchannel_logout_uri"], wiki["frontchannel_logout_uri"] = l.URL+"/chat", l.URL+"/wiki"
	wiki["post_logout_redirect_uris"], chat["post_logout_redirect_uris"] = []string{l.URL + "/out"}, []string{l.URL + "/out"}
	v := newServer(t, settings{"database": database, "login": settings{"email_code": "never"}, "clients": []settings{chat, wiki, notes},
		"outbound": settings{"allow": []string{l.URL}}, "metrics": settings{"listen": operators}})
	v.addUser(annaEmail, annaPassword)
	v.start()
	return measured{v, "http://" + operators + "/metrics"}
}

// signOn brings a browser, signed in or not, to an application, and gives the ID token that the application gets.
func (v *server) signOn(b *webtest.Browser, client string) string {
	v.t.Helper()
	h := &intruder{server: v}
	b.Go(h.authorizeURL(client, nil))
	if b.Location() == "" {
		signIn(b)
	}
	return v.redeem(client, redemption(location(v.t, b).Get("code")))
}

// redeem gives the ID token that a client gets for a code.
func (v *server) redeem(client string, form url.Values) string {
	v.t.Helper()
	r, err := http.NewRequest(http.MethodPost, v.issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		v.t.Fatal(err)
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.SetBasicAuth(client, appSecret)
	answer, err := http.DefaultClient.Do(r)
	if err != nil {
		v.t.Fatal(err)
	}
	defer answer.Body.Close()
	var got struct {
		IDToken string `json:"id_token"`
	}
	if err := json.NewDecoder(answer.Body).Decode(&got); err != nil || got.IDToken == "" {
		v.t.Fatalf("%s: %d, %v", client, answer.StatusCode, err)
	}
	return got.IDToken
}

func (v *server) endSession(hint, to string) string {
	return v.issuer + "/end_session?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {to}, "state": {"s&t"}}.Encode()
}

// LO-05, LO-12, 3.12; the whole way over the built program, on both databases.
func TestEverybodyHearsThatAPersonHasSignedOut(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]func() string{
		"sqlite":   func() string { return "sqlite:" + filepath.Join(t.TempDir(), "doorward.db") },
		"postgres": func() string { return storagetest.PostgresURL(t) },
	} {
		t.Run(name, func(t *testing.T) {
			l := listening(t)
			v := tellingServer(t, l, database())
			b := webtest.New(t, nil).StayOn(v.issuer)
			for _, client := range []string{"chat", "wiki", "notes"} {
				v.signOn(b, client)
			}
			b.Go(v.issuer + "/account").Press("confirm")
			b.Sees("App chat is signed out.").Sees("App notes may still be open; close its window.").Sees("Your browser signs you out of App wiki.")
			if got := l.at("/chat"); len(got) != 1 || len(got[0].PostForm) != 1 || strings.Count(got[0].PostForm.Get("logout_token"), ".") != 2 {
				t.Errorf("the chat has heard %d times", len(got))
			}
			if want := `<iframe src="` + l.URL + `/wiki?iss=` + url.QueryEscape(v.issuer) + `&amp;sid=`; !strings.Contains(b.Body(), want) {
				t.Errorf("no frame %s in\n%s", want, b.Body())
			}
			b.Go(v.issuer + "/account").Sees("Email address or customer number")

			// By the application that asks: the page first where the browser has somebody to tell, then back.
			hint := v.signOn(b, "wiki")
			b.Go(v.endSession(hint, l.URL+"/out"))
			if got := b.Header().Get("Refresh"); got != "3; url="+l.URL+"/out?state=s%26t" || b.StatusCode() != http.StatusOK {
				t.Errorf("%d, Refresh %q", b.StatusCode(), got)
			}
			hint = v.signOn(b, "chat")
			b.Go(v.endSession(hint, l.URL+"/out"))
			if b.Location() != l.URL+"/out?state=s%26t" {
				t.Errorf("without a frame the browser is sent to %q", b.Location())
			}
			v.until("the chat to hear of it", func() bool { return len(l.at("/chat")) == 2 })
			if strings.Contains(string(v.out.bytes())+string(v.log.bytes()), "eyJ") {
				t.Error("the log holds a token")
			}
		})
	}
}

// I2: what an application was to be told survives the death of the node that knew it, and is told when another starts.
func TestWhatApplicationsWereToBeToldSurvivesAKill(t *testing.T) {
	t.Parallel()
	l := listening(t)
	v := tellingServer(t, l, "sqlite:"+filepath.Join(t.TempDir(), "doorward.db"))
	b := webtest.New(t, nil).StayOn(v.issuer)
	l.answers(http.StatusServiceUnavailable)
	hint := v.signOn(b, "chat")
	b.Go(v.endSession(hint, l.URL+"/out"))
	v.until("the chat to be asked", func() bool { return len(l.at("/chat")) == 1 })
	v.until("what waits to be measured", func() bool { return v.measures("doorward_logouts_waiting 1") })
	time.Sleep(200 * time.Millisecond) // its answer is written down
	v.kill()
	l.answers(http.StatusOK)
	v.start()
	v.until("the chat to hear of it", func() bool { return len(l.at("/chat")) == 2 })
	v.until("nothing to wait any more", func() bool { return v.measures("doorward_logouts_waiting 0") })
	v.until("that it is told to be written down", func() bool {
		out, err := command(t, "events", "--config", v.file, "--user", annaEmail).CombinedOutput()
		return err == nil && strings.Contains(string(out), "logout.delivered") && strings.Contains(string(out), "client chat")
	})
}

// LO-12: an operator who disables a person hears how many applications are told, and they are.
func TestTheApplicationsOfADisabledPersonAreTold(t *testing.T) {
	t.Parallel()
	l := listening(t)
	v := tellingServer(t, l, storagetest.PostgresURL(t))
	b := webtest.New(t, nil).StayOn(v.issuer)
	v.signOn(b, "chat")
	v.signOn(b, "wiki") // which only a browser could tell
	out, err := command(t, "user", "disable", "--config", v.file, annaEmail).CombinedOutput()
	if err != nil || !strings.Contains(string(out), annaEmail+" is disabled and signed out.\nOne application is told when the server runs.\n") {
		t.Fatalf("%v\n%s", err, out)
	}
	v.until("the chat to hear of it", func() bool { return len(l.at("/chat")) == 1 })
}

// OIDC Front-Channel Logout as a real browser does it under our policy: the frame is loaded and its script runs, then the browser goes on
// by itself, without our scripts.
func TestInChromiumFramesTellAndThenTheBrowserGoesOn(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	l := listening(t)
	v := tellingServer(t, l, "sqlite:"+filepath.Join(t.TempDir(), "doorward.db"))
	person := visit(t, browser)
	h := &intruder{server: v.server}
	person.do(chromedp.Navigate(h.authorizeURL("wiki", func(q url.Values) { q.Set("redirect_uri", l.URL+"/cb") })))
	person.page("", "#username")
	person.do(chromedp.SendKeys(chromedp.CSS("#username"), annaEmail), chromedp.Click(chromedp.CSS("#submit")))
	person.page("", "#password[autofocus], #password:not([tabindex])")
	person.do(chromedp.SendKeys(chromedp.CSS("#password"), annaPassword), chromedp.Click(chromedp.CSS("#submit")))
	person.page("", "#there")
	form := redemption(l.at("/cb")[0].Form.Get("code"))
	form.Set("redirect_uri", l.URL+"/cb")
	hint := v.redeem("wiki", form)
	person.do(chromedp.Navigate(v.endSession(hint, l.URL+"/out")))
	person.page("signed-out-frames", ".list")
	person.page("", "#there")
	person.wants("to be back with the state", person.address() == l.URL+"/out?state=s%26t")
	for _, path := range []string{"/wiki", "/script"} {
		got := l.at(path)
		if len(got) != 1 || len(got[0].Form) != 2 || got[0].Form.Get("iss") != v.issuer || got[0].Form.Get("sid") == "" {
			t.Errorf("%s was asked %d times: %v", path, len(got), got)
		}
	}
	person.wants("no policy to be violated", len(person.console()) == 0)
}
