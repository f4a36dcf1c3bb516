package web_test

import (
	"context"
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/web"
)

func TestEveryRequestLeavesOneLineWithoutSecrets(t *testing.T) { // LG-02
	p := newPlace(t)
	var reference string
	p.handle("/login", web.Methods{"POST": func(w http.ResponseWriter, r *http.Request) error {
		reference = web.Reference(r.Context())
		web.Note(r.Context(), slog.String("client", "grafana"), slog.String("step", "x\n{\"fake\":1}\x1b[31m"))
		w.WriteHeader(http.StatusCreated)
		_, err := w.Write([]byte("hello"))
		return err
	}})
	p.ask("POST", "/login?code=QUERYSECRET", "password=FORMSECRET", "Cookie", "__Host-session=COOKIESECRET", "Authorization", "Bearer TOKENSECRET")
	lines := strings.Split(strings.TrimSpace(p.log.String()), "\n")
	if len(lines) != 1 {
		t.Fatalf("%d lines: %s", len(lines), p.log)
	}
	wantHasNot(t, lines[0], "SECRET", "\x1b", "?")
	var line map[string]any
	if err := json.Unmarshal([]byte(lines[0]), &line); err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]any{"method": "POST", "path": "/login", "status": 201.0, "bytes": 5.0, "address": "192.0.2.1",
		"reference": reference, "client": "grafana", "level": "INFO"} {
		if line[name] != want {
			t.Errorf("%s is %v, not %v", name, line[name], want)
		}
	}
	if ms, ok := line["ms"].(float64); !ok || ms < 0 || ms > 5000 {
		t.Errorf("ms is %v", line["ms"])
	}
}

// XS-10: a line of the log is a line, in both formats, and what moves a terminal's cursor is written out.
func TestNobodyWritesTheirOwnLinesIntoTheLog(t *testing.T) {
	forged := "x\r\n2026-11-26 level=INFO msg=forged\n{\"msg\":\"forged\"}\x1b[2J\x1b]0;title\x07\u2028\u202e\x00"
	for _, format := range []string{"json", "text"} {
		p := newPlace(t)
		if format == "text" {
			p.site.Log = slog.New(slog.NewTextHandler(p.log, nil))
		}
		p.handle("/login", web.Methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
			web.Note(r.Context(), slog.String("client", r.URL.Query().Get("client_id")), slog.String("agent", r.UserAgent()))
			return errors.New(r.URL.Query().Get("client_id"))
		}})
		p.ask("GET", "/login?client_id="+url.QueryEscape(forged), "", "User-Agent", forged)
		p.ask("GET", "/"+url.PathEscape(forged), "")
		lines := strings.Split(strings.TrimSuffix(p.log.String(), "\n"), "\n")
		if len(lines) != 2 {
			t.Errorf("%s: %d lines for two requests:\n%s", format, len(lines), p.log)
		}
		for _, line := range lines {
			for _, c := range line {
				if c < ' ' || c == 0x7f || c == '\u2028' || c == '\u202e' && format == "text" { // programs read JSON, not people
					t.Errorf("%s: the line holds %U: %q", format, c, line)
					break
				}
			}
			if format == "json" && !json.Valid([]byte(line)) {
				t.Errorf("not JSON: %s", line)
			}
		}
	}
}

func TestALongPathIsCutInTheLog(t *testing.T) {
	p := newPlace(t)
	p.ask("GET", "/"+strings.Repeat("x", 5000), "")
	if p.log.Len() > 1000 {
		t.Errorf("%d bytes of log", p.log.Len())
	}
}

func TestReferencesCanBeReadAloud(t *testing.T) {
	p := newPlace(t)
	seen := map[string]bool{}
	p.handle("/", web.Methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
		seen[web.Reference(r.Context())] = true
		return nil
	}})
	for range 200 {
		p.ask("GET", "/", "")
	}
	form := regexp.MustCompile(`^E-[0-9A-HJKMNP-TV-Z]{4}-[0-9A-HJKMNP-TV-Z]{2}$`)
	for reference := range seen {
		if !form.MatchString(reference) {
			t.Errorf("%q", reference)
		}
	}
	if len(seen) != 200 {
		t.Errorf("%d different references of 200", len(seen))
	}
}

func TestAPanicIsA500PageWhoseReferenceFindsTheStack(t *testing.T) { // LG-03
	p := newPlace(t)
	p.handle("/panic", web.Methods{"POST": func(w http.ResponseWriter, r *http.Request) error {
		p.site.SetCookie(w, web.Cookie{Name: "session"}, "value")
		panic("password=" + r.FormValue("password"))
	}})
	p.router.HandleFunc("/bare", func(http.ResponseWriter, *http.Request) { panic("elsewhere") })
	w := p.ask("POST", "/panic", "password=FORMSECRET")
	wantStatus(t, w, 500)
	wantHas(t, w.Body.String(), "Something is wrong on our side")
	wantHasNot(t, w.Body.String()+p.log.String(), "FORMSECRET")
	wantHas(t, p.log.String(), "site_test.go", `"msg":"panic"`, `"status":500`)
	if w.Header().Get("Set-Cookie") != "" {
		t.Errorf("a panicking handler sets a cookie")
	}
	checkPage(t, w)
	reference := regexp.MustCompile(`E-\w{4}-\w{2}`).FindString(w.Body.String())
	if n := strings.Count(p.log.String(), reference); reference == "" || n != 2 {
		t.Errorf("reference %q stands in %d lines", reference, n)
	}
	wantStatus(t, p.ask("GET", "/bare", ""), 500)
}

func TestWhatTheRuntimeSaysOfAPanicIsLogged(t *testing.T) {
	p := newPlace(t)
	p.handle("/panic", web.Methods{"GET": func(http.ResponseWriter, *http.Request) error {
		var none []int
		return nilIfZero(none[len(p.site.Issuer)])
	}})
	p.ask("GET", "/panic", "")
	wantHas(t, p.log.String(), "index out of range")
}

func nilIfZero(int) error { return nil }

// Half an answer must not look whole: the connection ends.
func TestAPanicInTheMiddleOfAnAnswerBreaksTheConnection(t *testing.T) {
	p := newPlace(t)
	p.handle("/half", web.Methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
		w.WriteHeader(200)
		_, _ = w.Write([]byte("half"))
		panic("late")
	}})
	server := httptest.NewServer(p.site.Wrap(p.router))
	t.Cleanup(server.Close)
	res, err := http.Get(server.URL + "/half")
	if err == nil {
		defer res.Body.Close()
		_, err = res.Body.Read(make([]byte, 100))
		if err == nil {
			_, err = res.Body.Read(make([]byte, 100))
		}
	}
	if err == nil || err.Error() == "EOF" {
		t.Errorf("the answer looks whole: %v", err)
	}
	server.Close() // waits for the request's end, which writes the log
	wantHas(t, p.log.String(), `"msg":"panic"`, `"path":"/half"`)
}

func TestARequestHasTenSeconds(t *testing.T) {
	p := newPlace(t)
	var left time.Duration
	p.handle("/", web.Methods{"GET": func(w http.ResponseWriter, r *http.Request) error {
		deadline, _ := r.Context().Deadline()
		left = time.Until(deadline)
		return nil
	}})
	p.ask("GET", "/", "")
	if left < 9*time.Second || left > 10*time.Second {
		t.Errorf("%v are left", left)
	}
	if f := web.FailureOf(context.DeadlineExceeded); f.Status != 503 {
		t.Errorf("too late is %d", f.Status)
	}
}

func TestAQueryThatIsTooLongIs414(t *testing.T) { // RQ-03
	p := newPlace(t)
	p.handle("/authorize", web.Methods{"GET": ok})
	wantStatus(t, p.ask("GET", "/authorize?a="+strings.Repeat("x", web.MaxQuery-2), ""), 200)
	w := p.ask("GET", "/authorize?a="+strings.Repeat("x", web.MaxQuery), "")
	wantStatus(t, w, http.StatusRequestURITooLong)
	checkPage(t, w)
}

func TestOnlyADevelopmentHouseMindsTheHost(t *testing.T) { // HH-01
	p := newPlace(t)
	p.handle("/", web.Methods{"GET": ok})
	wantStatus(t, p.ask("GET", "/", "", "Host", "evil.test"), 200)
	dev := newPlace(t, func(s *web.Site) { s.Issuer, s.Dev = "http://localhost:8080", true })
	dev.handle("/", web.Methods{"GET": ok})
	wantStatus(t, dev.ask("GET", "/", "", "Host", "localhost:8080"), 200)
	for _, host := range []string{"evil.test", "localhost", "localhost:8081", "127.0.0.1:8080", "localhost:8080.", ""} {
		w := dev.ask("GET", "/", "", "Host", host)
		wantStatus(t, w, http.StatusMisdirectedRequest)
		wantHas(t, w.Body.String(), "http://localhost:8080")
		wantHasNot(t, w.Body.String(), "evil.test")
	}
}

func TestEveryAnswerSaysNoSniffAndOverHTTPSAlsoHSTS(t *testing.T) { // HD-09
	p := newPlace(t)
	p.handle("/", web.Methods{"GET": ok})
	dev := newPlace(t, func(s *web.Site) { s.Issuer = "http://localhost:8080" })
	for _, path := range []string{"/", "/nowhere", "/favicon.svg"} {
		h := p.ask("GET", path, "").Header()
		if h.Get("X-Content-Type-Options") != "nosniff" || h.Get("Strict-Transport-Security") != "max-age=63072000" {
			t.Errorf("%s: %v", path, h)
		}
		if h := dev.ask("GET", path, "").Header(); h.Get("Strict-Transport-Security") != "" {
			t.Errorf("%s: HSTS over http", path)
		}
		if h.Get("Server") != "" || h.Get("X-Powered-By") != "" {
			t.Errorf("%s: the answer names its maker: %v", path, h)
		}
	}
}

func TestAnUnknownPathIsJSONUnlessHTMLIsAsked(t *testing.T) {
	p := newPlace(t)
	for _, accept := range []string{"", "*/*", "application/json"} {
		w := p.ask("GET", "/userinfo/emails", "", "Accept", accept)
		wantStatus(t, w, 404)
		wantHas(t, w.Body.String(), `{"error":"not_found","error_description":"`, `"reference":"E-`)
	}
	w := p.ask("GET", "/userinfo/emails", "", "Accept", "text/html,*/*")
	wantStatus(t, w, 404)
	wantHas(t, w.Body.String(), "There is no page at this address")
	checkPage(t, w)
}

func TestAPastedDiscoveryAddressLearnsTheIssuer(t *testing.T) {
	p := newPlace(t)
	for _, path := range []string{"/.well-known/openid-configuration/.well-known/openid-configuration", "/.well-known/openid-configuration/",
		"/realms/x/.well-known/oauth-authorization-server"} {
		w := p.ask("GET", path, "")
		wantStatus(t, w, 404)
		wantHas(t, w.Body.String(), "The issuer is "+issuer+" without")
	}
}

func TestEveryPageFindsItsIcon(t *testing.T) {
	w := newPlace(t).ask("GET", "/favicon.svg", "")
	wantStatus(t, w, 200)
	wantHas(t, w.Body.String(), "<svg xmlns")
	wantHas(t, w.Header().Get("Content-Type"), "image/svg+xml")
}

func TestASiteWithoutALogStillAnswers(t *testing.T) {
	p := newPlace(t, func(s *web.Site) { s.Log = nil })
	p.handle("/panic", web.Methods{"GET": func(http.ResponseWriter, *http.Request) error { panic("x") }})
	wantStatus(t, p.ask("GET", "/panic", ""), 500)
}
