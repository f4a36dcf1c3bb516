package storage

import "context"

// Removed is a person who is gone, as they were, and what has ended.
type Removed struct {
	User    User
	Receipt Receipt
}

// removeTables hold nothing of a person who is gone. Grants stay revoked until they expire, so that a code which comes twice is known
// (RFC 6749 §4.1.2); logouts until applications are told; events as long as the log is kept.
var removeTables = []string{
	endTrusts, endCodes, leaveGroups, deleteRecovery,
	`delete from links where user_id = $1`,
	`delete from outbox where user_id = $1`,
	`delete from consents where user_id = $1`,
	`delete from identities where user_id = $1`,
	`delete from authenticators where user_id = $1`,
	`delete from credentials where user_id = $1`,
	`delete from users where id = $1`,
}

// RemoveUser removes a person and everything of theirs; applications are told of their sessions' end. Whoever gets the address
// later is somebody else. However many remove one person, one wins. ErrNotFound for the others; ErrLastAdmin.
func (db *DB) RemoveUser(ctx context.Context, id string, e Event) (Removed, error) {
	var gone Removed
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		p, err := u.hold(id)
		if err != nil {
			return err
		}
		if err := u.keepAdmin(p, User{}); err != nil {
			return err
		}
		r, err := u.standing(id, now)
		if err != nil {
			return err
		}
		if err := u.cut(id, "", "", now); err != nil {
			return err
		}
		for _, text := range removeTables {
			if _, err := u.exec(text, id); err != nil {
				return err
			}
		}
		gone = Removed{User: p, Receipt: r}
		e := e.or(Event{Kind: UserRemoved, Actor: "operator", User: id}).with("email", p.Email)
		return u.record(db, r.on(e, now))
	})
	if err != nil {
		return Removed{}, wrap("remove user", err)
	}
	return gone, nil
}
