package admin

import (
	"context"
	"encoding/csv"
	"encoding/json"
	"errors"
	"io"
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

// Log reads the events that a filter lets through, the newest first. A page may be short, or empty, and have a Next.
func (d *Desk) Log(ctx context.Context, by Actor, f storage.LogFilter, part Part) (LogPage, error) {
	read, err := d.Store.Log(ctx, f, part.After, part.rows())
	if err == nil && f.Reference != "" && part.After == "" && len(read.Events) == 0 && read.Next == "" {
		read, err = Among(ctx, d.Store, f)
	}
	page := LogPage{Events: make([]Event, 0, len(read.Events)), Next: read.Next}
	for _, e := range read.Events {
		page.Events = append(page.Events, eventOf(e).seenBy(by))
	}
	return page, err
}

// formerPages is how far those who were removed are looked through: four thousand of them.
const formerPages = 20

// former is the id of who was removed last with this address; "" nobody was. The log alone knows them.
func (d *Desk) former(ctx context.Context, typed string) (string, error) {
	email, _, ok := storage.Identifier(typed)
	if !ok || email == "" {
		return "", nil
	}
	next := ""
	for range formerPages {
		page, err := d.Store.Log(ctx, storage.LogFilter{Kind: storage.UserRemoved}, next, maxRows)
		if err != nil {
			return "", err
		}
		for _, e := range page.Events {
			if e.Data["email"] == email {
				return e.User, nil
			}
		}
		if next = page.Next; next == "" {
			break
		}
	}
	return "", nil
}

// Event reads one. storage.ErrNotFound.
func (d *Desk) Event(ctx context.Context, by Actor, id string) (Event, error) {
	e, err := d.Store.Event(ctx, id)
	return eventOf(e).seenBy(by), err
}

// Formats of an export of the log.
const (
	NDJSON = "ndjson"
	CSV    = "csv"
)

// LogExported is the event of an export of the log.
const LogExported = "log.exported"

// ExportLog writes all events that a filter lets through, the newest first, a page at a time; it ends where the right of who takes
// it does (AD-13).
func (d *Desk) ExportLog(ctx context.Context, by Actor, f storage.LogFilter, format string, w io.Writer) error {
	e := by.event("")
	e.Kind, e.Data["format"] = LogExported, format
	if err := d.Store.Record(ctx, e); err != nil {
		return err
	}
	out := exporters[format](w)
	for before := ""; ; {
		if err := d.still(ctx, by, LookPeople); err != nil {
			return err
		}
		page, err := d.Log(ctx, by, f, Part{before, maxRows})
		if err != nil {
			return err
		}
		for _, e := range page.Events {
			if err := out(e); err != nil {
				return err
			}
		}
		if before = page.Next; before == "" {
			return out(Event{})
		}
	}
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

// verifications are for one actor: whoever may only look could else keep a node reading the whole log for ever.
var verifications = storage.Rate{Burst: 6, Per: time.Hour}

// ErrVerifying says that somebody verifies the log on this node already.
var ErrVerifying = errors.New("the log is being verified already")

// VerifyLog walks the whole chain: it reads every event once, which takes about a minute for a million. One at a time does so on a node:
// ErrVerifying; and one actor six times an hour: *Enough.
func (d *Desk) VerifyLog(ctx context.Context, by Actor) (Verification, error) {
	if !d.verifying.CompareAndSwap(false, true) {
		return Verification{}, ErrVerifying
	}
	defer d.verifying.Store(false)
	switch wait, err := d.Store.Spend(ctx, "verify-log:"+by.ID, verifications); {
	case err != nil:
		return Verification{}, err
	case wait > 0:
		return Verification{}, &Enough{What: "the log was verified", Wait: wait, text: "console.refused-verified"}
	}
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
