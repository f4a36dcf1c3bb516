package main_test

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/security"
	"github.com/chromedp/chromedp"

	"github.com/doorward/doorward/web"
)

// guide leads a visitor through a company, as one person.
type guide struct {
	*visitor
	*company
	email string
	key   string // of the authenticator app
	spare string // recovery code
	kept  string // an address
}

func (c *company) guide(v *visitor) *guide {
	v.t.Helper()
	headers := network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": c.lang}}
	if _, err := chromedp.Call(v.ctx, network.SetExtraHTTPHeaders, headers); err != nil {
		v.t.Fatal(err)
	}
	if strings.HasPrefix(c.issuer, "https:") { // by a certificate that nobody knows
		if _, err := chromedp.Call(v.ctx, security.SetIgnoreCertificateErrors, security.SetIgnoreCertificateErrorsParams{Ignore: true}); err != nil {
			v.t.Fatal(err)
		}
	}
	return &guide{visitor: v, company: c, email: anna}
}

// leave does what leads to another page, and waits until that is there.
func (g *guide) leave(action chromedp.Action[chromedp.Void]) {
	g.visitor.t.Helper()
	if _, err := chromedp.Run(g.ctx, chromedp.WaitEvent(page.LoadEventFired, nil, action)); err != nil {
		g.visitor.t.Fatalf("at %s: %v", g.address(), err)
	}
}

// texts are what the pages say.
var texts = sync.OnceValues(web.LoadTexts)

var placeholder = regexp.MustCompile(`\\\{\w+\\\}`)

// headed is what the h1 says of the text of this key: its bold beginning, where it has one.
func (g *guide) headed(key string) *regexp.Regexp {
	g.visitor.t.Helper()
	all, err := texts()
	if err != nil {
		g.visitor.t.Fatal(err)
	}
	text := all.T(g.lang, key)
	if bold, found := strings.CutPrefix(text, "**"); found {
		bold, _, _ = strings.Cut(bold, "**")
		text = strings.TrimSuffix(bold, ".")
	}
	return regexp.MustCompile("^" + placeholder.ReplaceAllString(regexp.QuoteMeta(text), ".+") + "$")
}

// says waits until the h1 says the text of this key.
func (g *guide) says(key string) {
	g.visitor.t.Helper()
	want, got := g.headed(key), ""
	g.until("a page that says "+want.String(), func() bool {
		got = g.heading()
		return want.MatchString(got)
	})
}

func (g *guide) heading() string {
	text, err := chromedp.Run(g.ctx, chromedp.Evaluate[string](`document.querySelector("h1")?.textContent ?? ""`))
	if err != nil {
		return "" // between two pages
	}
	return text
}

// axe reads the rules of axe-core, which npm ci brings.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "axe", "node_modules", "axe-core", "axe.min.js"))
	needs(t, err != nil, "axe-core: run npm ci in cmd/doorward/testdata/axe")
	return string(source)
}

// court are the rules, and the pages that they were held against.
type court struct {
	rules string          // axe-core
	knows map[string]bool // by rules and skeleton; at full volume by language too
}

// skeletonOf is a page without its words: elements in their order, with what they are and how they hang together, and the style sheet. Two
// pages of one skeleton have the same colours and break the same rules, but for those about words.
const skeletonOf = `(() => {
	const copy = document.documentElement.cloneNode(true), kept = ["class", "id", "type", "role", "for", "name", "autocomplete", "tabindex", "src"];
	for (const e of copy.querySelectorAll("svg")) e.replaceChildren();
	for (const e of copy.querySelectorAll(":not(svg, style)")) {
		for (const a of [...e.attributes]) if (!kept.includes(a.name) && !a.name.startsWith("aria-")) a.value = a.value === "" ? "" : "x";
		for (const n of e.childNodes) if (n.nodeType === Node.TEXT_NODE && n.data.trim() !== "") n.data = "x";
	}
	copy.lang = "";
	return copy.outerHTML;
})()`

func (g *guide) skeleton() string {
	g.visitor.t.Helper()
	text, err := chromedp.Run(g.ctx, chromedp.Evaluate[string](skeletonOf))
	g.must(err)
	return text
}

// judge holds the page against all rules on a small phone, against those about colours on a desk in the other scheme, and takes its
// pictures. Every other page, by its name, is dark on the phone and light on the desk. What has the skeleton of a page that was judged is not
// judged twice, but for what its words may change: its language, its title and its width. At full volume each language is judged by all rules.
func (g *guide) judge(name string, c court) {
	t := g.visitor.t
	t.Helper()
	if says, err := chromedp.Run(g.ctx, chromedp.Evaluate[[]string]("[document.documentElement.lang, document.title.trim()]")); err != nil || says[0] != g.lang || says[1] == "" {
		t.Errorf("%s: the page speaks and is called %q (%v)", name, says, err)
	}
	phone, desk := "light", "dark"
	if len(name)%2 == 1 {
		phone, desk = desk, phone
	}
	rules := standards
	if strings.HasPrefix(name, "letter-") {
		rules = ofLetters
	}
	skeleton := g.skeleton()
	for _, look := range []struct {
		scheme, rules string
		width         int64
	}{{phone, rules, 320}, {desk, colours, 1280}} {
		g.prefer(look.scheme)
		if over := g.sideways(look.width); over > 0 {
			t.Errorf("%s, %s: %d px stick out of %d", name, look.scheme, over, look.width)
		}
		at := look.rules + skeleton
		if full {
			at += g.lang
		}
		if !c.knows[at] {
			c.knows[at] = true
			for _, v := range g.violations(c.rules, look.rules) {
				t.Errorf("%s, %s at %d px: %s", name, look.scheme, look.width, v)
			}
		}
		g.picture(name + "-" + look.scheme)
	}
	g.prefer("light")
	g.do(chromedp.ResetViewport())
}

// prefer sets the scheme, and no motion: a colour on its way to another one is none of ours.
func (g *guide) prefer(scheme string) {
	media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{
		{Name: "prefers-color-scheme", Value: scheme}, {Name: "prefers-reduced-motion", Value: "reduce"},
	}}
	if _, err := chromedp.Call(g.ctx, emulation.SetEmulatedMedia, media); err != nil {
		g.visitor.t.Fatal(err)
	}
}

// sideways lays the page out in a width, and tells how far it sticks out.
func (g *guide) sideways(width int64) int {
	g.do(chromedp.EmulateViewport(width, 800))
	over, err := chromedp.Run(g.ctx, chromedp.Evaluate[int]("document.scrollingElement.scrollWidth - innerWidth"))
	if err != nil {
		g.visitor.t.Fatal(err)
	}
	return over
}

const (
	// standards are the rules of WCAG 2.2, A and AA, and what axe calls best practice.
	standards = `{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]}`
	// ofLetters are those that a letter can keep: a mail program puts it into a page of its own.
	ofLetters = `{type: "tag", values: ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa"]}`
	// colours are those of them that look at colours.
	colours = `{type: "rule", values: ["color-contrast", "link-in-text-block"]}`
)

// violations are what axe-core finds by these rules. Its script comes past the page's policy, as a debugger does.
func (g *guide) violations(rules, these string) []string {
	g.visitor.t.Helper()
	if loaded, err := chromedp.Run(g.ctx, chromedp.Evaluate[bool]("typeof axe === 'object'")); err != nil || !loaded {
		g.do(chromedp.Evaluate[chromedp.Void](rules + "; undefined"))
	}
	text, err := chromedp.Run(g.ctx, chromedp.Evaluate[string](`axe.run(document, {runOnly: `+these+`, resultTypes: ["violations"]}).then(r => JSON.stringify(
		r.violations.map(v => v.id + ": " + v.help + ": " + v.nodes.map(n => n.html.slice(0, 120) + " " + n.failureSummary).join(" | "))))`, chromedp.EvalAwaitPromise))
	if err != nil {
		g.visitor.t.Fatalf("axe: %v", err)
	}
	var found []string
	if err := json.Unmarshal([]byte(text), &found); err != nil {
		g.visitor.t.Fatal(err)
	}
	return found
}
