package main_test

import (
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/chromedp"
	"github.com/doorward/doorward/web"
)

// comforts is a page of everything that the script file does, and what was posted last.
const comforts = `
	<p id="posted">{{.Data.Posted}}</p>
	<form method="post" action="/" novalidate>
	<label for="username">Name</label>
	<input id="username" name="username" autocomplete="username" value="anna" readonly>
	<label for="password">Password</label>
	<div class="beside"><input id="password" name="password" type="password" autocomplete="current-password" {{.Shows}}></div>
	<button class="btn" id="send" name="send">Send</button>
	</form>
	<form method="post" action="/" novalidate>
	<label for="code">Code</label>
	<input class="code" id="code" name="code" autocomplete="one-time-code" {{.Described "code"}} {{.Goes}}>
	{{.Fault "code"}}
	<button class="btn" id="submit" name="submit">Continue</button>
	<button class="btn alt" id="resend" name="resend" {{.Waits 3 "Send again"}}>Send again (in 3 s)</button>
	</form>
	<code class="key" id="key" {{.Copies "JBSWY3DP"}}>JBSW Y3DP</code>
	<ol class="codes" id="codes" {{.Keeps "recovery-codes.txt"}}><li>7f3k-92qa</li>
	<li>x0rt-44mm</li></ol>`

// serveComforts shows the page under the policy that all pages have. Each post is noted, and answered late, as on a slow line.
func serveComforts(t *testing.T) (string, *capture) {
	t.Helper()
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	var posted capture
	server := httptest.NewUnstartedServer(nil)
	site := &web.Site{Issuer: "http://" + server.Listener.Addr().String(), Company: "Acme", Texts: texts}
	pages, err := web.NewPages(site, fstest.MapFS{"pages/comfort.html": {Data: []byte(comforts)}})
	if err != nil {
		t.Fatal(err)
	}
	router := site.NewRouter(pages)
	show := func(w http.ResponseWriter, r *http.Request) error {
		v := web.View{Name: "comfort", Lang: "en", Title: "Comfort"}
		if r.Method == http.MethodPost {
			form, err := web.ParseForm(w, r)
			if err != nil {
				return err
			}
			_, _ = posted.Write([]byte(form.Encode() + "\n"))
			time.Sleep(300 * time.Millisecond)
			if form.Get("code") == "000 000" {
				v.Errors = []web.FieldError{{Field: "code", Text: "Wrong."}}
			}
		}
		v.Data = struct{ Posted string }{string(posted.bytes())}
		return pages.Write(w, r, v)
	}
	door := &web.Door{Site: site, Fail: pages.Fail, SameSite: true}
	door.Handle(router, "/", web.Methods{"GET": show, "POST": show})
	server.Config.Handler = site.Wrap(router)
	server.Start()
	t.Cleanup(server.Close)
	return site.Issuer, &posted
}

// TestWhatTheScriptFileDoesInChromium looks at each comfort, and at what the page is without (behaviours.md 3.0b).
func TestWhatTheScriptFileDoesInChromium(t *testing.T) {
	t.Parallel()
	ctx := startChromium(t)
	origin, posted := serveComforts(t)
	v := visit(t, ctx)
	v.do(chromedp.Navigate(origin + "/"))
	v.page("", ".beside button")

	const show = `document.querySelector(".beside button")`
	v.is("the password to be hidden", `document.querySelector("#password").type === "password"`)
	v.is("a button of at least 24 px with a name of its own", show+`.getBoundingClientRect().height >= 24 && `+show+`.getBoundingClientRect().width >= 24 && `+show+`.getAttribute("aria-label") === "Show password"`)
	v.do(chromedp.SendKeys(chromedp.CSS("#password"), "correct horse"), chromedp.Click(chromedp.CSS(".beside button")))
	v.is("the password to be shown, and said", `document.querySelector("#password").type === "text" && `+show+`.textContent === "Hide" && `+show+`.getAttribute("aria-label") === "Hide password" && document.querySelector("[role=status]").textContent === "Your password is shown."`)

	v.is("a count", `document.querySelector("#resend").textContent === "Send again (in 2 s)" && document.querySelector("#resend").ariaDisabled === "true"`)
	v.is("its end", `document.querySelector("#resend").textContent === "Send again" && !document.querySelector("#resend").ariaDisabled`)

	v.grants(origin)
	v.do(chromedp.Click(chromedp.CSS("#key + .tools button")))
	v.is("the key in the clipboard", `navigator.clipboard.readText().then(text => text === "JBSWY3DP")`)
	v.is("the button to say so", `document.querySelector("#key + .tools button").textContent === "Copied"`)
	v.do(chromedp.Click(chromedp.CSS("#codes + .tools button:nth-child(1)")))
	v.is("the codes in the clipboard, one a line", `navigator.clipboard.readText().then(text => text === "7f3k-92qa\nx0rt-44mm\n")`)
	v.do(chromedp.Evaluate[chromedp.Void](`window.print = () => { window.printed = true; }; undefined`), chromedp.Click(chromedp.CSS("#codes + .tools button:nth-child(2)")))
	v.is("the page to be printed", "window.printed === true")
	v.saves("#codes + .tools button:nth-child(3)", "recovery-codes.txt", "7f3k-92qa\nx0rt-44mm\n")

	// A code that is wrong may be looked at; one that is complete goes on, once, whoever presses what beside it.
	v.do(chromedp.SendKeys(chromedp.CSS("#code"), "000 000"))
	v.page("", "#code[aria-invalid]")
	v.is("no promise to go on by itself", `document.querySelector("#code-goes") === null`)
	v.do(chromedp.Navigate(origin + "/"))
	v.page("", "#code-goes")
	v.is("the promise to belong to the field", `document.querySelector("#code").getAttribute("aria-describedby") === "code-goes"`)
	before := strings.Count(string(posted.bytes()), "\n")
	v.do(chromedp.SendKeys(chromedp.CSS("#code"), "12-34-5"), chromedp.Evaluate[chromedp.Void](`{ const code = document.querySelector("#code"), button = document.querySelector("#submit");
		code.value += "6"; code.dispatchEvent(new Event("input")); button.click(); button.click(); }`))
	v.is("the answer", `document.querySelector("#posted").textContent.includes("code=12-34-56")`)
	sent := strings.Split(strings.TrimSpace(string(posted.bytes())), "\n")[before:]
	if len(sent) != 1 || sent[0] != "code=12-34-56&submit=" {
		t.Errorf("what was sent: %q", sent)
	}
	if said := v.console(); len(said) > 0 {
		t.Errorf("the console complains: %q", said)
	}
}

// is waits until an expression is true; it may be a promise.
func (v *visitor) is(what, expression string) {
	v.t.Helper()
	var last error
	for range 250 {
		ok, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool]("Promise.resolve("+expression+")", chromedp.EvalAwaitPromise))
		if ok {
			return
		}
		last = err
		time.Sleep(20 * time.Millisecond)
	}
	v.t.Errorf("at %s: want %s (%v)", v.address(), what, last)
}

// grants lets the page use the clipboard, as a person's press on the button does.
func (v *visitor) grants(origin string) {
	v.t.Helper()
	for _, name := range []string{"clipboard-read", "clipboard-write"} {
		allow := browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: name}, Setting: browser.PermissionSettingGranted, Origin: origin, BrowserContextID: v.private()}
		if _, err := chromedp.Call(v.ctx, browser.SetPermission, allow); err != nil {
			v.t.Fatal(err)
		}
	}
}

// private is the id of this private window.
func (v *visitor) private() cdp.BrowserContextID {
	v.t.Helper()
	here := v.address()
	targets, err := chromedp.Targets(v.ctx)
	if err != nil {
		v.t.Fatal(err)
	}
	for _, target := range targets {
		if target.URL == here {
			return target.BrowserContextID
		}
	}
	v.t.Fatalf("no window is at %s", here)
	return ""
}

// saves presses a button and reads the file that it saves.
func (v *visitor) saves(selector, name, want string) {
	v.t.Helper()
	folder := v.t.TempDir()
	allow := browser.SetDownloadBehaviorParams{Behavior: browser.SetDownloadBehaviorBehaviorAllow, DownloadPath: folder, BrowserContextID: v.private()}
	if _, err := chromedp.Call(v.ctx, browser.SetDownloadBehavior, allow); err != nil {
		v.t.Fatal(err)
	}
	v.do(chromedp.Click(chromedp.CSS(selector)))
	for range 250 {
		if data, err := os.ReadFile(filepath.Join(folder, name)); err == nil && string(data) == want {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	files, _ := os.ReadDir(folder)
	v.t.Errorf("%s was not saved: %v", name, files)
}
