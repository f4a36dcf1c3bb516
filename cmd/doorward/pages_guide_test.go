package main_test

import (
	"encoding/json"
	"io"
	"mime"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"
)

// company is a house with two applications, a mail server, a Google that does not answer, and two people for each language.
type company struct {
	*server
	post post
}

var (
	speakers = map[string]string{"en": "anna@acme.example", "de": "berta@acme.example"}
	guests   = map[string]string{"en": "carla@acme.example", "de": "clara@acme.example"} // invited
)

func newCompany(t *testing.T) *company {
	t.Helper()
	p, mail := newPost(t)
	wiki, grafana := application(t, "wiki", "client_secret_basic"), application(t, "grafana", "client_secret_basic")
	wiki["name"], wiki["consent"], grafana["name"] = "Wiki", true, "Grafana"
	v := newServer(t, settings{
		"database": "sqlite:" + filepath.Join(t.TempDir(), "doorward.db"), "mail": mail, "company": "Acme", "contact": "help@acme.example",
		"time_zone": "Europe/Berlin", "clients": []settings{wiki, grafana},
		"google": settings{"client_id": "nobody", "client_secret_file": wiki["secret_file"], "issuer": "http://localhost:" + freePort(t)},
	})
	for lang, email := range speakers {
		v.addUser(email, annaPassword)
		invite := command(t, "user", "invite", guests[lang], "--name", "Carla Lund", "--language", lang, "--config", v.file)
		if out, err := invite.CombinedOutput(); err != nil {
			t.Fatalf("user invite: %v\n%s", err, out)
		}
	}
	v.start()
	return &company{v, p}
}

// guide leads a visitor who speaks one language.
type guide struct {
	*visitor
	*company
	lang, email string
	key         string // of the authenticator app
}

func (c *company) guide(v *visitor, lang string) *guide {
	v.t.Helper()
	headers := network.SetExtraHTTPHeadersParams{Headers: network.Headers{"Accept-Language": lang}}
	if _, err := chromedp.Call(v.ctx, network.SetExtraHTTPHeaders, headers); err != nil {
		v.t.Fatal(err)
	}
	return &guide{visitor: v, company: c, lang: lang, email: speakers[lang]}
}

// leave does what leads to another page, and waits until that is there.
func (g *guide) leave(action chromedp.Action[chromedp.Void]) {
	g.visitor.t.Helper()
	if _, err := chromedp.Run(g.ctx, chromedp.WaitEvent(page.LoadEventFired, nil, action)); err != nil {
		g.visitor.t.Fatalf("at %s: %v", g.address(), err)
	}
}

// code is the newest code that this person was mailed.
func (g *guide) code() string {
	g.visitor.t.Helper()
	return strings.ReplaceAll(g.inLetter(g.email, inSubject), " ", "")
}

// unquoted undoes of quoted-printable what can stand in an address.
var unquoted = strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=")

// inLetter waits for a letter to somebody that has this in subject or text, and gives what the newest one has.
func (g *guide) inLetter(to string, what *regexp.Regexp) string {
	g.visitor.t.Helper()
	found := ""
	g.until("a letter to "+to, func() bool {
		for _, r := range g.post.Received() {
			m := r.Parse(g.visitor.t)
			subject, errSubject := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
			body, err := io.ReadAll(m.Body)
			if err != nil || errSubject != nil || r.To[0] != to {
				continue
			}
			if here := what.FindString(subject + "\n" + unquoted.Replace(string(body))); here != "" {
				found = here
			}
		}
		return found != ""
	})
	return found
}

// axe reads the rules of axe-core, which npm ci brings.
func axe(t *testing.T) string {
	t.Helper()
	source, err := os.ReadFile(filepath.Join("testdata", "axe", "node_modules", "axe-core", "axe.min.js"))
	needs(t, err != nil, "axe-core: run npm ci in cmd/doorward/testdata/axe")
	return string(source)
}

// judge holds the page against all rules, in light and dark, on a small phone and on a desk, and takes its picture.
func (g *guide) judge(name string, rules string) {
	t := g.visitor.t
	t.Helper()
	if lang, err := chromedp.Run(g.ctx, chromedp.Evaluate[string]("document.documentElement.lang")); err != nil || lang != g.lang {
		t.Errorf("%s: the page speaks %q (%v)", name, lang, err)
	}
	for _, scheme := range []string{"light", "dark"} {
		g.prefer(scheme)
		for _, width := range []int64{320, 1280} {
			if over := g.sideways(width); over > 0 {
				t.Errorf("%s, %s, %d px: %d px stick out", name, scheme, width, over)
			}
			if width > 320 && (scheme != "light" || g.lang != "en") {
				continue // contrast goes by the scheme, and what does not fit by the width: no need of all of both
			}
			for _, v := range g.violations(rules) {
				t.Errorf("%s, %s, %d px: %s", name, scheme, width, v)
			}
		}
		g.picture(name + "-" + scheme)
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

// standards are the rules of WCAG 2.2, A and AA, and what axe calls best practice.
const standards = `["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22a", "wcag22aa", "best-practice"]`

// violations are what axe-core finds. Its script comes past the page's policy, as a debugger does.
func (g *guide) violations(rules string) []string {
	g.visitor.t.Helper()
	if loaded, err := chromedp.Run(g.ctx, chromedp.Evaluate[bool]("typeof axe === 'object'")); err != nil || !loaded {
		g.do(chromedp.Evaluate[chromedp.Void](rules + "; undefined"))
	}
	text, err := chromedp.Run(g.ctx, chromedp.Evaluate[string](`axe.run(document, {runOnly: {type: "tag", values: `+standards+`}, resultTypes: ["violations"]}).then(r => JSON.stringify(
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
