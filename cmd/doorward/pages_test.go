package main_test

import (
	"net/url"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// sight is one page, in one state, as a visitor meets it: how it is reached from the one before, and what it alone has. Its name is
// that of its picture in docs/pages; one without a name is on the way.
type sight struct {
	name  string
	seen  string // selector; or "=" and the key of the h1
	reach []move
}

// move is a thing that a visitor does, or that happens to them.
type move func(g *guide)

// tour is a walk. Each goes through a house of its own, once in each language.
type tour struct {
	house  trait
	sights []sight
}

// tours are walks through all pages of sign-in and account, in all of their states. Each sight is a line: a new page is a new line, in the
// tour where it is met.
func tours() map[string]tour {
	return map[string]tour{
		"sign-in": {sights: signInTour()}, "codes": {sights: codesTour()}, "no mail": {house: withoutMail, sights: noMailTour()}, "select": {sights: selectTour()},
		"invitation": {sights: invitationTour()}, "links": {sights: linksTour()}, "forgot": {sights: forgotTour()},
		"account": {sights: accountTour()}, "second factor": {sights: secondFactorTour()},
		"google": {house: withProvider, sights: googleTour()}, "google at work": {house: withDomain, sights: domainTour()},
		"developers": {sights: developersTour()}, "people": {house: withTLS, sights: peopleTour()}, "trouble": {house: withSlowHashes, sights: troubleTour()},
		"company": {house: withBrand, sights: companyTour()}, "application": {house: withDescription, sights: applicationTour()},
		"access": {house: withGuard, sights: accessTour()}, "administrators": {house: guarded, sights: administratorsTour()},
	}
}

// TestEveryPageIsForEverybody holds every page of every tour against the rules of accessibility and against the width of a small phone, in
// real Chromium (behaviours.md 3.0b; S-01 to S-42).
func TestEveryPageIsForEverybody(t *testing.T) {
	t.Parallel()
	walkAll(t, tours(), walked()...)
}

// walked are the languages of a walk: both with `make attack`; else one, since each page has the same skeleton in all: where CI is set the one
// that has the longer words, at home the other.
func walked() []string {
	switch {
	case full:
		return []string{"en", "de"}
	case os.Getenv("CI") != "":
		return []string{"de"}
	}
	return []string{"en"}
}

// walkAll goes all these ways in each language, one after the other.
func walkAll(t *testing.T, tours map[string]tour, languages ...string) {
	t.Helper()
	judges := court{axe(t), map[string]bool{}}
	browser := startChromium(t)
	for name, tour := range tours {
		for _, lang := range languages {
			t.Run(name+"/"+lang, func(t *testing.T) {
				g := newCompany(t, lang, tour.house).guide(visitFor(t, browser, 10*time.Minute))
				for _, s := range tour.sights {
					g.walk(s, judges)
				}
				g.weighLetters()
				for _, complaint := range g.console() {
					if !strings.HasPrefix(complaint, "info:") && !strings.Contains(complaint, "the server responded with a status of") { // what is told to a person as a page
						t.Errorf("the console complains: %s", complaint)
					}
				}
			})
		}
	}
}

// walk goes to a sight and holds it against the rules.
func (g *guide) walk(s sight, c court) {
	g.visitor.t.Helper()
	for _, move := range s.reach {
		move(g)
	}
	if key, says := strings.CutPrefix(s.seen, "="); says {
		g.says(key)
	} else {
		g.page("", s.seen)
	}
	if s.name != "" {
		g.judge(s.name, c)
		g.weigh(s.name)
	}
}

// TestTheJudgesOfPagesAreAwake breaks a page on purpose: without it their silence would mean nothing.
func TestTheJudgesOfPagesAreAwake(t *testing.T) {
	t.Parallel()
	rules := axe(t)
	g := newCompany(t, "en", nil).guide(visit(t, startChromium(t)))
	open("/login")(g)
	g.page("", "#username")
	for _, these := range []string{standards, colours} {
		if found := g.violations(rules, these); len(found) > 0 {
			t.Fatalf("the page is broken before anybody broke it: %q", found)
		}
	}
	before := g.skeleton()
	g.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("h1").textContent = "Other words"; document.querySelector("a").href = "/elsewhere"`))
	if g.skeleton() != before {
		t.Error("a page with other words counts as another")
	}
	g.do(chromedp.Evaluate[chromedp.Void](`document.querySelector("label").className = "check"`))
	if g.skeleton() == before {
		t.Error("a page with another class counts as the same")
	}
	g.do(chromedp.Evaluate[chromedp.Void](`document.documentElement.removeAttribute("lang"); document.querySelector("label").remove();
		document.querySelector("main").append(Object.assign(document.createElement("pre"), {textContent: "x".repeat(2000)}));
		document.querySelector("h1").attributeStyleMap.set("color", "#ccc")`))
	if found := g.violations(rules, standards); len(found) < 3 {
		t.Errorf("axe finds only %q", found)
	}
	if found := g.violations(rules, colours); len(found) != 1 {
		t.Errorf("of the colours axe finds %q", found)
	}
	if g.sideways(320) <= 0 {
		t.Error("a line of 2000 letters does not stick out")
	}
}

// authorizeURL is a good request of an application, in which these parameters stand otherwise.
func (c *company) authorizeURL(client string, other url.Values) string {
	h := &intruder{server: &server{issuer: c.issuer}}
	return h.authorizeURL(client, func(q url.Values) {
		if client == "portal" {
			q.Set("redirect_uri", c.portal)
		}
		for name, values := range other {
			q[name] = values
		}
	})
}
