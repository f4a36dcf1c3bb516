package admin

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// logStore is the log. Nothing of it can be changed or removed from here (AD-16).
type logStore interface {
	Log(ctx context.Context, f storage.LogFilter, before string, limit int) (storage.LogPage, error)
	Event(ctx context.Context, id string) (storage.Event, error)
	SignInLog(ctx context.Context, attempt string) ([]storage.Event, error)
	GrantsOfSession(ctx context.Context, userID, sessionID string) ([]storage.Grant, error)
	VerifyChain(ctx context.Context, from int64, l storage.Linker, each func(storage.ChainFault) error) (storage.ChainReport, error)
}

// Event is one line of the log.
type Event struct {
	ID        string            `json:"id"`
	Time      time.Time         `json:"time"`
	Kind      string            `json:"kind"`
	Result    string            `json:"result"`
	Actor     string            `json:"actor"` // who did it: a person's id, "client:ID", "operator", "system"
	User      string            `json:"user,omitempty"`
	Client    string            `json:"client,omitempty"`
	Address   string            `json:"address,omitempty"`
	Reference string            `json:"reference,omitempty"`
	Attempt   string            `json:"sign_in,omitempty"` // the same for all events of one sign-in
	Data      map[string]string `json:"data,omitempty"`
}

func eventOf(e storage.Event) Event {
	return Event{e.ID, e.Time.UTC(), e.Kind, e.Result, e.Actor, e.User, e.Client, e.Address, e.Reference, e.Attempt, e.Data}
}

// seenBy is the event as this actor may see it: what settings were given is for those who may see the settings.
func (e Event) seenBy(by Actor) Event {
	if strings.HasPrefix(e.Kind, "settings.") && !by.May(LookAll) {
		e.Data = nil
	}
	return e
}

// LogPage is a part of the log, the newest first; Next is the cursor of the part after it, "" none.
type LogPage struct {
	Events []Event `json:"events"`
	Next   string  `json:"next,omitempty"`
}

// maxEvents is the most of one page.
const maxEvents = 200

// Log reads the events that a filter lets through, those before the cursor. A page may be short, or empty, and have a Next.
func (d *Desk) Log(ctx context.Context, by Actor, f storage.LogFilter, before string, limit int) (LogPage, error) {
	read, err := d.Store.Log(ctx, f, before, min(max(limit, 1), maxEvents))
	page := LogPage{Events: make([]Event, 0, len(read.Events)), Next: read.Next}
	for _, e := range read.Events {
		page.Events = append(page.Events, eventOf(e).seenBy(by))
	}
	return page, err
}

// Event reads one. storage.ErrNotFound.
func (d *Desk) Event(ctx context.Context, by Actor, id string) (Event, error) {
	e, err := d.Store.Event(ctx, id)
	return eventOf(e).seenBy(by), err
}

// Inspection is one sign-in, allowed or refused: what happened in it, in order, and what applications were given in its session.
type Inspection struct {
	Event  Event   `json:"event"`
	Steps  []Step  `json:"steps"`
	Tokens []Token `json:"tokens"`
}

// Step is one line of a sign-in. Did is an event's kind, or a word of the trail that the session's event carries: "began", "asked",
// "spared", or a proof.
type Step struct {
	Time   time.Time `json:"time"`
	Did    string    `json:"did"`
	Why    string    `json:"why,omitempty"` // of an event its result, of a mark why it was so
	Client string    `json:"client,omitempty"`
	Event  string    `json:"event,omitempty"` // its id; "" for a mark of the trail
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
	for _, e := range events {
		in.Steps = append(in.Steps, trailOf(e)...)
		in.Steps = append(in.Steps, Step{e.Time, e.Kind, e.Result, e.Client, e.ID})
		if session := e.Data["session"]; session != "" && e.User != "" {
			if err := in.tokens(ctx, d.Store, e.User, session); err != nil {
				return in, err
			}
		}
	}
	in.Steps = slices.DeleteFunc(in.Steps, func(s Step) bool {
		return s.Event == "" && slices.ContainsFunc(events, func(e storage.Event) bool { return proofOf[e.Kind] == s.Did })
	})
	slices.SortStableFunc(in.Steps, func(a, b Step) int { return a.Time.Compare(b.Time) })
	return in, nil
}

// proofOf is which proof an event tells of: the trail's mark of the same is left out beside it.
var proofOf = map[string]string{
	"sign_in.password_right": "pwd", "sign_in.code_right": "mail", "sign_in.totp_right": "totp", "sign_in.google_right": "google",
	storage.RecoveryUsed: "recovery", storage.LinkUsed: "link",
}

// tokens adds what was given in a session.
func (in *Inspection) tokens(ctx context.Context, store logStore, user, session string) error {
	grants, err := store.GrantsOfSession(ctx, user, session)
	for _, g := range grants {
		t := Token{Client: g.ClientID, Scopes: g.Scopes, ACR: g.ACR, AMR: g.AMR, Claims: string(g.Claims), Given: g.Created, Revoked: g.RevokedAt, Offline: g.Offline}
		in.Tokens = append(in.Tokens, t)
	}
	return err
}

// trailOf reads what the event of a session tells of the way to it.
func trailOf(e storage.Event) []Step {
	var marks []struct {
		At  int64  `json:"t"`
		Did string `json:"d"`
		Why string `json:"w"`
	}
	if json.Unmarshal([]byte(e.Data["trail"]), &marks) != nil {
		return nil
	}
	var steps []Step
	for _, m := range marks {
		steps = append(steps, Step{Time: time.UnixMicro(m.At), Did: m.Did, Why: m.Why, Client: e.Client})
	}
	return steps
}

// Formats of an export of the log.
const (
	NDJSON = "ndjson"
	CSV    = "csv"
)

// maxExport is the most events of one export: what is larger is taken by its time, or with the cursors of the API.
const maxExport = 50_000

// LogExported is the event of an export of the log.
const LogExported = "log.exported"

// ExportLog writes the events that a filter lets through, the newest first, a page at a time; it ends where the right of who takes
// it does (AD-13).
func (d *Desk) ExportLog(ctx context.Context, by Actor, f storage.LogFilter, format string, w io.Writer) error {
	e := by.event("")
	e.Kind, e.Data["format"] = LogExported, format
	if err := d.Store.Record(ctx, e); err != nil {
		return err
	}
	out := exporters[format](w)
	for before, left := "", maxExport; left > 0; {
		if err := d.still(ctx, by, LookPeople); err != nil {
			return err
		}
		page, err := d.Log(ctx, by, f, before, min(left, maxEvents))
		if err != nil {
			return err
		}
		for _, e := range page.Events {
			if err := out(e); err != nil {
				return err
			}
		}
		left -= len(page.Events)
		if before = page.Next; before == "" {
			break
		}
	}
	return out(Event{})
}

// exporters write one event each, and end with the zero one.
var exporters = map[string]func(io.Writer) func(Event) error{
	NDJSON: func(w io.Writer) func(Event) error {
		out := json.NewEncoder(w)
		return func(e Event) error {
			if e.ID == "" {
				return nil
			}
			return out.Encode(e)
		}
	},
	CSV: func(w io.Writer) func(Event) error {
		out := csv.NewWriter(w)
		out.UseCRLF = true
		err := out.Write([]string{"time", "kind", "result", "actor", "user", "client", "address", "reference", "sign_in", "data", "id"})
		return func(e Event) error {
			if e.ID == "" || err != nil {
				out.Flush()
				return errors.Join(err, out.Error())
			}
			data, failed := json.Marshal(e.Data)
			row := []string{rfc3339(e.Time), e.Kind, e.Result, e.Actor, e.User, e.Client, e.Address, e.Reference, e.Attempt, string(data), e.ID}
			for i := range row {
				row[i] = cell(row[i])
			}
			return errors.Join(failed, out.Write(row))
		}
	},
}

// maxFaults is the most faults of the chain that are told one by one.
const maxFaults = 100

// Verification is whether the log is as it was written.
type Verification struct {
	Report ChainReport  `json:"report"`
	Faults []ChainFault `json:"faults"`   // the first of them
	Cut    bool         `json:"tampered"` // its ends are not those that were written
}

// ChainReport is what a verification has seen.
type ChainReport struct {
	Events  int64     `json:"events"`  // that are as they were
	Brief   int64     `json:"brief"`   // refused tries, which are kept for a while only
	Waiting int64     `json:"waiting"` // not chained yet
	Faults  int64     `json:"faults"`
	First   int64     `json:"first"` // positions
	Last    int64     `json:"last"`
	Begun   time.Time `json:"begun"`
	Head    string    `json:"head"` // of the chain, in hex
}

// ChainFault is something that was done to the log.
type ChainFault struct {
	Position int64  `json:"position"`
	Event    string `json:"event,omitempty"`
	What     string `json:"what"` // changed, removed, inserted, broken, missing, cut
}

// ErrVerifying says that somebody verifies the log on this node already.
var ErrVerifying = errors.New("the log is being verified already")

// VerifyLog walks the whole chain: it reads every event once, which takes about a minute for a million. One at a time does so on a node:
// ErrVerifying.
func (d *Desk) VerifyLog(ctx context.Context) (Verification, error) {
	if !d.verifying.CompareAndSwap(false, true) {
		return Verification{}, ErrVerifying
	}
	defer d.verifying.Store(false)
	v := Verification{Faults: []ChainFault{}}
	report, err := d.Store.VerifyChain(ctx, 0, d.Keys.Chain(), func(f storage.ChainFault) error {
		if len(v.Faults) < maxFaults {
			v.Faults = append(v.Faults, ChainFault(f))
		}
		return nil
	})
	v.Report = ChainReport(report)
	if errors.Is(err, storage.ErrTampered) {
		v.Cut, err = true, nil
	}
	return v, err
}
