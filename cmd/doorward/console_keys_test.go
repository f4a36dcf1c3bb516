package main_test

import (
	"testing"

	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"
)

// mostTabs is how often somebody without a mouse presses Tab at most to come to what they want.
const mostTabs = 40

// TestAnApplicationIsConnectedByKeysAlone walks from the overview to the secret of a new application without a mouse: what is wanted is
// reached by Tab, shows that it is (WCAG 2.4.7), and is pressed by Enter.
func TestAnApplicationIsConnectedByKeysAlone(t *testing.T) {
	t.Parallel()
	g := newCompany(t, "en", guarded).guide(visit(t, startChromium(t)))
	administers(g)
	g.goes(append(moves(open("/admin")), signsIn()...))
	g.goes(moves(enter("#code", mailed), press("#trust-no")))
	g.page("", "#day")

	g.tabsTo(`nav a[href="/admin/apps"]`)
	g.leave(chromedp.KeyEvent(kb.Enter))
	g.tabsTo("#new-app")
	g.leave(chromedp.KeyEvent(kb.Enter))
	g.tabsTo(`a[href$="tile=nextcloud"]`)
	g.leave(chromedp.KeyEvent(kb.Enter))
	g.tabsTo("#address")
	g.do(chromedp.KeyEvent("https://cloud.example.com"))
	g.tabsTo("#submit")
	g.leave(chromedp.KeyEvent(kb.Enter))
	g.page("", "#the-secret")
	g.tabsTo("#test")
}

// tabsTo presses Tab until this has the focus.
func (g *guide) tabsTo(selector string) {
	t := g.visitor.t
	t.Helper()
	g.page("", selector)
	for range mostTabs {
		g.do(chromedp.KeyEvent(kb.Tab))
		at, err := chromedp.Run(g.ctx, chromedp.Evaluate[string](`(() => {
			const e = document.activeElement, style = getComputedStyle(e);
			if (!e.matches(`+"`"+selector+"`"+`)) return "";
			return style.outlineStyle !== "none" || style.boxShadow !== "none" ? "seen" : "unseen";
		})()`))
		g.must(err)
		switch at {
		case "seen":
			return
		case "unseen":
			t.Errorf("at %s: nothing shows that %s has the focus", g.address(), selector)
			return
		}
	}
	t.Fatalf("at %s: Tab does not come to %s", g.address(), selector)
}
