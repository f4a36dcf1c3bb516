package storage

import (
	"context"
	"errors"
	"strconv"
	"strings"
)

// How far an invitation has come.
const (
	InvitationNone      = "none"      // the person is invited, but no link is known: it was never sent, or its end is long past
	InvitationSent      = "invited"   // the letter waits or was sent
	InvitationOpened    = "opened"    // somebody has gone on from its first page
	InvitationExpired   = "expired"   // nobody has used it in time
	InvitationWithdrawn = "withdrawn" // by an operator; or it ended with a change of the person, a new epoch, an alarm
	InvitationAccepted  = "active"    // the person has come in; also where nobody ever invited them
	InvitationDisabled  = "disabled"  // the person is
)

// Invitation is how far a person's invitation has come.
type Invitation struct {
	State   string
	Link    Link // the last one; zero: none is known
	Waiting bool // a letter to the person from after it was made is not sent yet
	// TakenBack: an operator has withdrawn it, and none was sent since. It is known by the log, as long as that is kept: the link is
	// forgotten earlier, and ends for other reasons too, which are no wish that somebody does not come.
	TakenBack bool
}

const (
	lastLink = `select ` + linkColumns + ` from links l where l.user_id = $1 and l.kind = $2 order by l.created desc, l.replaced, l.id limit 1`
	// The outbox holds what is on its way alone.
	lettersTo = `select count(*) from outbox where user_id = $1 and created >= $2`
	// lastTurn is whether a link was sent or withdrawn last.
	lastTurn = `select kind from events where user_id = $1 and user_id <> '' and kind in ('` + LinkSent + `', '` + LinkWithdrawn + `') order by id desc limit 1`
	openLink = `update links set opened = $2 where id = $1 and opened = 0 and used = 0 and not replaced and expires > $2`
)

// Invitation reads how far a person's invitation has come. ErrNotFound when there is no such person.
func (db *DB) Invitation(ctx context.Context, userID string) (Invitation, error) {
	var i Invitation
	p, err := db.User(ctx, userID)
	if err == nil {
		err = db.readRow(ctx, lastLink, []any{userID, LinkInvitation}, i.Link.dest()...)
	}
	known := err == nil
	if errors.Is(err, ErrNotFound) && p.ID != "" {
		err = nil
	}
	if known {
		var n int
		err = db.readRow(ctx, lettersTo, []any{userID, micros(i.Link.Created)}, &n)
		i.Waiting = n > 0
	}
	if err == nil && p.State == "invited" {
		i.TakenBack, err = db.takenBack(ctx, userID)
	}
	if err != nil {
		return Invitation{}, wrap("read invitation", err)
	}
	i.State = db.invitationState(p, i.Link)
	return i, nil
}

func (db *DB) takenBack(ctx context.Context, userID string) (bool, error) {
	var kind string
	err := db.readRow(ctx, lastTurn, []any{userID}, &kind)
	if errors.Is(err, ErrNotFound) {
		err = nil
	}
	return kind == LinkWithdrawn, err
}

// asked is how many people one statement of Invitations asks for.
const asked = 50

// lastLinks has as many places as people are asked for at once, so that it is one text, which stays prepared.
var lastLinks = func() string {
	places := make([]string, asked)
	for i := range places {
		places[i] = "$" + strconv.Itoa(i+2)
	}
	return `select ` + linkColumns + `, ` + userColumns + ` from links l join users u on u.id = l.user_id
		where l.kind = $1 and l.user_id in (` + strings.Join(places, ", ") + `) order by l.created desc, l.replaced, l.id`
}()

// Invitations reads how far the invitations of these people have come, by their ids. Of whom no link is known, nothing is told.
func (db *DB) Invitations(ctx context.Context, ids []string) (map[string]string, error) {
	states := make(map[string]string, len(ids))
	for len(ids) > 0 {
		some := ids[:min(len(ids), asked)]
		ids = ids[len(some):]
		args := []any{LinkInvitation}
		for i := range asked {
			args = append(args, some[min(i, len(some)-1)])
		}
		err := db.readRows(ctx, lastLinks, args, func(scan func(...any) error) error {
			var l Link
			var p User
			err := scan(append(l.dest(), p.dest())...)
			if states[p.ID] == "" { // the last one comes first
				states[p.ID] = db.invitationState(p, l)
			}
			return err
		})
		if err != nil {
			return nil, wrap("read invitations", err)
		}
	}
	return states, nil
}

func (db *DB) invitationState(p User, l Link) string {
	switch {
	case p.State == "disabled":
		return InvitationDisabled
	case p.State == "active":
		return InvitationAccepted
	case l.ID == "" || !l.Used.IsZero():
		return InvitationNone
	case l.Replaced || l.UserVersion != p.Version:
		return InvitationWithdrawn
	case !l.Expires.After(db.Now()):
		return InvitationExpired
	case !l.Opened.IsZero():
		return InvitationOpened
	}
	return InvitationSent
}

// OpenLink notes that somebody has gone on from the first page of a living link; the first time stays. No error for any other link: this
// is for operators to see, and changes nobody's rights.
func (db *DB) OpenLink(ctx context.Context, id string) error {
	_, err := db.writeOne(ctx, openLink, id, micros(db.Now()))
	return wrap("open link", err)
}

// WithdrawLink ends the living link of a person and kind. Of a withdrawal and a use at the same moment one wins. ErrNotFound when
// there is no such link.
func (db *DB) WithdrawLink(ctx context.Context, userID, kind string, e Event) error {
	return wrap("withdraw link", db.tx(ctx, func(u *unit) error {
		if _, err := u.hold(userID); err != nil {
			return err
		}
		n, err := u.exec(replaceKind, userID, kind)
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return u.record(db, e.or(Event{Kind: LinkWithdrawn, Actor: "operator", User: userID}).with("kind", kind))
	}))
}
