package storage

import (
	"context"
	"strings"
	"time"
)

// A change of what a person proves or may do raises their version. Whatever raises it ends, in the same transaction, what was handed
// out under the former one: sign-ins under way (Finish wants the version that their proofs were made for), trusts, unspent links and
// mailed codes. Sessions and grants end where the method says so.

var (
	// holdUser changes nothing: it keeps others from the person's row until the transaction ends, and so orders all changes of one person.
	holdUser   = `update users set version = version where id = $1 returning ` + strings.ReplaceAll(userColumns, "u.", "users.") // SQLite's returning knows no alias
	changeUser = `update users set email = $2, link_email = $3, state = $4, totp = $5, version = $6, updated = $7, search = $10, email_verified = $11,
		grants_since = case when cast($8 as bigint) = 0 then grants_since else $8 end,
		grants_kept = case when cast($8 as bigint) = 0 then grants_kept else $9 end where id = $1`
)

const (
	endTrusts    = `delete from trusts where user_id = $1`
	replaceLinks = `update links set replaced = true where user_id = $1 and used = 0 and not replaced`
	endCodes     = `delete from mailed_codes where user_id = $1`
	endOthers    = `delete from sessions where user_id = $1 and id <> $2`
	revokeOthers = `update grants set revoked_at = $2 where user_id = $1 and revoked_at = 0 and ($3 = '' or session_id <> $3)`
)

// ending is what of a person's access a change ends besides.
type ending int

const (
	endsNothing ending = iota
	endsOthers         // all sessions but one, and all grants but its own, offline ones included
	endsGrants         // all sessions but one, and all grants
)

// hold reads a person and keeps others from them until the transaction ends. ErrNotFound.
func (u *unit) hold(id string) (User, error) {
	var p User
	err := u.row(holdUser, []any{id}, p.dest())
	return p, err
}

// raise raises the version of a person who is held and stores what else of address, state and factors was changed in p.
func (u *unit) raise(p *User, now time.Time, what ending, keep string) error {
	p.Version++
	p.Updated = p.next(now)
	since, kept := int64(0), ""
	switch what {
	case endsOthers:
		since, kept = micros(now), keep
	case endsGrants:
		since = micros(now)
	}
	_, err := u.exec(changeUser, p.ID, p.Email, orNull(p.LinkEmail), p.State, p.TOTP, p.Version, micros(p.Updated), since, kept, p.search(), p.EmailVerified)
	if err != nil {
		return err
	}
	if _, err := u.exec(moveMember, p.ID, p.Email); err != nil {
		return err
	}
	for _, text := range []string{endTrusts, replaceLinks, endCodes} {
		if _, err := u.exec(text, p.ID); err != nil {
			return err
		}
	}
	if what == endsNothing {
		return nil
	}
	return u.cut(p.ID, keep, kept, now)
}

// cut ends all sessions but keep, and revokes all grants but those of the session kept.
func (u *unit) cut(id, keep, kept string, now time.Time) error {
	if _, err := u.endOthers(id, keep, now); err != nil {
		return err
	}
	_, err := u.exec(revokeOthers, id, micros(now), kept)
	return err
}

// endOthers ends all sessions of a person but keep, says how many, and has applications told of it.
func (u *unit) endOthers(id, keep string, now time.Time) (int64, error) {
	n, err := u.exec(endOthers, id, keep)
	if err != nil || n == 0 {
		return n, err
	}
	return n, u.tell(id, now)
}

// next is when a person is changed who is held: later than the change before, so that no two records of one time differ.
func (u User) next(now time.Time) time.Time {
	if !now.After(u.Updated) {
		return u.Updated.Add(time.Microsecond)
	}
	return now
}

// orNull is null for "", of which a unique column takes many.
func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}

// EndEverywhere ends a person's sessions but keep and all their trusts, and raises the version, so that no sign-in is under way any
// more. Grants end with their sessions; where none is kept, offline ones end too. It returns the person as they are now, and what has
// ended. ErrNotFound.
func (db *DB) EndEverywhere(ctx context.Context, userID, keep string, e Event) (User, Receipt, error) {
	var p User
	var r Receipt
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		var err error
		if p, err = u.hold(userID); err != nil {
			return err
		}
		before, err := u.standing(userID, now)
		if err != nil {
			return err
		}
		what := endsGrants
		if keep != "" {
			what = endsNothing // of grants, that is: offline ones stay
			if _, err := u.endOthers(userID, keep, now); err != nil {
				return err
			}
		}
		if err := u.raise(&p, now, what, ""); err != nil {
			return err
		}
		if r, err = u.receipt(before, userID, now); err != nil {
			return err
		}
		return u.record(db, r.on(e.or(Event{Kind: SessionsEnded, User: userID}), now))
	})
	return p, r, wrap("end everywhere", err)
}

const proveEmail = `update users set email_verified = true, updated = case when updated < $4 then $4 else updated + 1 end
	where id = $1 and version = $2 and email = $3 and not email_verified`

// ProveEmail notes that a person has shown that a mailbox is theirs: what is known of their address, if it still is that one, and nothing
// was changed of them since the proof was asked for. Whoever knows that it is proved already need not ask.
func (db *DB) ProveEmail(ctx context.Context, p User) error {
	_, err := db.writeOne(ctx, proveEmail, p.ID, p.Version, p.Email, micros(db.Now()))
	return wrap("prove email", err)
}
