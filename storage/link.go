package storage

import (
	"context"
	"time"
)

// The kinds of mailed links.
const (
	LinkInvitation = "invitation"
	LinkReset      = "reset"
	LinkAddress    = "address" // confirms a new address
)

// Link is a mailed link.
type Link struct {
	ID          string
	Token       []byte // SHA-256 of what the link carries
	Kind        string
	UserID      string
	UserVersion int64  // that it is good for; 0 in what is given to PutLink: the present one
	Email       string // where it goes, canonical; of an address link, the new address
	Note        string
	Created     time.Time
	Expires     time.Time
	Used        time.Time // zero: not used
	Opened      time.Time // when somebody went on from its first page; zero: nobody did
	Copied      bool      // an operator has it, so it proves no mailbox
	Replaced    bool      // a later one of its kind is on its way, or the person's version has changed
}

// linksKept is how long a dead link is known after its end, so that its page can say what became of it.
const linksKept = 30 * 24 * time.Hour

const linkColumns = `l.id, l.token, l.kind, l.user_id, l.user_version, l.email, l.note, l.created, l.expires, l.used, l.replaced, l.opened, l.copied`

func (l *Link) dest() []any {
	return []any{&l.ID, &l.Token, &l.Kind, &l.UserID, &l.UserVersion, &l.Email, &l.Note, at(&l.Created), at(&l.Expires), at(&l.Used), &l.Replaced, at(&l.Opened), &l.Copied}
}

const (
	replaceKind = `update links set replaced = true where user_id = $1 and kind = $2 and used = 0 and not replaced`
	insertLink  = `insert into links (id, token, kind, user_id, user_version, email, note, created, expires, used, replaced, copied)
		values ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, false, $10) on conflict do nothing`
	livingLink = `select ` + linkColumns + ` from links l join users u on u.id = l.user_id and u.version = l.user_version
		where l.user_id = $1 and l.kind = $2 and l.used = 0 and not l.replaced and l.expires > $3`
	ownerOfLink = `select user_id from links where id = $1`
	// The kind stands among the conditions, so that no link does another kind's work.
	spendLink = `update links set used = $3 where id = $1 and user_version = $2 and used = 0 and not replaced and expires > $3 and kind in ($4, $5)
		returning kind, email, copied`
)

var linkByToken = `select ` + linkColumns + `, ` + userColumns + ` from links l join users u on u.id = l.user_id where l.token = $1`

// Check judges the record. The error joins *Invalid values.
func (l Link) Check() error {
	var f faults
	f.unless(l.ID != "" && len(l.Token) == 32, "link", "has no id, or no hash of its token")
	f.unless(l.Kind == LinkInvitation || l.Kind == LinkReset || l.Kind == LinkAddress, "kind", "is none of invitation, reset, address")
	email, err := NormalEmail(l.Email)
	f.unless(err == nil && email == l.Email, "email", "is not an email address in canonical form")
	return f.err()
}

// PutLink stores a link; those of the same person and kind that were not used yet are replaced by it, also by one of two that are
// put at once. ErrNotFound when the person's version is not UserVersion, or there is no such person. *Invalid. ErrConflict when
// the token is known.
func (db *DB) PutLink(ctx context.Context, l Link, e Event) error {
	if err := l.Check(); err != nil {
		return wrap("put link", err)
	}
	if l.Created.IsZero() {
		l.Created = db.Now()
	}
	return wrap("put link", db.tx(ctx, func(u *unit) error {
		p, err := u.hold(l.UserID)
		if err != nil {
			return err
		}
		if l.UserVersion != 0 && l.UserVersion != p.Version {
			return ErrNotFound
		}
		if _, err := u.exec(replaceKind, l.UserID, l.Kind); err != nil {
			return err
		}
		err = u.add(insertLink, l.ID, l.Token, l.Kind, l.UserID, p.Version, l.Email, l.Note, micros(l.Created), micros(l.Expires), l.Copied)
		if err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: LinkSent, User: l.UserID}).with("kind", l.Kind))
	}))
}

// LinkByToken reads a link, a dead one too, and its person, whatever their state. ErrNotFound; also thirty days after its end.
func (db *DB) LinkByToken(ctx context.Context, token []byte) (Link, User, error) {
	var l Link
	var u User
	if err := db.readRow(ctx, linkByToken, []any{token}, append(l.dest(), u.dest())...); err != nil {
		return Link{}, User{}, wrap("read link", err)
	}
	return l, u, nil
}

// LivingLink reads the link of a person and kind that works now. ErrNotFound.
func (db *DB) LivingLink(ctx context.Context, userID, kind string) (Link, error) {
	var l Link
	err := db.readRow(ctx, livingLink, []any{userID, kind, micros(db.Now())}, l.dest()...)
	return l, wrap("read living link", err)
}

// spendLink takes a living link out of the world, and holds its person before, as every change of one does. ErrConflict when the link is
// unknown, used, replaced, expired, of none of the kinds, or made for another version of the person.
func (u *unit) spendLink(id string, now time.Time, kinds [2]string) (Link, User, error) {
	l := Link{ID: id}
	if err := u.row(ownerOfLink, []any{id}, &l.UserID); err != nil {
		return l, User{}, conflictIfNone(err)
	}
	p, err := u.hold(l.UserID)
	if err != nil {
		return l, p, err
	}
	err = u.row(spendLink, []any{id, p.Version, micros(now), kinds[0], kinds[1]}, &l.Kind, &l.Email, &l.Copied)
	return l, p, conflictIfNone(err)
}
