package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

type eventsCommand struct {
	configured
	Reference string `xor:"about" placeholder:"E-XXXX-XX" help:"The events of one request, by the reference that its error page or letter shows."`
	User      string `xor:"about" placeholder:"EMAIL|NUMBER" help:"The events of one person."`
	Limit     int    `default:"100" placeholder:"N" help:"How many events at most."`
	JSON      bool   `name:"json" help:"One JSON object a line."`
}

// Help is shown by `doorward events --help`.
func (eventsCommand) Help() string {
	return `Prints what the database remembers of sign-ins and of changes, the newest first, one event a line: time, what happened and
how it ended, whom it is about, by whom, which application, from where, and the request's reference. It changes nothing, and the
server may run.

What applications are refused is counted, and written once a minute: one event stands for many, and each of their last references
finds it. A reference that no event has is found in the log, where each request leaves a line.`
}

func (e eventsCommand) Run(o outside) error {
	if e.Limit < 1 {
		return misuse("--limit: %d is no number of events", e.Limit)
	}
	return e.reading(o, func(db *storage.DB) error { return e.print(o, db) })
}

func (e eventsCommand) print(o outside, db *storage.DB) error {
	found, err := e.find(o, db)
	if err != nil {
		return err
	}
	people := names{o: o, db: db, known: map[string]string{}}
	for _, event := range found[:min(len(found), e.Limit)] {
		user, err := people.of(event.User)
		if err != nil {
			return err
		}
		actor, err := people.of(event.Actor)
		if err != nil {
			return err
		}
		if err := e.line(o, printed{event, user, actor}); err != nil {
			return err
		}
	}
	return nil
}

// find reads the events that were asked for.
func (e eventsCommand) find(o outside, db *storage.DB) ([]storage.Event, error) {
	switch {
	case e.Reference != "":
		reference := heard(e.Reference)
		found, err := db.EventsByReference(o.ctx, reference)
		if err != nil || len(found) > 0 {
			return found, err
		}
		page, err := admin.Among(o.ctx, db, storage.LogFilter{Reference: reference})
		if err == nil && len(page.Events) == 0 {
			err = fmt.Errorf("no event has the reference %s: look for it in the log, where each request leaves a line", reference)
		}
		return page.Events, err
	case e.User != "":
		person, _, err := db.Login(o.ctx, e.User)
		if errors.Is(err, storage.ErrNotFound) {
			return nil, fmt.Errorf("nobody has the address or customer number %q", e.User)
		}
		if err != nil {
			return nil, err
		}
		return db.Activity(o.ctx, person.ID, e.Limit)
	}
	return db.Events(o.ctx, e.Limit)
}

// heard is a reference as it was meant by somebody who read it aloud: it holds no I, L and O.
func heard(reference string) string {
	reference = strings.NewReplacer("I", "1", "L", "1", "O", "0", " ", "").Replace(strings.ToUpper(reference))
	return "E-" + strings.TrimPrefix(reference, "E-")
}

// names are the addresses of people whose ids stand in events.
type names struct {
	o     outside
	db    *storage.DB
	known map[string]string
}

// of is the address of a person; what is no person's id, or of one who is gone, stays as it is.
func (n names) of(id string) (string, error) {
	if id == "" || id == "operator" || id == "system" || strings.HasPrefix(id, "client:") {
		return id, nil
	}
	if email, ok := n.known[id]; ok {
		return email, nil
	}
	person, err := n.db.User(n.o.ctx, id)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return "", err
	}
	if n.known[id] = person.Email; person.Email == "" {
		n.known[id] = id
	}
	return n.known[id], nil
}

// printed is an event with the names of its people.
type printed struct {
	storage.Event
	user, actor string
}

func (e eventsCommand) line(o outside, p printed) error {
	if !e.JSON {
		_, err := fmt.Fprintln(o.stdout, p.String())
		return err
	}
	return json.NewEncoder(o.stdout).Encode(struct {
		Time      time.Time         `json:"time"`
		Kind      string            `json:"kind"`
		Result    string            `json:"result"`
		UserID    string            `json:"user_id,omitempty"`
		User      string            `json:"user,omitempty"`
		Actor     string            `json:"actor,omitempty"`
		Client    string            `json:"client,omitempty"`
		Address   string            `json:"address,omitempty"`
		Reference string            `json:"reference,omitempty"`
		Data      map[string]string `json:"data,omitempty"`
	}{p.Time.UTC(), p.Kind, p.Result, p.User, p.user, p.actor, p.Client, p.Address, p.Reference, p.Data})
}

func (p printed) String() string {
	words := []string{p.Time.UTC().Format(time.RFC3339), p.Kind, p.Result}
	actor := p.actor
	if actor == p.user {
		actor = ""
	}
	for _, word := range []struct{ before, value string }{
		{"", p.user}, {"by ", actor}, {"client ", p.Client}, {"from ", p.Address}, {"", p.Reference},
	} {
		if word.value != "" {
			words = append(words, word.before+visible(word.value))
		}
	}
	for _, name := range slices.Sorted(maps.Keys(p.Data)) {
		words = append(words, name+"="+visible(p.Data[name]))
	}
	return strings.Join(words, "  ")
}

// visible quotes what a terminal would obey: some of an event comes from strangers.
func visible(text string) string {
	if quoted := strconv.QuoteToASCII(text); quoted != `"`+text+`"` {
		return quoted
	}
	return text
}
