package storage

import (
	"context"
	"time"
)

// Acceptance is what settles an invitation or a reset.
type Acceptance struct {
	LinkID      string
	UserVersion int64  // that the attempt's proofs were made for
	Hash        string // of the new password
}

// AcceptLink spends an invitation or a reset, sets the password, makes an invited person active, raises the version, and ends all
// sessions, trusts, other links, mailed codes and grants of the person, in one transaction. One that was mailed has proved
// the mailbox. However many accept one link, one wins.
// ErrConflict when it was used, replaced or has expired; ErrNotFound when the person's version is not UserVersion, or they are disabled.
func (db *DB) AcceptLink(ctx context.Context, a Acceptance, e Event) (User, error) {
	if a.Hash == "" {
		return User{}, wrap("accept link", &Invalid{"password", "is missing"})
	}
	var p User
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		l, person, err := u.spendLink(a.LinkID, now, [2]string{LinkInvitation, LinkReset})
		if err != nil {
			return err
		}
		if person.Version != a.UserVersion || person.State == "disabled" {
			return ErrNotFound
		}
		p = person
		p.State = "active"
		p.EmailVerified = p.EmailVerified || !l.Copied && l.Email == p.Email
		if err := u.raise(&p, now, endsGrants, ""); err != nil {
			return err
		}
		if _, err := u.exec(putPassword, p.ID, a.Hash, micros(now)); err != nil {
			return err
		}
		used := e.or(Event{Kind: LinkUsed, Actor: p.ID, User: p.ID}).with("kind", l.Kind)
		if l.Copied { // whoever made it may have used it
			used = used.with("copied", "true")
		}
		if err := u.record(db, used); err != nil {
			return err
		}
		return u.activated(db, person.State, p.ID, e)
	})
	if err != nil {
		return User{}, wrap("accept link", err)
	}
	return p, nil
}

// activated tells of an invited person who is active now.
func (u *unit) activated(db *DB, before, id string, e Event) error {
	if before != "invited" {
		return nil
	}
	return u.record(db, Event{Time: e.Time, Kind: UserStateChanged, Actor: id, User: id, Address: e.Address, Reference: e.Reference, Attempt: e.Attempt, Result: "active"})
}

// ConfirmAddress spends an address link: the person's address becomes the link's, no account elsewhere is linked by the former one
// any more, and the version is raised. Sessions stay; trusts and other links end. However many confirm one link, one wins. ErrConflict when
// it was used, replaced or has expired, or the person is not active; *Invalid when somebody else has the address.
func (db *DB) ConfirmAddress(ctx context.Context, linkID string, e Event) (User, error) {
	var p User
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		l, person, err := u.spendLink(linkID, now, [2]string{LinkAddress, LinkAddress})
		if err != nil {
			return err
		}
		if person.State != "active" {
			return ErrConflict
		}
		p = person
		if err := u.move(&p, l.Email, now); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: EmailChanged, Actor: p.ID, User: p.ID}).with("from", person.Email).with("to", p.Email))
	})
	if err != nil {
		return User{}, wrap("confirm address", err)
	}
	return p, nil
}

const addressOfOther = `select count(*) from users where email = $1 and id <> $2`

// free is *Invalid when somebody else has the address. Of two who take it at the same moment the unique index lets one.
func (u *unit) free(email, id string) error {
	var n int
	if err := u.row(addressOfOther, []any{email, id}, &n); err != nil {
		return err
	}
	if n > 0 {
		return &Invalid{"email", "belongs to somebody else"}
	}
	return nil
}

// move gives a person who is held another address.
func (u *unit) move(p *User, email string, now time.Time) error {
	if err := u.free(email, p.ID); err != nil {
		return err
	}
	p.Email, p.LinkEmail, p.EmailVerified = email, "", true
	return u.raise(p, now, endsNothing, "")
}
