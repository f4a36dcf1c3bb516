package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"testing"

	"github.com/chromedp/chromedp"
)

// TestTheConsoleInTwoBrowsersAndFromAnotherSite: what other sites, and administrators who are none any more, get of an open console.
func TestTheConsoleInTwoBrowsersAndFromAnotherSite(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	c := newCompany(t, "en", guarded)
	first, second := c.guide(visit(t, browser)), c.guide(visit(t, browser))
	second.email = ben
	for _, g := range []*guide{first, second} {
		administers(g)
		g.goes(append(moves(open("/admin")), signsIn()...))
		g.goes(moves(enter("#code", mailed), press("#trust-no")))
		g.page("", "#day")
	}
	site := elsewhereSite(t, c)

	// A link leads in only by a page of ours: what is asked on another site's behalf comes without the console's Strict cookie.
	before := len(c.Answered("/admin"))
	first.do(chromedp.Navigate(site))
	first.do(chromedp.Click(chromedp.CSS("#link")))
	first.page("", "main table")
	want := []string{"GET /admin/people 303", "GET /admin/enter 200", "GET /admin/people 200"}
	if got := c.Answered("/admin")[before:]; !slices.Equal(got, want) {
		t.Errorf("the link from elsewhere is answered %q, not %q", got, want)
	}

	// A form of another site changes nothing. The same form of ours does, below.
	first.do(chromedp.Navigate(site))
	first.goes(moves(press("#post")))
	first.says("error.foreign")
	if state := c.Person(carla).State; state != "invited" {
		t.Errorf("another site has made Carla %s", state)
	}

	// AD-13: the first has the form of a change open while the second takes the role away.
	form := atPerson(carla, "/disable")
	first.goes(moves(form))
	first.page("", "#reason")
	second.goes(moves(atPerson(anna, "/role"), tick(`[name=role][value=""]`), press("#submit")))
	if role := c.Person(anna).Role; role != "" {
		t.Fatalf("Anna still is %s", role)
	}
	first.goes(moves(press("#submit")))
	first.page("", "#username, [name=continue], #password:not([tabindex])")
	if state := c.Person(carla).State; state != "invited" {
		t.Errorf("who is no administrator any more has made Carla %s", state)
	}
	before = len(c.Answered("/admin"))
	first.goes(moves(open("/admin/people")))
	first.page("", "#username, [name=continue], #password:not([tabindex])")
	if got := c.Answered("/admin")[before:]; !slices.Equal(got, []string{"GET /admin/people 303"}) {
		t.Errorf("who is out is answered %q", got)
	}

	second.goes(moves(form, press("#submit")))
	if state := c.Person(carla).State; state != "disabled" {
		t.Errorf("an administrator has made Carla %s", state)
	}
}

// goes makes the moves.
func (g *guide) goes(list []move) {
	g.visitor.t.Helper()
	for _, m := range list {
		m(g)
	}
}

// elsewhereSite is another site, by its own host, that links to the console and posts to it.
func elsewhereSite(t *testing.T, c *company) string {
	t.Helper()
	page := fmt.Sprintf(`<!doctype html><title>Elsewhere</title><a id="link" href="%s/admin/people">people</a>
		<form method="post" action="%[1]s/admin/people/%s/disable"><input name="reason" value="elsewhere"><button id="post">x</button></form>`, c.issuer, c.Person(carla).ID)
	site := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = w.Write([]byte(page))
	}))
	t.Cleanup(site.Close)
	return site.URL
}
