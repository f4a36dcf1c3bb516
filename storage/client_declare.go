package storage

import (
	"context"
	"errors"
	"time"
)

// DeclareClients makes the clients owned by "file" exactly these: adds, changes, removes; others are left
// alone. ErrConflict when an id belongs to another owner. An unchanged list writes nothing. The grants and consents of a removed
// client end with it, so that another one of its id inherits nothing.
// Owner is set here. One event tells of each client that changes.
func (db *DB) DeclareClients(ctx context.Context, list []Client, e Event) error {
	want := make(map[string]Client, len(list))
	for _, c := range list {
		if err := c.Check(); err != nil {
			return err
		}
		if _, twice := want[c.ID]; twice {
			return &Invalid{"id", c.ID + " is declared twice"}
		}
		c.Owner = "file"
		want[c.ID] = c
	}
	have, err := db.Clients(ctx)
	if err != nil {
		return err
	}
	if changes, err := compareClients(have, want); err != nil || changes.none() {
		return wrap("declare clients", err)
	}
	defer db.clients.forget()
	return wrap("declare clients", db.write(ctx, work{limit: longLimit, do: func(u *unit) error {
		return u.declare(db, want, e)
	}}))
}

// clientChanges is what makes one list of clients another.
type clientChanges struct {
	add    []Client
	change [][2]Client // before, after
	remove []string
}

func (c clientChanges) none() bool { return len(c.add)+len(c.change)+len(c.remove) == 0 }

func compareClients(have []Client, want map[string]Client) (clientChanges, error) {
	var ch clientChanges
	known := make(map[string]bool, len(have))
	for _, h := range have {
		known[h.ID] = true
		w, declared := want[h.ID]
		switch {
		case declared && h.Owner != "file":
			return ch, ErrConflict
		case declared && !sameClient(h, w):
			ch.change = append(ch.change, [2]Client{h, w})
		case !declared && h.Owner == "file":
			ch.remove = append(ch.remove, h.ID)
		}
	}
	for id, w := range want {
		if !known[id] {
			ch.add = append(ch.add, w)
		}
	}
	return ch, nil
}

func sameClient(a, b Client) bool {
	a.SecretsMade, b.SecretsMade = [2]time.Time{}, [2]time.Time{} // they follow from the secrets
	ra, err := a.record()
	rb, err2 := b.record()
	return errors.Join(err, err2) == nil && ra == rb && a.Name == b.Name && a.Disabled == b.Disabled
}

// declare compares again while nobody else changes a client.
func (u *unit) declare(db *DB, want map[string]Client, e Event) error {
	if err := u.holdClients(); err != nil {
		return err
	}
	var have []Client
	if err := u.rows(selectClients, nil, addTo(&have)); err != nil {
		return err
	}
	ch, err := compareClients(have, want)
	if err != nil {
		return err
	}
	for _, c := range ch.add {
		if err := u.addClient(db, c, e); err != nil {
			return err
		}
	}
	for _, c := range ch.change {
		if err := u.changeClient(db, c[1].dated(c[0], db.Now()), e); err != nil {
			return err
		}
	}
	for _, id := range ch.remove {
		if err := u.removeClient(db, e, deleteDeclared, id); err != nil {
			return err
		}
	}
	return nil
}

const (
	deleteClient   = `delete from clients where id = $1 and owner not in ('file', 'applied') returning id, owner`
	deleteDeclared = `delete from clients where id = $1 and owner = 'file' returning id, owner`
	deleteApplied  = `delete from clients where id = $1 and owner = 'applied' returning id, owner`

	revokeOfClient = `update grants set revoked_at = $2 where client_id = $1 and revoked_at = 0`
	// Where people are asked for consent, every grant has one, by which it is found.
	revokeConsented = `update grants set revoked_at = $2 where revoked_at = 0
		and (user_id, client_id) in (select k.user_id, k.client_id from consents k where k.client_id = $1)`
	// The stamp stays, and codes older than it fail (see liveGrant).
	withdrawOfClient = `update consents set withdrawn = case when granted > $2 then granted else $2 end where client_id = $1`
)

// removeClient removes the client whose id and owner text returns, and ends what it was allowed, so that another one of its id inherits
// nothing. ErrNotFound when text removes none.
func (u *unit) removeClient(db *DB, e Event, text string, args ...any) error {
	var id, owner string
	if err := u.row(text, args, &id, &owner); err != nil {
		return err
	}
	now := micros(db.Now())
	if err := u.endClient(id, owner, now); err != nil {
		return err
	}
	if err := u.endLogouts(id, now); err != nil {
		return err
	}
	return u.record(db, e.or(Event{Kind: ClientRemoved, Client: id}))
}

// endClient ends all that people have allowed a client; of the end of sessions it is told all the same. What strangers register and remove costs no more than they were allowed;
// an operator's client may have been one without consent, whose grants nothing else finds.
func (u *unit) endClient(id, owner string, now int64) error {
	revoke := revokeOfClient
	if owner == "dynamic" {
		revoke = revokeConsented
	}
	for _, end := range []string{revoke, withdrawOfClient} {
		if _, err := u.exec(end, id, now); err != nil {
			return err
		}
	}
	return nil
}

func (u *unit) changeClient(db *DB, c Client, e Event) error {
	record, err := c.record()
	if err != nil {
		return err
	}
	if _, err := u.exec(updateClient, c.ID, c.Name, c.Disabled, record, micros(db.Now())); err != nil {
		return err
	}
	return u.record(db, e.or(Event{Kind: ClientChanged, Client: c.ID}))
}
