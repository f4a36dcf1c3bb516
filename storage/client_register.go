package storage

import (
	"context"
	"errors"
	"net/url"
	"slices"
	"time"
)

// ErrFull says that so many clients have registered themselves and were never used that another one may not.
var ErrFull = errors.New("too many clients that nobody has used")

// Registration is a client that registers itself (RFC 7591 §3).
type Registration struct {
	Client Client
	Permit Permit // zero: none is asked for
	Unused int    // how many clients of its kind there may be that nobody has used; 0: any number
}

// Permit lets so many clients register until a time. It is no row until it is used.
type Permit struct {
	ID    string
	Uses  int
	Until time.Time
}

const usePermit = `insert into limits (id, seen, due, delay, tries, expires) values ($1, $2, 0, 0, 1, $3)
	on conflict (id) do update set tries = limits.tries + 1, seen = $2 where limits.tries < $4 returning tries`

// RegisterClient stores a client that has registered itself, and charges its permit in the same transaction. However many come by
// one permit, as many are stored as it has uses, and the others get ErrConflict. ErrFull where there are Unused already that
// nobody has used, all of them younger than a day: the oldest of an older one makes room. *Invalid. Owner is set here.
func (db *DB) RegisterClient(ctx context.Context, r Registration, e Event) error {
	r.Client.Owner = "dynamic"
	if err := r.Client.Check(); err != nil {
		return err
	}
	defer db.clients.forget()
	return wrap("register client", db.tx(ctx, func(u *unit) error {
		if err := u.usePermit(r.Permit, db.Now()); err != nil {
			return err
		}
		if err := u.holdClients(); err != nil {
			return err
		}
		if err := u.makeRoom(db, r.Unused); err != nil {
			return err
		}
		return u.addClient(db, r.Client, e.or(Event{Kind: ClientRegistered, Actor: "client:" + r.Client.ID}))
	}))
}

func (u *unit) usePermit(p Permit, now time.Time) error {
	if p.ID == "" {
		return nil
	}
	var uses int
	err := u.row(usePermit, []any{limitID("permit:", p.ID), micros(now), micros(p.Until), int64(p.Uses)}, &uses)
	return conflictIfNone(err)
}

// RegisteredClient reads a client that registered itself, as it is at this moment: what it changes of itself is judged by no
// memory. ErrNotFound.
func (db *DB) RegisteredClient(ctx context.Context, id string) (Client, error) {
	var c Client
	err := db.readRows(ctx, selectClient, []any{id}, c.scan)
	if err == nil && c.Owner != "dynamic" {
		err = ErrNotFound
	}
	if err != nil {
		return Client{}, wrap("read registered client", err)
	}
	return c, nil
}

// What was changed meanwhile is not changed over: $6 is when the record was written that the change was made from.
const changeClient = `update clients set name = $2, disabled = $3, record = $4, updated = case when updated < $5 then $5 else updated + 1 end
	where id = $1 and owner not in ('file', 'applied') and updated = $6`

// ChangeClient stores a client in place of the record that it was made from, which its Updated tells: of two who change one record
// at once, the second gets ErrConflict. What is the same as before writes nothing and tells nobody. ErrConflict too when it is gone, or the configuration owns it. *Invalid. Where people are
// asked for consent and answers may now go to a host that they were not shown, what they allowed is withdrawn, and grants and codes
// under way end with it.
func (db *DB) ChangeClient(ctx context.Context, c Client, e Event) error {
	if err := c.Check(); err != nil {
		return err
	}
	if same, err := db.unchanged(ctx, c); err != nil || same {
		return wrap("change client", err)
	}
	defer db.clients.forget()
	return wrap("change client", db.write(ctx, work{limit: longLimit, do: func(u *unit) error {
		if err := u.holdClients(); err != nil {
			return err
		}
		now := micros(db.Now())
		var old Client
		if err := u.rows(selectClient, []any{c.ID}, old.scan); err != nil {
			return err
		}
		record, err := c.dated(old, db.Now()).record()
		if err != nil {
			return err
		}
		n, err := u.exec(changeClient, c.ID, c.Name, c.Disabled, record, now, micros(c.Updated))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrConflict
		}
		if c.Consent && c.moved(old) {
			if err := u.endClient(c.ID, old.Owner, now); err != nil {
				return err
			}
		}
		return u.record(db, e.or(Event{Kind: ClientChanged, Client: c.ID}))
	}}))
}

// unchanged says whether a client is as it is stored. Nobody is held up by that: strangers may send the same again and again.
func (db *DB) unchanged(ctx context.Context, c Client) (bool, error) {
	var now Client
	err := db.readRows(ctx, selectClient, []any{c.ID}, now.scan)
	return now.ID != "" && !now.Declared() && now.Updated.Equal(c.Updated) && sameClient(now, c), err
}

// moved says whether answers may go where the client that it was could not have them sent.
func (c Client) moved(old Client) bool {
	return slices.ContainsFunc(c.RedirectURIs, func(uri string) bool {
		return !slices.ContainsFunc(old.RedirectURIs, func(before string) bool { return shownAs(before) == shownAs(uri) })
	})
}

// shownAs is what a person is shown of a redirect URI: its host, or the scheme that a native client has of its own.
func shownAs(uri string) string {
	u, err := url.Parse(uri)
	if err != nil {
		return uri
	}
	return u.Scheme + "://" + u.Hostname()
}

// RemoveClient removes a client; its grants and the consents to it end. ErrNotFound, also where the configuration owns it.
func (db *DB) RemoveClient(ctx context.Context, id string, e Event) error {
	defer db.clients.forget()
	return wrap("remove client", db.write(ctx, work{limit: longLimit, do: func(u *unit) error {
		if err := u.holdClients(); err != nil {
			return err
		}
		return u.removeClient(db, e, deleteClient, id)
	}}))
}
