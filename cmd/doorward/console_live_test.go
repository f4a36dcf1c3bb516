package main_test

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/chromedp/cdproto/browser"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"github.com/doorward/doorward/storage"
)

// hostile is a value as an attacker would like to see it in the log.
const hostile = `<img src=x onerror="window.hacked=1"><script>window.hacked=1</script>`

// TestWhatLivesInTheConsole looks at the console's script (web/console.js), one sentence after the other in one house and one window, as
// one administrator. Time goes sixty times as fast for the scripts of this window.
func TestWhatLivesInTheConsole(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	g := newCompany(t, "en", guarded).guide(visit(t, browser))
	administers(g)
	g.goes(append(moves(open("/admin")), signsIn()...))
	g.goes(moves(enter("#code", mailed), press("#trust-no")))
	g.page("", "#day")
	hurry := page.AddScriptToEvaluateOnNewDocumentParams{Source: `{ const real = setTimeout; window.setTimeout = (f, ms) => real(f, ms / 60); }`}
	_, err := chromedp.Call(g.ctx, page.AddScriptToEvaluateOnNewDocument, hurry)
	g.must(err)
	for i := range 30 {
		g.happens(storage.Event{Kind: storage.UserAdded, User: g.Person(ben).ID, Reference: fmt.Sprint("OLD-", i)})
	}

	for _, sentence := range []struct {
		says string
		does func(*guide)
	}{
		{"an event comes into the open log, and takes neither focus, selection, scroll nor what was typed", (*guide).comesQuietly},
		{"what an event holds is text", (*guide).isText},
		{"a log that is narrowed stays so, also when it is narrowed anew", (*guide).staysNarrow},
		{"a log that is stopped, or that nobody looks at, asks for nothing", (*guide).rests},
		{"while the server and the network are away the log waits for them", (*guide).waitsForTheServer},
		{"on a phone the present place and the present tab are in sight", (*guide).isInSight},
		{"a new application's page waits for the first sign-in, and its secret stays and is copied", (*guide).waitsForASignIn},
		{"what came of a test letter stays, and the letter is sent once", (*guide).keepsWhatWasPosted},
		{"without scripts there is a link", (*guide).isReloaded},
		{"the log ends with the session, says so and shows nothing more", (*guide).endsWithTheSession},
	} {
		if !t.Run(sentence.says, func(t *testing.T) {
			g.visitor.t, g.company.t = t, t
			sentence.does(g)
		}) {
			return // each stands on the one before
		}
	}
	g.visitor.t = t
	for _, complaint := range g.console() {
		t.Errorf("the console complains: %s", complaint)
	}
}

// happens is something that the log tells of.
func (g *guide) happens(e storage.Event) {
	g.visitor.t.Helper()
	g.must(g.DB().Record(context.Background(), e))
}

// told says that the log has this reference.
func told(reference string) string {
	return `document.querySelector("#events").textContent.includes("` + reference + `")`
}

// rest lets a part's turn come a few times: what is asked for meanwhile is asked for by itself.
func (g *guide) rest() {
	g.do(chromedp.Evaluate[chromedp.Void](`new Promise(done => setTimeout(done, 10000))`, chromedp.EvalAwaitPromise))
}

func (g *guide) comesQuietly() {
	open("/admin/log?live=1")(g)
	g.page("", "#events table")
	g.do(chromedp.EmulateViewport(390, 800))
	g.do(chromedp.Evaluate[chromedp.Void](`{
		document.querySelector("#who").value = "half of a na";
		window.box = document.querySelector("#events .scroll"), window.link = box.querySelectorAll("td a")[20];
		box.scrollLeft = 60;
		link.focus();
		link.scrollIntoView({block: "center"});
		getSelection().selectAllChildren(link.closest("tr"));
		window.words = getSelection().toString();
		window.at = link.getBoundingClientRect().top;
	}`))
	g.happens(storage.Event{Kind: storage.UserAdded, User: g.Person(ben).ID, Reference: "NEW-1"})
	g.is("the event", told("NEW-1"))
	g.is("it to stand first", `document.querySelector("#events tbody tr").textContent.includes("NEW-1")`)
	g.is("the focus to stay", `document.activeElement === link`)
	g.is("the selection to stay", `words !== "" && getSelection().toString() === words`)
	g.is("the list not to be moved sideways", `document.querySelector("#events .scroll") === box && box.scrollLeft === 60`)
	g.is("the line to stand where it stood", `Math.abs(link.getBoundingClientRect().top - at) < 2`)
	g.is("what was typed", `document.querySelector("#who").value === "half of a na"`)
	g.do(chromedp.ResetViewport())
}

func (g *guide) isText() {
	g.do(chromedp.Evaluate[chromedp.Void](`{ // whatever is there for a moment
		window.strange = 0;
		const look = () => { strange += document.querySelectorAll("#events :not(div, table, thead, tbody, tr, th, td, a, span, p)").length; };
		new MutationObserver(look).observe(document.querySelector("#events"), {childList: true, subtree: true});
		document.addEventListener("securitypolicyviolation", () => { strange++; });
	}`))
	g.happens(storage.Event{Kind: hostile, Actor: "client:" + hostile, Client: hostile, Result: hostile, Address: hostile, Reference: "NEW-2", Data: map[string]string{"group": hostile}})
	g.is("the event", told("NEW-2"))
	const row = `document.querySelector("#events tbody tr")`
	g.is("what it holds, as text", row+`.textContent.split("<img src=x onerror=").length > 5`)
	g.rest()
	g.is("no picture, no script and nothing else of it, ever", `strange === 0 && !("hacked" in window)`)
}

func (g *guide) staysNarrow() {
	open("/admin/log?live=1&kind=client.")(g)
	g.page("", "#events[data-renew]")
	g.happens(storage.Event{Kind: storage.UserAdded, User: g.Person(ben).ID, Reference: "NEW-3"})
	g.happens(storage.Event{Kind: storage.ClientRefused, Client: "wiki", Result: "wrong_secret", Reference: "NEW-4"})
	g.is("the event that is asked for", told("NEW-4"))
	g.is("no other", "!"+told("NEW-3"))
	g.goes(moves(fill("#app", word("grafana")), press(".filter button")))
	g.is("another list that lives", `location.search.includes("app=grafana") && document.querySelector("#events[data-renew]") !== null && !`+told("NEW-4"))
}

func (g *guide) rests() {
	g.goes(moves(press(".tools a")))
	g.is("a list that does not renew itself", `document.querySelector("#events:not([data-renew])") !== null`)
	before := len(g.Answered("/admin/log"))
	g.rest()
	g.visitor.wants("a stopped log to ask for nothing", len(g.Answered("/admin/log")) == before)

	open("/admin/log?live=1")(g)
	g.page("", "#events[data-renew]")
	g.do(chromedp.Evaluate[chromedp.Void](`Object.defineProperty(document, "hidden", {value: true, configurable: true}), undefined`))
	g.rest() // one may have been under way
	before = len(g.Answered("/admin/log"))
	g.rest()
	g.visitor.wants("a log that nobody looks at to ask for nothing", len(g.Answered("/admin/log")) == before)
	g.happens(storage.Event{Kind: storage.UserAdded, User: g.Person(ben).ID, Reference: "NEW-5"})
	g.do(chromedp.Evaluate[chromedp.Void](`delete document.hidden, undefined`))
	g.is("the event, once somebody looks", told("NEW-5"))
}

func (g *guide) waitsForTheServer() {
	for i, away := range []string{`Promise.reject(new TypeError("no network"))`, `Promise.resolve(new Response("", {status: 503}))`, `Promise.resolve(new Response("", {status: 429}))`} {
		g.do(chromedp.Evaluate[chromedp.Void](`window.stays = true, window.asked = 0, window.real = window.real || window.fetch, window.fetch = () => (asked++, ` + away + `), undefined`))
		g.is("it to be asked for again and again", `window.stays && asked > 2`)
		g.do(chromedp.Evaluate[chromedp.Void](`window.fetch = window.real, undefined`))
		reference := fmt.Sprint("BACK-", i)
		g.happens(storage.Event{Kind: storage.UserAdded, User: g.Person(ben).ID, Reference: reference})
		g.is("the event", told(reference)+` && window.stays`)
	}
}

func (g *guide) isInSight() {
	g.do(chromedp.EmulateViewport(390, 800))
	defer g.do(chromedp.ResetViewport())
	open("/admin/settings/console")(g)
	g.page("", "main form")
	g.is("both within the screen, and the page at its beginning", `scrollY === 0 && document.querySelectorAll("nav [aria-current]").length === 2 &&
		[...document.querySelectorAll("nav [aria-current]")].every(e => e.getBoundingClientRect().left >= 0 && e.getBoundingClientRect().right <= innerWidth)`)
	g.is("neither to be moved up and down", `[...document.querySelectorAll("nav")].every(n => n.scrollHeight <= n.clientHeight)`)
}

func (g *guide) waitsForASignIn() {
	g.goes(moves(open("/admin/new-app?tile=nextcloud"), fill("#address", word("https://cloud.example.com")), press("#submit")))
	g.page("", "#the-secret")
	secret := g.text("#the-secret")
	const button = `document.querySelector("#the-secret + .tools button")`
	g.do(chromedp.Evaluate[chromedp.Void](`window.stays = true, undefined`))

	g.grants(g.issuer)
	// What it says for three seconds of a clock that is sixty times as fast is gone before it can be asked for.
	g.do(chromedp.Evaluate[chromedp.Void](`window.said = [], new MutationObserver(() => said.push(` + button + `.textContent)).observe(` + button + `, {childList: true, characterData: true, subtree: true}), undefined`))
	g.do(chromedp.Click(chromedp.CSS("#the-secret + .tools button")))
	g.is("the secret in the clipboard", `navigator.clipboard.readText().then(text => text === "`+secret+`")`)
	g.is("the button to say so", `said.includes("Copied")`)
	g.is("the button to be as before", button+`.textContent === "Copy"`)
	refuse := browser.SetPermissionParams{Permission: &browser.PermissionDescriptor{Name: "clipboard-write"}, Setting: browser.PermissionSettingDenied, Origin: g.issuer, BrowserContextID: g.private()}
	_, err := chromedp.Call(g.ctx, browser.SetPermission, refuse)
	g.must(err)
	g.do(chromedp.Click(chromedp.CSS("#the-secret + .tools button")))
	g.is("the secret to be selected, where the browser refuses", `getSelection().toString() === "`+secret+`" && `+button+`.textContent === "Copy"`)

	g.is("it to be waited for", `document.querySelector("#use [role=status]") !== null && document.querySelector("#use .good") === null`)
	u, now := g.Person(ben), g.Now()
	_, err = g.DB().RedeemCode(context.Background(), storage.Grant{ID: storage.NewID(), Kind: "code", ClientID: "nextcloud", UserID: u.ID, CodeID: storage.NewID(), CodeIssued: now,
		Scopes: []string{"openid"}, Offline: true, AuthTime: now, Created: now, Expires: now.Add(time.Hour)})
	g.must(err)
	g.is("the first sign-in", `document.querySelector("#use .good") !== null`)
	g.is("no reload, and the secret to stay", `window.stays && document.querySelector("#the-secret").textContent === "`+secret+`"`)
	before := len(g.Answered("/admin/apps/nextcloud"))
	g.rest()
	g.visitor.wants("nothing to be waited for any more", len(g.Answered("/admin/apps/nextcloud")) == before)
}

func (g *guide) keepsWhatWasPosted() {
	sent := len(g.post.Received())
	g.goes(moves(open("/admin/mail"), press("#submit")))
	g.page("", ".notice.good")
	before := len(g.Answered("/admin/mail"))
	g.until("the outbox to be read again", func() bool { return len(g.Answered("/admin/mail")) >= before+2 })
	g.is("what came of it to stay", `document.querySelector(".notice.good ~ pre") !== null`)
	g.visitor.wants("one letter", len(g.post.Received()) == sent+1)
}

func (g *guide) isReloaded() {
	g.scripts(false)
	open("/admin/log?live=1&kind=user.")(g)
	g.page("", "noscript a")
	g.happens(storage.Event{Kind: storage.UserAdded, User: g.Person(ben).ID, Reference: "NEW-6"})
	g.goes(moves(press("noscript a")))
	g.visitor.wants("the same list", g.address() == g.issuer+"/admin/log?live=1&kind=user.")
	g.sees("NEW-6")
	g.scripts(true)
}

func (g *guide) endsWithTheSession() {
	open("/admin/log?live=1")(g)
	g.page("", "#events table")
	g.do(chromedp.SendKeys(chromedp.CSS("#who"), "half of a na"))
	_, _, err := g.DB().EndEverywhere(context.Background(), g.Person(anna).ID, "", storage.Event{Actor: "operator"})
	g.must(err)
	g.is("the end", `document.querySelector("#events [role=alert]") !== null`)
	g.is("nothing more to be shown", `document.querySelector("#events table") === null && document.querySelector("#events").textContent.includes("your session has ended")`)
	g.is("what was typed, and the focus there", `document.activeElement.value === "half of a na"`)
	before := len(g.Answered("/admin/log"))
	g.rest()
	g.visitor.wants("nothing to be asked for any more", len(g.Answered("/admin/log")) == before)
	g.goes(moves(press("#events a")))
	g.page("", "#username, [name=continue]")
}

// scripts lets the page's scripts run, or not.
func (g *guide) scripts(run bool) {
	g.visitor.t.Helper()
	_, err := chromedp.Call(g.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !run})
	g.must(err)
}
