package main_test

import (
	"context"
	"net/url"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"github.com/doorward/doorward/storage"
)

// consoleTours are walks through every page of the console, each once, and through the set-up.
func consoleTours() map[string]tour {
	return map[string]tour{
		"set-up": {house: unset, sights: setupTour()}, "console": {house: governed, sights: consoleTour()},
		"outside": {sights: outsideTour()},
	}
}

// TestEveryPageOfTheConsoleIsForEverybody is TestEveryPageIsForEverybody for those who keep the house, beside it.
func TestEveryPageOfTheConsoleIsForEverybody(t *testing.T) {
	t.Parallel()
	walkAll(t, consoleTours(), walked()...)
}

// unset is a house without people, whose file leaves to the set-up what can be set there.
func unset(_ *testing.T, c *company, s settings) {
	c.nobody = true
	for _, name := range []string{"company", "contact", "mail"} {
		delete(s, name)
	}
}

// governed is a house whose console demands an authenticator app, as it does unless it is told otherwise, and hands out registrations.
func governed(_ *testing.T, _ *company, s settings) {
	s["registration"] = settings{"mode": "token"}
}

// setupTour is the way of a new administrator from the link to the door.
func setupTour() []sight {
	return []sight{
		{"setup", "#password", moves(byLink)},
		{"setup-wrong", ".problem", moves(fill("#name", word("Ada Lund")), fill("#email", word("ada@acme.example")), fill("#password", word("ada")), press("#submit"))},
		{"setup-company", "[name=company]", moves(fill("#password", word("seven quiet hedgehogs at dawn")), press("#submit"))},
		{"setup-mail", "#skip", moves(press("#submit"))},
		{"setup-done", "main a.btn", moves(press("#skip"))},
		{"setup-dead", "=error.title", moves(open("/setup?t=none"))},
	}
}

// byLink opens the link of a set-up.
func byLink(g *guide) { g.do(chromedp.Navigate(g.SetupLink())) }

func consoleTour() []sight {
	var all []sight
	for _, part := range [][]sight{toConsole(), applicationsOfConsole(), peopleOfConsole(), groupsOfConsole(), houseOfConsole()} {
		all = append(all, part...)
	}
	return all
}

// toConsole is the first sign-in of an administrator, who has no authenticator app yet.
func toConsole() []sight {
	return []sight{
		{"", "#code", append(moves(busyDay, administers, open("/admin")), signsIn()...)},
		{"", "#trust-no", moves(enter("#code", mailed))},
		{"console-app-wanted", "a[href*='/account/authenticator']", moves(press("#trust-no"))},
		{"", ".qr", moves(press("a[href*='/account/authenticator']"))},
		{"", "#saved", moves(scan, fill("#code", app(0)), press("#submit"))},
		{"console", "#day", moves(tick("#saved"), press("#submit"))},
		{"console-search", "main .list", moves(open("/admin/search?q=berg"))},
		{"console-search-none", "main .none", moves(open("/admin/search?q=nothing-like-it"))},
	}
}

// busyDay is what a house of some hundred people has had by the evening: the overview counts it.
func busyDay(g *guide) {
	happened := func(n int, e storage.Event) {
		for range n {
			g.must(g.DB().Record(context.Background(), e))
		}
	}
	for hour, n := range []int{1, 0, 2, 9, 24, 31, 18, 14, 22, 27, 16, 12, 19, 11, 6, 4, 3, 2} {
		happened(n, storage.Event{Kind: storage.SessionStarted, Actor: "test", Data: map[string]string{"methods": "pwd otp"}})
		happened(n/2, storage.Event{Kind: storage.SessionStarted, Actor: "test", Data: map[string]string{"methods": "pwd", "trusted": "true"}})
		happened(n/8, storage.Event{Kind: storage.SignInRefused, Actor: "test", Result: "password_wrong"})
		if hour == 12 {
			happened(1, storage.Event{Kind: storage.ClientRefused, Actor: "client:grafana", Client: "grafana", Result: "wrong_secret",
				Data: map[string]string{"count": "14", "since": g.Now().UTC().Format(time.RFC3339)}})
		}
		g.Later(time.Hour)
	}
}

// tick presses what leads to no other page.
func tick(selector string) move {
	return func(g *guide) { g.do(chromedp.Click(chromedp.CSS(selector))) }
}

// atApp and atPerson open a page of an application, and of somebody.
func atApp(page string) move { return open("/admin/apps/nextcloud" + page) }

func atPerson(email, page string) move {
	return func(g *guide) { open("/admin/people/" + g.Person(email).ID + page)(g) }
}

func applicationsOfConsole() []sight {
	return []sight{
		{"console-apps", "main table", moves(open("/admin/apps"))},
		{"console-tiles", ".tiles", moves(press("#new-app"))},
		{"console-app-new", "#address", moves(press("a[href$='tile=nextcloud']"))},
		{"console-app-new-wrong", ".problem", moves(fill("#address", word("http://cloud.example.com")), press("#submit"))},
		{"console-app-made", "#the-secret", moves(empty("#address"), fill("#address", word("https://cloud.example.com")), press("#submit"))},
		{"console-app", "#remove", moves(atApp(""))},
		{"console-app-declared", ".notice", moves(open("/admin/apps/wiki"))},
		{"console-app-access", "#people", moves(atApp("/access"))},
		{"console-app-settings", "#submit", moves(atApp("/settings"))},
		{"console-app-secrets", "#add-secret", moves(atApp("/secrets"))},
		{"console-app-secret", "#the-secret", moves(press("#add-secret"))},
		{"console-app-secrets-two", "main .danger", moves(atApp("/secrets"))},
		{"console-app-secret-remove", "#reason", moves(press("main .danger"))},
		{"console-app-test", "#test", moves(atApp("/test"))},
		{"console-app-tested", "main table", moves(press("#test"))},
		{"console-app-problems", "main .none", moves(atApp("/problems"))},
		{"", "#act", moves(authorize("nextcloud", url.Values{"redirect_uri": {"https://cloud.example.com/apps/oidc/code"}}))},
		{"console-app-address", "#submit", moves(press("#act"))},
		{"console-app-disable", "#reason", moves(atApp("/disable"))},
		{"console-app-remove", "#reason", moves(atApp("/remove"))},
		{"console-app-invitation", "#uses", moves(open("/admin/app-invitations"))},
		{"console-app-invited", "#the-token", moves(press("#submit"))},
	}
}

func peopleOfConsole() []sight {
	return []sight{
		{"console-people", "main table", moves(open("/admin/people"))},
		{"console-person-invite", "#email", moves(open("/admin/people/invite"))},
		{"console-person-invite-wrong", ".problem", moves(fill("#email", word("not an address")), press("#submit"))},
		{"console-person-invited", ".notice.good", moves(empty("#email"), fill("#email", word("dora@acme.example")), fill("#name", word("Dora Lind")), press("#submit"))},
		{"console-person-link", "#reason", moves(atPerson("dora@acme.example", "/link"))},
		{"console-person-linked", "code.key", moves(press("#submit"))},
		{"console-person", "main .rows", moves(atPerson(anna, ""))},
		{"console-person-change", "#email", moves(atPerson(ben, "/change"))},
		{"console-person-role", "[name=role]", moves(atPerson(ben, "/role"))},
		{"console-person-disable", "#reason", moves(atPerson(ben, "/disable"))},
		{"console-person-disabled", "#told", moves(press("#submit"))},
		{"console-person-remove", "#typed", moves(atPerson(ben, "/remove"))},
		{"console-people-import", "#list", moves(open("/admin/people/import"))},
		{"console-people-import-checked", "main table", moves(fill("#list", word("email,name\nemil@acme.example,Emil Falk\nnot an address,Nobody\n")), press("#submit"))},
	}
}

func groupsOfConsole() []sight {
	return []sight{
		{"console-groups", "main table", moves(open("/admin/groups"))},
		{"console-group-new", "#name", moves(open("/admin/new-group"))},
		{"console-group", "main .tools", moves(open("/admin/groups/staff"))},
		{"console-group-members", "#members", moves(open("/admin/groups/staff/members"))},
		{"console-group-change", "#title", moves(open("/admin/groups/staff/change"))},
		{"console-group-remove", "#reason", moves(open("/admin/groups/staff/remove"))},
	}
}

func houseOfConsole() []sight {
	return []sight{
		{"console-log", "main table", moves(open("/admin/log"))},
		{"console-sign-in", ".time", moves(open("/admin/log?kind=session.started"), press("#events td a"))},
		{"console-log-verify", "#submit", moves(open("/admin/log/verify"))},
		{"console-log-verified", ".notice.good", moves(press("#submit"))},
		{"console-keys", "main table", moves(open("/admin/keys"))},
		{"console-keys-rotate", "#reason", moves(open("/admin/keys/rotate"))},
		{"console-keys-now", ".danger", moves(open("/admin/keys/rotate?now=1"))},
		{"console-mail", "#outbox", moves(open("/admin/mail"))},
		{"console-mail-tested", ".notice.good", moves(press("#submit"))},
		{"console-settings", "main form", moves(open("/admin/settings"))},
		{"console-settings-mail", "main form", moves(open("/admin/settings/mail"))},
		{"console-settings-sign-in", "main form", moves(open("/admin/settings/sign-in"))},
	}
}

// outsideTour is the way of somebody who has no role.
func outsideTour() []sight {
	return []sight{
		{"", "#code", append(moves(as(ben)), toAccount()...)},
		{"", "main.wide", moves(enter("#code", mailed), press("#trust-no"))},
		{"console-forbidden", "=error.title", moves(open("/admin"))},
	}
}
