package admin

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// Inspection is one sign-in, allowed or refused: what happened in it, in order, and what applications were given in its session.
type Inspection struct {
	Event  Event   `json:"event"`
	Steps  []Step  `json:"steps"`
	Tokens []Token `json:"tokens"`
}

// Step is one line of a sign-in. Did is an event's kind, or a word of the trail that events carry: "began", "asked", "spared", or a
// proof.
type Step struct {
	Time   time.Time `json:"time"`
	Did    string    `json:"did"`
	Why    string    `json:"why,omitempty"` // of an event its result, of a mark why it was so
	Client string    `json:"client,omitempty"`
	Scopes []string  `json:"scopes,omitempty"` // of "began": that the application asked for
	Event  string    `json:"event,omitempty"`  // its id; "" for a mark of the trail
}

// Token is what an application was given in a session.
type Token struct {
	Client  string    `json:"client"`
	Scopes  []string  `json:"scopes"`
	Claims  string    `json:"claims,omitempty"` // asked for one by one (OIDC Core §5.5)
	ACR     string    `json:"acr"`
	AMR     []string  `json:"amr"`
	Given   time.Time `json:"given"`
	Revoked time.Time `json:"revoked,omitzero"`
	Offline bool      `json:"offline_access"`
	Test    bool      `json:"test,omitempty"` // an administrator's test sign-in: the application never got it
}

// Inspect reads an event with all that belongs to its sign-in. storage.ErrNotFound.
func (d *Desk) Inspect(ctx context.Context, by Actor, id string) (Inspection, error) {
	e, err := d.Store.Event(ctx, id)
	in := Inspection{Event: eventOf(e).seenBy(by), Steps: []Step{}, Tokens: []Token{}}
	if err != nil || e.Attempt == "" {
		return in, err
	}
	events, err := d.Store.SignInLog(ctx, e.Attempt)
	if err != nil {
		return in, err
	}
	in.Steps = stepsOf(events)
	told := map[string]bool{}
	for _, e := range events { // a session that was raised has an event for each time
		if session := e.Data["session"]; session != "" && e.User != "" && !told[session] {
			told[session] = true
			if err := in.tokens(ctx, d.Store, e.User, session); err != nil {
				return in, err
			}
		}
	}
	return in, nil
}

// stepsOf puts what the events of one sign-in tell into one line of time.
func stepsOf(events []storage.Event) []Step {
	var marks, steps []Step
	for _, e := range events {
		marks = append(marks, trailOf(e)...)
	}
	began := slices.ContainsFunc(marks, func(m Step) bool { return m.Did == "began" })
	if !began && len(events) > 0 && slices.ContainsFunc(events, tried) { // before events carried how it began
		steps = append(steps, Step{Time: events[0].Time, Did: "began", Client: events[0].Client})
	}
	for _, e := range events {
		at := Step{Time: provedAt(e, marks), Did: e.Kind, Why: e.Result, Client: e.Client, Event: e.ID}
		steps = append(steps, at)
		if asks, why := e.Data["asks"], e.Data["why"]; why != "" && proofOf[e.Kind] != "" {
			steps = append(steps, decided(at, asks, why))
		}
	}
	for _, m := range marks {
		if !tells(steps, m) {
			steps = append(steps, m)
		}
	}
	slices.SortStableFunc(steps, func(a, b Step) int { return a.Time.Compare(b.Time) })
	return steps
}

// tried says whether an event is of the way in, and not of what a session did later.
func tried(e storage.Event) bool { return e.Kind == storage.SignInRefused || proofOf[e.Kind] != "" }

// decided is which second factor was asked for after the first, or that none was.
func decided(first Step, asks, why string) Step {
	if asks == "" {
		return Step{Time: first.Time, Did: "spared", Why: why, Client: first.Client}
	}
	return Step{Time: first.Time, Did: "asked", Why: asks + " " + why, Client: first.Client}
}

// tells says whether the steps have what a mark tells: a proof has its event, and what is told by several events is told once.
func tells(steps []Step, m Step) bool {
	return slices.ContainsFunc(steps, func(s Step) bool {
		if s.Event != "" {
			return proofOf[s.Did] == m.Did
		}
		return s.Did == m.Did && s.Why == m.Why && (m.Did != "began" || s.Time.Equal(m.Time))
	})
}

// provedAt is when an event's proof was there: the event is written a moment after it, and what was decided by the proof has its time.
func provedAt(e storage.Event, marks []Step) time.Time {
	at := e.Time
	for _, m := range marks {
		if m.Did == proofOf[e.Kind] && !m.Time.After(e.Time) && e.Time.Sub(m.Time) < time.Minute {
			at = m.Time
		}
	}
	return at
}

// proofOf is which proof an event tells of: the trail's mark of the same is left out beside it.
var proofOf = map[string]string{
	"sign_in.password_right": "pwd", "sign_in.password_chosen": "pwd", "sign_in.code_right": "mail", "sign_in.totp_right": "totp", "sign_in.google_right": "google",
	storage.RecoveryUsed: "recovery", storage.LinkUsed: "link",
}

// tokens adds what was given in a session.
func (in *Inspection) tokens(ctx context.Context, store logStore, user, session string) error {
	grants, err := store.GrantsOfSession(ctx, user, session)
	if err != nil {
		return err
	}
	tests, err := testsAmong(ctx, store, user, grants)
	for _, g := range grants {
		in.Tokens = append(in.Tokens, Token{Client: g.ClientID, Scopes: g.Scopes, ACR: g.ACR, AMR: g.AMR, Claims: string(g.Claims),
			Given: g.Created, Revoked: g.RevokedAt, Offline: g.Offline, Test: tests[g.ID]})
	}
	return err
}

// testsAmong are the grants of a person's test sign-ins.
func testsAmong(ctx context.Context, store logStore, user string, grants []storage.Grant) (map[string]bool, error) {
	var from, until time.Time
	for _, g := range grants { // the newest first
		if g.RevokedAt.After(until) {
			until = g.RevokedAt
		}
		from = g.Created
	}
	if until.IsZero() {
		return nil, nil
	}
	f := storage.LogFilter{User: user, Kind: storage.ClientTested, From: from, Until: until.Add(time.Minute)}
	page, err := store.Log(ctx, f, "", maxRows)
	tests := map[string]bool{}
	for _, e := range page.Events {
		tests[e.Data["grant"]] = true
	}
	return tests, err
}

// trailOf reads what an event tells of the way to it.
func trailOf(e storage.Event) []Step {
	var marks []struct {
		At  int64  `json:"t"`
		Did string `json:"d"`
		Why string `json:"w"`
		For string `json:"f"`
	}
	if json.Unmarshal([]byte(e.Data["trail"]), &marks) != nil {
		return nil
	}
	var steps []Step
	for _, m := range marks {
		steps = append(steps, Step{Time: time.UnixMicro(m.At), Did: m.Did, Why: m.Why, Client: e.Client, Scopes: strings.Fields(m.For)})
	}
	return steps
}
