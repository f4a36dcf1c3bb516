package web_test

import (
	"testing"
	"testing/fstest"

	"github.com/doorward/doorward/web"
)

var comforts = fstest.MapFS{
	"pages/form.html":     {Data: []byte(`<p>{{.Data.App}}</p>`)},
	"pages/password.html": {Data: []byte(`<label for="password">Password</label><input id="password" name="password" type="password" autocomplete="current-password" {{.Shows}} {{.Described "password"}}>`)},
	"pages/code.html":     {Data: []byte(`<label for="code">Code</label><input id="code" name="code" autocomplete="one-time-code" {{.Described "code"}} {{.Goes}}>`)},
	"pages/resend.html":   {Data: []byte(`<button {{.Waits .Data.Wait (t "error.again")}}>{{t "error.time"}}</button>`)},
	"pages/key.html":      {Data: []byte(`<code class="key" {{.Copies .Data.App}}>{{.Data.App}}</code>`)},
	"pages/codes.html":    {Data: []byte(`<ol class="codes" {{.Keeps "recovery-codes.txt"}}><li>x</li></ol>`)},
}

type comfortPage struct {
	App  string
	Wait int
}

// No page needs the script; one that asks for what it does refers to the file, and only then does the policy allow it.
func TestOnlyAPageThatAsksHasTheScriptFile(t *testing.T) {
	p := newPlace(t)
	pages, err := web.NewPages(p.site, comforts)
	if err != nil {
		t.Fatal(err)
	}
	p.pages = pages
	for name, want := range map[string]string{
		"form": "", "password": ` data-show="Show" data-show-name="Show password" data-hide="Hide"`, "code": ` data-goes="Goes on by itself after the sixth digit."`,
		"resend": ` data-wait="42" data-then="Start again"`, "key": ` data-copy="Copy" data-copied="Copied" data-text="&#34;&gt;&lt;/script&gt;&lt;script&gt;alert(1)&lt;/script&gt;"`, // XS-12
		"codes": ` data-print="Print" data-save="Download" data-file="recovery-codes.txt"`,
	} {
		v := web.View{Name: name, Lang: "en", Title: "Page", Data: comfortPage{`"></script><script>alert(1)</script>`, 42}}
		w := p.write(t, v)
		checkPage(t, w)
		wantHas(t, w.Body.String(), want)
		policy := w.Header().Get("Content-Security-Policy")
		if want == "" {
			wantHasNot(t, policy, "script-src")
			wantHasNot(t, w.Body.String(), "<script")
			continue
		}
		wantHas(t, policy, "; script-src 'self'; ")
		wantHas(t, w.Body.String(), `<script src="/static/`, `/doorward.js" defer></script>`)
	}
	w := p.write(t, web.View{Name: "resend", Lang: "en", Title: "Page", Data: comfortPage{}})
	wantHasNot(t, w.Body.String(), "data-wait", "<script")
}
