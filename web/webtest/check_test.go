package webtest_test

import (
	"crypto/sha256"
	"encoding/base64"
	"math/rand/v2"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

const style = "p{margin:0}"

const goodPage = `<!doctype html><html lang="en"><head><title>Sign in – Acme</title><style>` + style + `</style></head><body><main><h1>Sign in</h1>
<form method="post" action="/login"><label for="username">Name</label><input id="username" name="username" autocomplete="username" aria-describedby="hint">
<p id="hint">Hint</p><button>Go</button></form></main></body></html>`

func goodHeader() http.Header {
	sum := sha256.Sum256([]byte(style))
	return http.Header{
		"Content-Type": {"text/html; charset=utf-8"}, "Cache-Control": {"no-store"}, "Referrer-Policy": {"same-origin"},
		"Content-Security-Policy": {"default-src 'none'; style-src 'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) +
			"'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
	}
}

func TestAGoodPagePasses(t *testing.T) { webtest.CheckPage(t, goodHeader(), goodPage) }

func TestEachRuleForPagesFindsItsFault(t *testing.T) {
	var noise strings.Builder
	for range 5000 {
		noise.WriteString(strconv.FormatUint(rand.Uint64(), 36))
	}
	faults := map[string][2]string{
		"no h1":               {"<h1>Sign in</h1>", ""},
		"two h1":              {"</h1>", "</h1><h1>Sign in</h1>"},
		"no main":             {"main>", "div>"},
		"no language":         {` lang="en"`, ""},
		"other title":         {"<title>Sign in", "<title>Welcome"},
		"no label":            {`<label for="username">Name</label>`, ""},
		"label for nothing":   {`for="username"`, `for="user"`},
		"no autocomplete":     {` autocomplete="username"`, ""},
		"placeholder":         {` name="username"`, ` name="username" placeholder="x"`},
		"hint missing":        {`<p id="hint">`, "<p>"},
		"id twice":            {"<form", `<p id="hint">x</p><form`},
		"link to nothing":     {"<form", `<a href="#nothing">x</a><form`},
		"empty button":        {"<button>Go", "<button>"},
		"method":              {`method="post"`, ""},
		"handler":             {"<button", `<button onclick="x()"`},
		"inline style":        {"<button", `<button style="color:red"`},
		"other style":         {"</style>", "p{}</style>"},
		"script":              {"<form", "<script>x()</script><form"},
		"script file":         {"<form", `<script src="/static/0123456789abcdef/doorward.js" defer></script><form`},
		"javascript address":  {"<form", `<a href=" JavaScript:x()">x</a><form`},
		"positive tabindex":   {"<button", `<button tabindex="2"`},
		"frame":               {"<form", `<iframe src="/x"></iframe><form`},
		"image without alt":   {"<form", `<img src="/x.png" width="1" height="1"><form`},
		"placeholder of text": {"Hint", "Hint for {app}"},
		"stars":               {"Hint", "**Hint"},
		"refused value":       {`action="/login"`, `action="#ZgotmplZ"`},
		"too heavy":           {"Hint", noise.String()},
		"error not in title":  {"<form", `<div role="alert">x</div><form`},
		"invalid, not said":   {` aria-describedby="hint"`, ` aria-invalid="true"`},
	}
	for name, f := range faults {
		page := strings.ReplaceAll(goodPage, f[0], f[1])
		if page == goodPage {
			t.Fatalf("%s: the case changes nothing", name)
		}
		if !fails(t, goodHeader(), page) {
			t.Errorf("%s: not found", name)
		}
	}
}

// Where the policy allows files of our own origin, the page may run one, and later.
func TestAPageMayRunOurScriptFileAlone(t *testing.T) {
	h := goodHeader()
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "; form-action", "; script-src 'self'; form-action", 1))
	for script, fine := range map[string]bool{
		`<script src="/static/0123456789abcdef/doorward.js" defer></script>`:            true,
		`<script src="/static/0123456789abcdef/doorward.js"></script>`:                  false,
		`<script src="/static/0123456789abcdef/doorward.js" defer>x()</script>`:         false,
		`<script src="//evil.test/static/0123456789abcdef/doorward.js" defer></script>`: false,
		`<script src="/static/other.js" defer></script>`:                                false,
		`<script>x()</script>`: false,
	} {
		if fails(t, h, strings.Replace(goodPage, "<form", script+"<form", 1)) == fine {
			t.Errorf("%s: %v", script, !fine)
		}
	}
}

// Where the policy names its origin, a page may hold a frame that nobody sees.
func TestAPageMayHoldAFrameThatItsPolicyNames(t *testing.T) {
	h := goodHeader()
	h.Set("Content-Security-Policy", strings.Replace(h.Get("Content-Security-Policy"), "; form-action", "; frame-src https://rp.test; form-action", 1))
	for frame, fine := range map[string]bool{
		`<iframe src="https://rp.test/bye?sid=1" sandbox="allow-scripts allow-same-origin" hidden></iframe>`:                true,
		`<iframe src="https://rp.test/bye" hidden></iframe>`:                                                                false,
		`<iframe src="https://rp.test/bye" sandbox="allow-scripts allow-same-origin"></iframe>`:                             false,
		`<iframe src="https://rp.test/bye" sandbox="allow-scripts allow-same-origin allow-top-navigation" hidden></iframe>`: false,
		`<iframe src="https://evil.test/bye" sandbox="allow-scripts allow-same-origin" hidden></iframe>`:                    false,
		`<iframe src="/x" sandbox="allow-scripts allow-same-origin" hidden></iframe>`:                                       false,
	} {
		if fails(t, h, strings.Replace(goodPage, "<form", frame+"<form", 1)) == fine {
			t.Errorf("%s: %v", frame, !fine)
		}
	}
}

func TestEachRuleForHeadersFindsItsFault(t *testing.T) {
	for name := range goodHeader() {
		h := goodHeader()
		h.Del(name)
		if !fails(t, h, goodPage) {
			t.Errorf("%s may be missing", name)
		}
	}
	for _, weak := range []string{"; script-src 'unsafe-inline'", "; img-src *", "; img-src data:"} {
		h := goodHeader()
		h.Set("Content-Security-Policy", h.Get("Content-Security-Policy")+weak)
		if !fails(t, h, goodPage) {
			t.Errorf("%q may stand in the policy", weak)
		}
	}
	h := goodHeader()
	h.Set("Refresh", "0; url=https://rp.test/cb?code=x")
	if !fails(t, h, goodPage) {
		t.Errorf("a page may leave without a link")
	}
}

func fails(t *testing.T, h http.Header, page string) bool {
	rec := &recorder{TB: t}
	webtest.CheckPage(rec, h, page)
	return rec.failed
}
