package admin

import (
	"context"
	"errors"

	"github.com/doorward/doorward/storage"
)

// ErrBlocked: some of the steps cannot be taken, so that none is.
var ErrBlocked = errors.New("some of the steps cannot be taken")

// File is what a file says of applications and settings.
type File struct {
	Apps     []storage.Client   // all that it keeps; who names no secret keeps its own
	Settings map[string]*string // by path; nil: the default
	Adopt    bool               // take over those of its applications that are kept in the console
	Dry      bool               // plan, and do nothing
	Reason   string
}

// Plan is what makes a house as a file says. It is empty where it is so already.
type Plan struct {
	Apps     []storage.ClientStep
	Settings []SettingStep

	version int64 // of the settings that it was made from
}

// SettingStep is a setting that gets another value.
type SettingStep struct{ Path, Value string } // of a secret no value

// Blocked is how many of the steps cannot be taken.
func (p *Plan) Blocked() int {
	n := 0
	for _, s := range p.Apps {
		if s.Blocked() {
			n++
		}
	}
	return n
}

// Empty says whether nothing is to be done.
func (p *Plan) Empty() bool { return len(p.Apps)+len(p.Settings) == 0 }

// AppsFault is what is wrong with the applications of a file.
type AppsFault struct{ Err error }

func (e *AppsFault) Error() string { return "clients: " + e.Err.Error() }
func (e *AppsFault) Unwrap() error { return e.Err }

// Apply makes the applications that are kept by a file exactly those of the file, and sets its settings: first the ones, all or none, then the
// others. The plan is told also where it is not followed: ErrBlocked; storage.ErrConflict when somebody else changes something at this
// moment. It is nil where none can be made: *AppsFault; of the settings joined *storage.Invalid by path.
func (d *Desk) Apply(ctx context.Context, by Actor, f File) (*Plan, error) {
	p, err := d.plan(ctx, f)
	switch {
	case err != nil:
		return nil, err
	case p.Blocked() > 0:
		return p, ErrBlocked
	case f.Dry:
		return p, nil
	}
	return p, d.follow(ctx, by, f, p)
}

func (d *Desk) plan(ctx context.Context, f File) (*Plan, error) {
	var p Plan
	var err error
	if p.Settings, p.version, err = d.Settings.Plan(ctx, f.Settings); err != nil {
		return nil, err
	}
	have, err := d.Store.Clients(ctx)
	if err != nil {
		return nil, err
	}
	if p.Apps, err = storage.ClientPlan(have, f.Apps, f.Adopt); err != nil {
		return nil, &AppsFault{err}
	}
	return &p, nil
}

func (d *Desk) follow(ctx context.Context, by Actor, f File, p *Plan) error {
	e := by.event(f.Reason)
	if len(p.Apps) > 0 {
		if _, err := d.Store.ApplyClients(ctx, f.Apps, f.Adopt, func(s storage.ClientStep) storage.Event { return stepped(e, s) }); err != nil {
			return err
		}
	}
	if len(p.Settings) == 0 {
		return nil
	}
	return d.Settings.Change(ctx, f.Settings, p.version, e)
}

// stepped is the event of one step, as it is where the same is done to one application alone.
func stepped(e storage.Event, s storage.ClientStep) storage.Event {
	switch differ := unlikeness(s.Before, s.Client); {
	case s.What == storage.ClientRemoves:
		return told(e, "name", s.Client.Name)
	case s.What == storage.ClientAdopts && differ == "":
		return told(e, "changed", "owner")
	case s.What == storage.ClientAdopts:
		return told(e, "changed", "owner "+differ)
	case s.What == storage.ClientChanges && differ != "":
		return told(e, "changed", differ)
	}
	return e
}
