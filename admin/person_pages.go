package admin

import (
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// personPage is somebody with all that belongs to them.
type personPage struct {
	Done     string
	Person   PersonDetail
	Chip     chip
	Since    string
	First    string
	Methods  []line
	Sessions []line
	Trusts   []line
	Apps     []line
	Groups   []line
	History  []eventRow
	Acts     []actLink
	May      bool // the visitor may change this person
	Role     bool // and give them a role
}

// chip is a word of praise or care.
type chip struct{ Class, Text string }

// line is a row with what can be done to it.
type line struct {
	Title, Hint  string
	Path, Button string // "" nothing
}

// actLink leads to a page on which something is done.
type actLink struct {
	Title, Hint, Path string
	Danger            bool
}

const historyRows = 20

// personPage shows somebody.
func (v *visit) personPage() error {
	p, err := v.Desk.Person(v.r.Context(), v.id("id"))
	if err != nil {
		return err
	}
	history, err := v.Desk.Log(v.r.Context(), v.by, storage.LogFilter{User: p.ID}, Part{Limit: historyRows})
	if err != nil {
		return err
	}
	page := personPage{Done: v.done(), Person: p, Chip: v.chip(p.Invitation.State), Since: v.day(p.Created), First: v.t("person.never"), May: v.mayTouch(p.Person)}
	if !p.SignedIn.IsZero() {
		page.First = v.date(p.SignedIn)
	}
	page.Methods = v.methods(p, page.May && p.ID != v.by.ID)
	v.browsers(&page)
	for _, name := range p.Groups {
		page.Groups = append(page.Groups, line{Title: name, Path: groupPath(name)})
	}
	if page.History, err = v.rows(history.Events); err != nil {
		return err
	}
	if page.May {
		page.Acts, page.Role = v.actLinks(p), v.by.May(KeepAll) && p.ID != v.by.ID
	}
	return v.show("person", p.Called(), page)
}

func (v *visit) day(t time.Time) string  { return v.Site.Texts.Day(v.lang, t) }
func (v *visit) date(t time.Time) string { return v.Site.Texts.Date(v.lang, t) }

// mayTouch says whether the visitor may do something to this person, so that no button leads to a refusal.
func (v *visit) mayTouch(p Person) bool {
	return v.by.May(KeepPeople) && v.by.touches(storage.User{Role: p.Role}) == nil
}

// chip is the state of somebody in a word: for whoever is invited, how far they have come.
func (v *visit) chip(state string) chip {
	switch state {
	case storage.InvitationAccepted:
		return chip{"tag", v.t("person.state-active")}
	case storage.InvitationDisabled:
		return chip{"tag bad", v.t("person.state-disabled")}
	case storage.InvitationSent:
		return chip{"tag plain", v.t("person.state-invited")}
	case storage.InvitationOpened:
		return chip{"tag plain", v.t("person.state-opened")}
	case storage.InvitationExpired:
		return chip{"tag care", v.t("person.state-expired")}
	case storage.InvitationWithdrawn:
		return chip{"tag care", v.t("person.state-withdrawn")}
	}
	return chip{"tag care", v.t("person.state-none")}
}

// methods are the ways in, and what stands in for the app; unlink: with a button that takes an account elsewhere away.
func (v *visit) methods(p PersonDetail, unlink bool) []line {
	password := line{Title: v.t("person.password"), Hint: v.t("person.password-none")}
	if !p.PasswordSet.IsZero() {
		password.Hint = v.t("person.password-set", "day", v.day(p.PasswordSet))
	}
	if p.PasswordCopied {
		password.Hint = v.t("person.password-copied", "day", v.day(p.PasswordSet))
	}
	list := []line{password}
	for _, a := range p.Authenticators {
		list = append(list, line{Title: v.t("person.app", "name", a.Name), Hint: v.t("person.app-since", "day", v.day(a.Created))})
	}
	if len(p.Authenticators) == 0 {
		list = append(list, line{Title: v.t("person.no-app"), Hint: v.t("person.no-app-hint")})
	} else {
		list = append(list, line{Title: v.t("person.recovery"), Hint: v.t("person.recovery-left", "n", strconv.Itoa(p.RecoveryCodes))})
	}
	for _, g := range p.Google {
		row := line{Title: "Google", Hint: v.t("person.google-linked", "address", g.Email, "day", v.day(g.Created))}
		if unlink {
			row.Path, row.Button = v.pathOf(p.ID, "unlink-google"), v.t("person.unlink-button")
		}
		list = append(list, row)
	}
	return list
}

// browsers are those in which somebody is signed in, those they trust, and the applications that act for them.
func (v *visit) browsers(page *personPage) {
	p := page.Person
	for _, s := range p.Sessions {
		row := line{Title: v.browser(s.Browser), Hint: v.t("person.session-hint", "since", v.date(s.Created), "address", s.Address, "seen", v.date(s.Seen))}
		if page.May {
			row.Path, row.Button = v.pathOf(p.ID, "sessions", s.ID), v.t("person.session-button")
		}
		page.Sessions = append(page.Sessions, row)
	}
	for _, t := range p.Trusts {
		row := line{Title: v.browser(t.Browser), Hint: v.t("person.trust-hint", "since", v.day(t.Created), "used", v.day(t.Used), "until", v.day(t.Ends))}
		if page.May {
			row.Path, row.Button = v.pathOf(p.ID, "trusts", t.ID), v.t("person.trust-button")
		}
		page.Trusts = append(page.Trusts, row)
	}
	for _, a := range p.Apps {
		page.Apps = append(page.Apps, line{Title: a.Name, Hint: v.t("person.access-hint", "since", v.day(a.Since), "scopes", strings.Join(a.Scopes, " "))})
	}
}

// browser is a browser and its system, as the account page calls them too.
func (v *visit) browser(agent string) string {
	name, system, both := strings.Cut(agent, " on ")
	switch {
	case both:
		return v.t("person.browser", "browser", name, "system", system)
	case agent == "":
		return v.t("person.browser-unknown")
	}
	return agent
}

// pathOf is a path below a person's page.
func (v *visit) pathOf(id string, parts ...string) string {
	path := "/admin/people/" + url.PathEscape(id)
	for _, part := range parts {
		path += "/" + url.PathEscape(part)
	}
	return path
}
