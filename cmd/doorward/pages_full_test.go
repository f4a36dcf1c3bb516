package main_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/doorward/doorward/storage"
)

// What the fullest pages of a console hold: a page of each list, with names as long as they get.
const (
	many     = 60 // people, applications, groups, letters, sessions: more than a page of their list
	longName = "Dr. Maximiliane Alexandra Oberhuber-Schwarzenbach von und zu Weißenfels"
	fullID   = "customer-portal.southern-branch-and-field-service.production"
)

func longEmail(i int) string {
	return fmt.Sprintf("maximiliane-alexandra.oberhuber-schwarzenbach%02d@sales.southern-branch.acme.example", i)
}

func longGroup(i int) string { return fmt.Sprintf("southern-branch-and-field-service-%02d", i) }

// TestTheFullestPagesOfTheConsoleKeepTheirBudget holds the pages that grow with the house against the budget of all, and against the
// width of a phone and of a desk, when they hold as much as they ever do.
func TestTheFullestPagesOfTheConsoleKeepTheirBudget(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	g := newCompany(t, walked()[0], guarded).guide(visit(t, browser))
	administers(g)
	g.fillsUp()
	g.goes(append(moves(open("/admin")), signsIn()...))
	g.goes(moves(enter("#code", mailed), press("#trust-no")))
	g.page("", "#day")

	person, app := "/admin/people/"+g.Person(longEmail(0)).ID, "/admin/apps/"+fullID
	for _, path := range []string{
		"/admin", "/admin/search?q=maximiliane", "/admin/apps", app, app + "/access", app + "/settings", app + "/secrets", app + "/problems", app + "/remove",
		"/admin/people", "/admin/people?group=" + longGroup(0), person, person + "/change", person + "/disable", person + "/remove",
		"/admin/groups", "/admin/groups/" + longGroup(0), "/admin/groups/" + longGroup(0) + "/members",
		"/admin/log", "/admin/log?live=1&kind=client.", "/admin/keys", "/admin/mail",
	} {
		g.goes(moves(open(path)))
		if path == "/admin/people" || path == "/admin/log" {
			g.is("a full list", `document.querySelectorAll("main tbody tr").length === 50`)
		}
		g.isLight(path)
	}
	g.goes(moves(open("/admin/log?kind=sign_in.&reference=LONG"), press("#events td a")))
	g.page("", ".time li:nth-child(40)")
	g.isLight("the inspector")
	var list strings.Builder
	list.WriteString("email,name,groups\n")
	for i := range 300 {
		fmt.Fprintf(&list, "x%s,%s,%s\n", longEmail(i), longName, longGroup(0))
	}
	g.goes(moves(open("/admin/people/import")))
	g.do(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("document.querySelector('#list').value = %q, undefined", list.String())))
	g.goes(moves(press("#submit")))
	g.page("", "main table")
	g.fits("a list of 300 people") // which comes back in its field, as long as it was
}

// isLight holds the present page against all budgets.
func (g *guide) isLight(name string) {
	g.visitor.t.Helper()
	g.page("", "body.console main")
	g.weigh(name)
	g.fits(name)
}

// fits says how far the page sticks out on a small phone, and on a desk.
func (g *guide) fits(name string) {
	g.visitor.t.Helper()
	for _, width := range []int64{320, 1280} {
		if over := g.sideways(width); over > 0 {
			g.visitor.t.Errorf("%s: %d px stick out of %d", name, over, width)
		}
	}
}

// fillsUp lets the house grow.
func (g *guide) fillsUp() {
	ctx, db, now := context.Background(), g.DB(), g.Now()
	by := storage.Event{Actor: "operator"}
	var groups []string
	for i := range many {
		groups = append(groups, longGroup(i))
		_, err := db.PutGroup(ctx, storage.Group{Name: longGroup(i), Title: "Southern branch and field service, second floor, team " + fmt.Sprint(i), TOTP: true, Helpdesk: true}, by)
		g.must(err)
		g.must(db.AddClient(ctx, fullClient(fmt.Sprintf("%s-%02d", fullID, i), nil), by))
	}
	var people []string
	for i := range many {
		u := storage.User{ID: storage.NewID(), Email: longEmail(i), CustomerNumber: fmt.Sprint(10000000000000000000 + uint64(i)), Claims: map[string]any{"name": longName},
			Groups: groups[:20], Role: "helpdesk", State: "active", Version: 1}
		g.must(db.AddUser(ctx, u, "", by))
		people = append(people, u.ID)
		g.must(db.PutLetter(ctx, storage.OutboxLetter{ID: storage.NewID(), Sealed: "sealed", UserID: u.ID, Created: now, Expires: now.Add(time.Hour)}, 1000))
	}
	g.must(db.AddClient(ctx, fullClient(fullID, people), by))
	for i := range 20 {
		s, err := db.Finish(ctx, storage.SignIn{UserVersion: 1, Until: now.Add(time.Hour), Session: storage.Session{Cookie: []byte(storage.NewID()), UserID: people[0], Attempt: storage.NewID(),
			AuthTime: now, ACR: storage.TwoFactors, AMR: []string{"pwd", "otp", "mfa"}, Agent: "Samsung Internet on Android", Address: "2001:db8:85a3:8d3:1319:8a2e:370:7348",
			IdleUntil: now.Add(time.Hour), Expires: now.Add(time.Hour)}}, by)
		g.must(err)
		_, err = db.RedeemCode(ctx, storage.Grant{ID: storage.NewID(), Kind: "code", ClientID: fmt.Sprintf("%s-%02d", fullID, i), UserID: people[0], SessionID: s.ID, CodeID: storage.NewID(), CodeIssued: g.Now(),
			Scopes: []string{"openid", "profile", "email", "groups"}, AuthTime: now, Created: now, Expires: now.Add(time.Hour), Tell: storage.TellByUs})
		g.must(err)
	}
	g.logsMuch(people)
}

// fullClient is an application that says as much of itself as one can.
func fullClient(id string, people []string) storage.Client {
	c := storage.Client{ID: id, Name: "Customer portal of the southern branch and its field service", Type: "web", AuthMethod: "client_secret_basic", Secrets: [2][]byte{make([]byte, 32), make([]byte, 32)},
		GrantTypes: []string{"authorization_code", "refresh_token"}, RequirePKCE: true, IDTokenAlg: "RS256", Refresh: "session", TokenFormat: "opaque", Scopes: []string{"openid", "profile", "email", "groups"},
		BackchannelURI: "https://portal.southern-branch.acme.example/backchannel-logout", People: people}
	for i := range 20 {
		c.RedirectURIs = append(c.RedirectURIs, fmt.Sprintf("https://portal-%02d.southern-branch-and-field-service.acme.example/customers/sign-in/oidc/callback", i))
		c.PostLogoutRedirectURIs = append(c.PostLogoutRedirectURIs, fmt.Sprintf("https://portal-%02d.southern-branch-and-field-service.acme.example/customers/signed-out", i))
		if people != nil {
			c.Groups = append(c.Groups, longGroup(i))
		}
	}
	return c
}

// logsMuch fills the log: with more than a page, of all kinds, and with one sign-in of 40 steps.
func (g *guide) logsMuch(people []string) {
	const address = "2001:db8:85a3:8d3:1319:8a2e:370:7348"
	attempt := storage.NewID()
	for i := range many {
		g.happens(storage.Event{Kind: storage.UserAdded, Actor: people[i], User: people[(i+1)%many], Client: fullID, Address: address, Reference: "E-ABCD-12", Data: map[string]string{"group": longGroup(i)}})
		g.happens(storage.Event{Kind: storage.ClientRefused, Actor: "client:" + fullID, Client: fmt.Sprintf("%s-%02d", fullID, i), Result: "wrong_secret", Address: address,
			Data: map[string]string{"count": "14", "since": g.Now().UTC().Format(time.RFC3339)}})
		g.happens(storage.Event{Kind: storage.ClientMisfit, Actor: "client:" + fullID, Client: fullID, Result: "invalid_redirect_uri", Address: address,
			Data: map[string]string{"redirect_uri": fullClient("", nil).RedirectURIs[i%20] + "?customer=" + fmt.Sprint(i)}})
	}
	for range 40 {
		g.happens(storage.Event{Kind: storage.SignInRefused, User: people[0], Client: fullID, Result: "password_wrong", Address: address, Reference: "LONG", Attempt: attempt})
	}
}
