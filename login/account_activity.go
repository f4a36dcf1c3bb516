package login

import (
	"cmp"
	"strconv"
	"strings"

	"github.com/doorward/doorward/storage"
)

// eventsPerRow is how many events are looked at for each row of a page: those that say the same one after another become one row,
// so that whoever guesses passwords does not push everything else out.
const eventsPerRow = 20

// activity is what happened to the account lately, in plain sentences.
func (p *ownPage) activity() (section, error) {
	out := section{Name: "activity", Title: p.t("account.activity"), Empty: p.t("account.activity-none")}
	events, err := p.Store.Activity(p.r.Context(), p.person.ID, min(eventsPerRow*p.most, 4*rowsListed))
	if err != nil {
		return out, err
	}
	names := p.clientNames()
	var last told
	for _, e := range events {
		said, alarming := p.sentence(e, names(e.Client))
		switch {
		case said == "":
			continue
		case last.text == said && (last.from == e.Address || e.Kind == storage.SignInRefused):
			last.times++
			newest := &out.Rows[len(out.Rows)-1]
			newest.Tag = p.t("account.activity-times", "n", strconv.Itoa(last.times))
			if last.from != e.Address {
				newest.Hints = []string{p.t("account.activity-when", "date", last.at, "address", p.t("account.activity-several"))}
			}
			continue
		}
		last = told{said, e.Address, p.Site.Texts.Date(p.lang, e.Time), 1}
		out.Rows = append(out.Rows, row{Title: said, Hints: []string{p.where(e, said)}})
		if alarming {
			out.All = &action{Path: "/account/alarm", Text: p.t("account.not-me"), Hint: p.t("account.not-me-hint"), Link: true}
		}
	}
	return out, nil
}

// told is what the newest row says.
type told struct {
	text, from, at string
	times          int
}

// where is the time of an event, where it came from, and by which browser, unless the sentence says so.
func (p *ownPage) where(e storage.Event, said string) string {
	out := p.Site.Texts.Date(p.lang, e.Time)
	if e.Address != "" {
		out = p.t("account.activity-when", "date", out, "address", e.Address)
	}
	if browser := e.Data["browser"]; browser != "" && !strings.Contains(said, p.device(p.lang, browser)) {
		out += " · " + p.device(p.lang, browser)
	}
	return out
}

// clientNames gives the names of applications by id, each asked for once. One that is gone is called by its id.
func (p *ownPage) clientNames() func(id string) string {
	known := map[string]string{"": ""}
	return func(id string) string {
		name, ok := known[id]
		if !ok {
			name = id
			if client, err := p.client(id); err == nil {
				name = client.Name
			}
			known[id] = name
		}
		return name
	}
}

// sentence is an event in words, "" for one that is not told; and whether somebody else may have caused it.
func (p *ownPage) sentence(e storage.Event, app string) (string, bool) {
	way := tells[e.Kind]
	key := way.text
	if found := way.result(cmp.Or(e.Data["kind"], e.Result)); found != "" {
		key = found
	}
	own := e.Actor == e.User || e.Actor == ""
	if !own && way.theirs != "" {
		key = way.theirs
	}
	if app != "" && way.withApp != "" {
		key = way.withApp
	}
	if key == "" {
		return "", false
	}
	words := []string{p.t(key, "app", app, "device", p.device(p.lang, e.Data["browser"]), "name", e.Data["name"], "address", e.Data["address"], "group", e.Data["group"])}
	if e.Data["trusted"] == "1" {
		words = append(words, p.t("activity.trusted"))
	}
	return strings.Join(words, " "), way.alarming && own
}
