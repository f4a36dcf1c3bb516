package admin

import (
	"context"
	"errors"
	"slices"
	"strconv"
	"time"

	"github.com/doorward/doorward/storage"
)

type receiptStore interface {
	Standing(ctx context.Context, userID string) (storage.Receipt, error)
	LogoutsOpen(ctx context.Context, userID string) ([]storage.Logout, error)
	LogoutsSince(ctx context.Context, userID string, since time.Time) ([]storage.Logout, error)
	RetryLogouts(ctx context.Context, userID string, e storage.Event) (int64, error)
}

// Ended is what something has ended of a person's, or would.
type Ended struct {
	Sessions int64  `json:"sessions"`
	Trusts   int64  `json:"trusts"`
	Grants   int64  `json:"grants"`       // what applications were given
	Apps     []Told `json:"applications"` // that are told of it
	Letter   bool   `json:"letter"`       // tells the person
	Receipt  string `json:"receipt"`      // by which Receipt tells how far the applications have been told
	Kind     string `json:"kind"`         // of the event
	Email    string `json:"email"`        // of somebody who is deleted; "" they are here
	Reason   string `json:"reason"`       // that was given; "" none
}

// Told is an application, and how far it has been told that sessions have ended.
type Told struct {
	Client string `json:"client_id"`
	Name   string `json:"name"`
	State  string `json:"state"` // "open" (would be told), "waiting", "delivered", "failed", "browser" (only the person's browser tells it)
	Why    string `json:"why"`   // what the last try came to
	Tries  int    `json:"tries"`
}

// ended is what has ended, in the same call or with its error. Whoever has none to call by a reference is told the numbers alone.
func (d *Desk) ended(ctx context.Context, by Actor, id string, r storage.Receipt, began time.Time, err error) (Ended, error) {
	if err != nil {
		return Ended{}, err
	}
	list, err := d.Store.LogoutsSince(ctx, id, began)
	return Ended{Sessions: r.Sessions, Trusts: r.Trusts, Grants: r.Grants, Apps: toldOf(list), Receipt: by.Reference}, err
}

// WouldEnd is what a change that signs somebody out everywhere would end now.
func (d *Desk) WouldEnd(ctx context.Context, id string) (Ended, error) {
	r, err := d.Store.Standing(ctx, id)
	if err != nil {
		return Ended{}, err
	}
	list, err := d.Store.LogoutsOpen(ctx, id)
	return Ended{Sessions: r.Sessions, Trusts: r.Trusts, Grants: r.Grants, Apps: toldOf(list)}, err
}

// receiptKinds are the events that end something of a person's, and say how much.
var receiptKinds = []string{storage.UserStateChanged, storage.SessionsEnded, storage.FactorsReset, storage.UserRemoved}

// Receipt tells again what a request has ended of a person's, and how far applications have been told by now. storage.ErrNotFound.
func (d *Desk) Receipt(ctx context.Context, id, reference string) (Ended, error) {
	if reference == "" {
		return Ended{}, storage.ErrNotFound
	}
	page, err := d.Store.Log(ctx, storage.LogFilter{User: id, Reference: reference}, "", maxRows)
	if err != nil {
		return Ended{}, err
	}
	for _, e := range page.Events {
		if slices.Contains(receiptKinds, e.Kind) {
			list, err := d.Store.LogoutsSince(ctx, id, e.Time)
			return Ended{Sessions: number(e, "sessions"), Trusts: number(e, "trusts"), Grants: number(e, "grants"),
				Apps: toldOf(list), Receipt: reference, Kind: e.Kind, Email: e.Data["email"], Reason: e.Data["reason"]}, err
		}
	}
	return Ended{}, storage.ErrNotFound
}

// TellAgain begins another round of tries for the applications that nobody tells any more that somebody's sessions have ended, and tells
// how far they know by then. Whoever may change somebody may do it, and of somebody who is deleted whoever may change people. ErrNotNow
// when none has failed; storage.ErrNotFound for a receipt that is none; ErrForbidden; *Enough for one actor about one person.
func (d *Desk) TellAgain(ctx context.Context, by Actor, id, reference, reason string) (Ended, error) {
	if _, err := d.whom(ctx, by, id); err != nil && !errors.Is(err, storage.ErrNotFound) {
		return Ended{}, err
	}
	if _, err := d.Receipt(ctx, id, reference); err != nil {
		return Ended{}, err
	}
	switch wait, err := d.Store.Spend(ctx, "tell-again:"+by.ID+":"+id, roundsOfTries); {
	case err != nil:
		return Ended{}, err
	case wait > 0:
		return Ended{}, &Enough{What: "applications were told again of this person", Wait: wait, text: "console.refused-told"}
	}
	n, err := d.Store.RetryLogouts(ctx, id, by.event(reason))
	if err == nil && n == 0 {
		err = ErrNotNow
	}
	if err != nil {
		return Ended{}, err
	}
	return d.Receipt(ctx, id, reference)
}

// roundsOfTries are for one actor about one person: each sends to every application that did not answer, and writes an event for each.
var roundsOfTries = storage.Rate{Burst: 6, Per: time.Hour}

func number(e storage.Event, name string) int64 {
	n, err := strconv.ParseInt(e.Data[name], 10, 64)
	if err != nil {
		return 0
	}
	return n
}

// worst is which of several answers of one application counts.
var worst = []string{storage.LogoutFailed, storage.LogoutWaiting, storage.LogoutOpen, storage.LogoutBrowser, storage.LogoutDelivered}

// toldOf is each application once, however many sessions it is told of.
func toldOf(list []storage.Logout) []Told {
	all := make([]Told, 0, len(list))
	for _, l := range list {
		one := Told{Client: l.ClientID, Name: l.ClientName, State: l.State, Why: l.Why, Tries: l.Tries}
		if one.Name == "" {
			one.Name = l.ClientID
		}
		i := slices.IndexFunc(all, func(t Told) bool { return t.Client == one.Client })
		switch {
		case i < 0:
			all = append(all, one)
		case slices.Index(worst, one.State) < slices.Index(worst, all[i].State):
			all[i] = one
		}
	}
	return all
}
