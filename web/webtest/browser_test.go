package webtest_test

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// visits is a small site on two origins that shows what it was sent.
func visits() http.Handler {
	page := func(w http.ResponseWriter, body string) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		fmt.Fprintf(w, "<!doctype html><title>T</title><body>%s", body)
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /form", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Referrer-Policy", "same-origin")
		page(w, `<form method=post action=/echo><input type=hidden name=h value=1><label for=u>Name</label><input id=u name=username>
			<label><input type=checkbox name=c> Tick</label><label><input type=radio name=r value=a checked> A</label>
			<label><input type=radio name=r value=b> B</label><select name=s><option value=1>One<option value=2>Two</select>
			<textarea name=t>old</textarea><button name=do value=yes>Yes   please</button><button name=do value=no>No</button></form>
			<a href="/go303">away</a><form action=/echo><input name=q value="a b"><button>Find</button></form>`)
	})
	mux.HandleFunc("/echo", func(w http.ResponseWriter, r *http.Request) {
		_ = r.ParseForm()
		fmt.Fprintf(w, "%s %s?%s form[%s] origin[%s] site[%s] referer[%s] cookie[%s] accept-language[%s]", r.Method, r.Host, r.URL.RawQuery,
			r.PostForm.Encode(), r.Header.Get("Origin"), r.Header.Get("Sec-Fetch-Site"), r.Referer(), r.Header.Get("Cookie"), r.Header.Get("Accept-Language"))
	})
	mux.HandleFunc("/go303", func(w http.ResponseWriter, r *http.Request) {
		http.Redirect(w, r, "https://other.test/echo?x=1", http.StatusSeeOther)
	})
	mux.HandleFunc("/refresh", func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Refresh", "0; url=https://other.test/echo?x=2")
		page(w, "leaving")
	})
	mux.HandleFunc("/set", func(w http.ResponseWriter, r *http.Request) {
		for _, line := range []string{"__Host-good=1; Path=/; Secure; HttpOnly; SameSite=Lax", "__Host-bad=1; Path=/", "strict=1; Path=/; SameSite=Strict; Secure",
			"plain=1; Path=/", "none=1; Path=/; Secure; SameSite=None", "gone=1; Path=/; Max-Age=0", "deep=1; Path=/deep"} {
			w.Header().Add("Set-Cookie", line)
		}
		page(w, "set")
	})
	mux.HandleFunc("/loop", func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, "/loop", http.StatusSeeOther) })
	return mux
}

func sees(t *testing.T, b *webtest.Browser, texts ...string) {
	t.Helper()
	for _, text := range texts {
		b.Sees(text)
	}
}

func TestAFormIsSentAsABrowserSendsIt(t *testing.T) {
	b := webtest.New(t, visits()).Go("https://one.test/form")
	b.Fill("Name", "Anna Berg").Fill("c", "on").Fill("r", "b").Fill("s", "Two").Fill("t", "new").Fill("h", "tampered")
	if b.Value("username") != "Anna Berg" || b.Value("s") != "2" || b.Value("c") != "on" {
		t.Fatalf("values: %q %q %q", b.Value("username"), b.Value("s"), b.Value("c"))
	}
	sees(t, b.Press("Yes please"), "POST one.test", "form[c=on&do=yes&h=tampered&r=b&s=2&t=new&username=Anna+Berg]",
		"origin[https://one.test]", "site[same-origin]", "referer[https://one.test/form]")
}

func TestAFormWithoutMethodBecomesAQuery(t *testing.T) {
	webtest.New(t, visits()).Go("https://one.test/form").Press("Find").Sees("GET one.test?q=a+b form[]")
}

func TestATypedAddressComesFromNowhere(t *testing.T) {
	sees(t, webtest.New(t, visits()).Go("https://one.test/echo"), "origin[]", "site[none]", "referer[]")
}

func TestRedirectsAreFollowedToOtherHosts(t *testing.T) {
	b := webtest.New(t, visits()).Go("https://one.test/form").Follow("away")
	sees(t, b, "GET other.test?x=1", "site[cross-site]", "referer[]")
	webtest.New(t, visits()).Go("https://one.test/refresh").Sees("GET other.test?x=2")
}

func TestABrowserThatStaysTellsWhereItWouldHaveGone(t *testing.T) {
	b := webtest.New(t, visits()).StayOn("https://one.test").Go("https://one.test/go303").Status(303)
	if b.Location() != "https://other.test/echo?x=1" {
		t.Errorf("location %q", b.Location())
	}
	b.Go("/refresh").Status(200).Sees("leaving")
	if b.Location() != "https://other.test/echo?x=2" {
		t.Errorf("location %q", b.Location())
	}
	if b.Go("/form").Location() != "" {
		t.Errorf("location stays after the next page")
	}
}

func TestCookiesAreKeptAndSentByTheRules(t *testing.T) {
	b := webtest.New(t, visits()).Go("https://one.test/set").Go("/echo")
	b.Sees("cookie[__Host-good=1; strict=1; plain=1; none=1]")
	b.Go("http://one.test/echo").Sees("cookie[plain=1]")
	b.Go("https://sub.one.test/echo").Sees("cookie[]")
	b.Go("https://one.test/deep").Go("https://two.test/form")
	b.Post("https://one.test/echo", nil).Sees("cookie[none=1]")
	webtest.New(t, visits()).Go("http://localhost:8080/set").Go("/echo").Sees("cookie[plain=1]")
}

func TestASameSitePostCarriesAllCookies(t *testing.T) {
	b := webtest.New(t, visits()).Go("https://one.test/set").Go("/form")
	b.Press("Yes please").Sees("cookie[__Host-good=1; strict=1; plain=1; none=1]")
}

func TestACloneHasItsOwnCookiesAndATabSharesThem(t *testing.T) {
	b := webtest.New(t, visits()).Go("https://one.test/form")
	clone, tab := b.Clone(), b.Tab()
	b.Go("/set")
	clone.Press("No").Sees("cookie[]")
	tab.Press("No").Sees("__Host-good=1")
	b.Forget("__Host-good").Go("/echo").SeesNot("__Host-good")
	b.Forget().Go("/echo").Sees("cookie[]")
	if n := len(webtest.New(t, visits()).Go("https://one.test/set").Cookies("https://one.test/")); n != 4 {
		t.Errorf("%d cookies", n)
	}
}

func TestAHeaderIsSetAndKeptOut(t *testing.T) {
	b := webtest.New(t, visits()).Set("Accept-Language", "de").Set("Sec-Fetch-Site", "").Set("Origin", "https://evil.test")
	sees(t, b.Go("https://one.test/form").Press("No"), "accept-language[de]", "site[]", "origin[https://evil.test]")
}

// A step that fails must end the test: otherwise every visit would pass.
func TestAStepThatFailsEndsTheTest(t *testing.T) {
	steps := map[string]func(*webtest.Browser){
		"sees":     func(b *webtest.Browser) { b.Sees("nowhere") },
		"sees not": func(b *webtest.Browser) { b.SeesNot("away") },
		"fill":     func(b *webtest.Browser) { b.Fill("nothing", "x") },
		"choose":   func(b *webtest.Browser) { b.Fill("s", "Three") },
		"radio":    func(b *webtest.Browser) { b.Fill("r", "z") },
		"press":    func(b *webtest.Browser) { b.Press("Maybe") },
		"follow":   func(b *webtest.Browser) { b.Follow("nowhere") },
		"status":   func(b *webtest.Browser) { b.Status(404) },
		"loop":     func(b *webtest.Browser) { b.Go("/loop") },
	}
	for name, step := range steps {
		rec := &recorder{TB: t}
		func() {
			defer func() { _ = recover() }()
			step(webtest.New(rec, visits()).Go("https://one.test/form"))
		}()
		if !rec.failed {
			t.Errorf("%s does not fail", name)
		}
	}
}

// recorder is a test that notes its failure instead of ending the one around it.
type recorder struct {
	testing.TB
	failed bool
	said   []string
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	r.said = append(r.said, fmt.Sprintf(format, args...))
}
func (r *recorder) Fatalf(format string, args ...any) {
	r.Errorf(format, args...)
	panic(strings.Join(r.said, "; "))
}
