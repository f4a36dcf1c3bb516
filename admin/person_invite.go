package admin

import (
	"context"
	"errors"
	"maps"
	"slices"
	"strings"
	"unicode"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

type invitationStore interface {
	AddUser(ctx context.Context, u storage.User, passwordHash string, e storage.Event) error
	WithdrawLink(ctx context.Context, userID, kind string, e storage.Event) error
}

// NewPerson is somebody to invite. There is no password in it: the person sets it, and nobody else ever does.
type NewPerson struct {
	Email          string   `json:"email"`
	Name           string   `json:"name,omitempty"`
	CustomerNumber string   `json:"customer_number,omitempty"`
	GoogleEmail    string   `json:"google_email,omitempty"` // "": the address
	Language       string   `json:"language,omitempty"`
	Groups         []string `json:"groups,omitempty"`

	// What only the operator's commands say. Nothing of it is read from a page or a call (AD-04).
	Role       string         `json:"-"`
	Claims     map[string]any `json:"-"` // further ones
	MakeGroups bool           `json:"-"` // those that do not exist yet are made, as by an import: there is no command for groups
	Reason     string         `json:"-"`
	Unsent     bool           `json:"-"` // no letter goes out: ResendInvitation or InvitationLink comes next
}

// Check says which rules of a person's record it breaks, by the record's own fields. *storage.Invalid each.
func (n NewPerson) Check() error {
	u := n.record()
	u.ID = storage.NewID()
	return u.Check()
}

// Welcome is a person who is invited.
type Welcome struct {
	Person
	Letter bool `json:"letter"` // one is on its way
}

// Invite adds somebody, and sends them the way in. Where no letter can be sent, they are added all the same: a link can be made for
// them. The error is *storage.Invalid also when an address or the number is somebody's (Taken); ErrGroupKept; ErrForbidden.
func (d *Desk) Invite(ctx context.Context, by Actor, n NewPerson) (Welcome, error) {
	u, err := d.addNew(ctx, by, n, "")
	if err != nil || n.Unsent {
		return Welcome{Person: personOf(u)}, err
	}
	_, err = d.sendInvitation(ctx, d.invitation(ctx, by, u, ""))
	if soon := (*TooSoon)(nil); errors.Is(err, ErrNoMail) || errors.As(err, &soon) {
		return Welcome{Person: personOf(u)}, nil
	}
	return Welcome{personOf(u), true}, err
}

// addNew adds somebody, with the hash of a password or without.
func (d *Desk) addNew(ctx context.Context, by Actor, n NewPerson, hash string) (storage.User, error) {
	u := n.record()
	u.EmailVerified = by.May(KeepAll)
	if n.Role != "" && !by.May(KeepAll) {
		return u, ErrForbidden
	}
	wrong := errors.Join(oneLine("name", &n.Name), knownLanguage(n.Language))
	if !n.MakeGroups {
		wrong = errors.Join(d.known(ctx, nil, u.Groups), wrong)
	}
	if wrong != nil {
		return u, wrong
	}
	if err := d.mayMove(ctx, by, u.Groups...); err != nil {
		return u, err
	}
	if hash != "" {
		u.State = "active"
	}
	return d.add(ctx, storage.ImportedUser{User: u, Hash: hash}, by.event(n.Reason))
}

func (n NewPerson) record() storage.User {
	u := storage.User{
		Email: canonicalEmail(n.Email), LinkEmail: canonicalEmail(n.GoogleEmail), CustomerNumber: canonicalNumber(n.CustomerNumber),
		Claims: map[string]any{}, Groups: groupNames(n.Groups), Role: n.Role, State: "invited",
	}
	claim(u.Claims, "name", n.Name)
	claim(u.Claims, "locale", n.Language)
	maps.Copy(u.Claims, n.Claims)
	return u
}

// add stores one person, whose id is made here (AD-14). A role is given by no import, which only says there who is in the way.
func (d *Desk) add(ctx context.Context, p storage.ImportedUser, e storage.Event) (storage.User, error) {
	u := p.User
	p.User.Role = ""
	results, err := d.Store.ImportUsers(ctx, []storage.ImportedUser{p}, u.Role != "", e)
	if err != nil {
		return u, err
	}
	switch r := results[0]; r.Result {
	case storage.ImportAdded:
		if u.Role == "" {
			return d.Store.User(ctx, r.ID)
		}
		u.ID, u.Version = storage.NewID(), 1
		if err := d.Store.AddUser(ctx, u, p.Hash, e); err != nil {
			return u, err
		}
		return d.Store.User(ctx, u.ID)
	case storage.ImportExists:
		return u, inFields(ofAddress(u, &storage.Invalid{Field: r.Field, Why: takenWhy}))
	default:
		return u, inFields(ofAddress(u, r.Err))
	}
}

// ofAddress blames the address, once, where the one at Google was not given and is the same.
func ofAddress(u storage.User, err error) error {
	found := invalids(err)
	if u.LinkEmail != "" || len(found) == 0 {
		return err
	}
	var list []error
	blamed := false
	for _, f := range found {
		told := *f
		if f.Field == "link_email" {
			told.Field = "email"
		}
		if told.Field != "email" || !blamed {
			list = append(list, &told)
		}
		blamed = blamed || told.Field == "email"
	}
	return errors.Join(list...)
}

// takenWhy is what is said of a value that somebody else has.
const takenWhy = "belongs to somebody else"

// Taken says whether an error is that somebody else has an address or the number.
func Taken(err error) bool {
	return errors.Is(err, storage.ErrConflict) || slices.ContainsFunc(invalids(err), func(i *storage.Invalid) bool { return i.Why == takenWhy })
}

// oneLine refuses what would be more than a line of a letter.
func oneLine(field string, text *string) error {
	if text != nil && strings.ContainsFunc(strings.TrimSpace(*text), func(r rune) bool { return !unicode.IsPrint(r) }) {
		return &storage.Invalid{Field: field, Why: "wants one line of characters that can be seen"}
	}
	return nil
}

// knownLanguage refuses one that the house does not speak.
func knownLanguage(tag string) error {
	texts, err := web.LoadTexts()
	if err != nil || tag == "" || slices.Contains(texts.Languages(), tag) {
		return err
	}
	return &storage.Invalid{Field: "language", Why: "is none of " + strings.Join(texts.Languages(), ", ")}
}

// invitation is one that the actor sends; a program has no name that people know.
func (d *Desk) invitation(ctx context.Context, by Actor, u storage.User, reason string) Invitation {
	i := Invitation{Person: u, By: by.Name, Event: by.event(reason)}
	if inviter, err := d.Store.User(ctx, by.ID); err == nil && i.By == "" {
		i.By = inviter.Name()
	}
	return i
}

// sendInvitation sends one that its mailbox can bear. ErrNoMail; *TooSoon.
func (d *Desk) sendInvitation(ctx context.Context, i Invitation) (storage.Link, error) {
	if err := d.Letters.Charge(ctx, ToldChange{Before: i.Person, After: i.Person, Invitation: true}); err != nil {
		return storage.Link{}, err
	}
	return d.Letters.Invite(ctx, i)
}

// expected reads somebody who has not come yet. ErrNotNow for all others.
func (d *Desk) expected(ctx context.Context, by Actor, id string) (storage.User, error) {
	u, err := d.whom(ctx, by, id)
	if err == nil && u.State != "invited" {
		err = ErrNotNow
	}
	return u, err
}

// ResendInvitation sends the way in again; earlier letters open nothing any more. ErrNoMail; *TooSoon; ErrNotNow when the person has come
// already.
func (d *Desk) ResendInvitation(ctx context.Context, by Actor, id, reason string) (Invited, error) {
	u, err := d.expected(ctx, by, id)
	if err != nil {
		return Invited{}, err
	}
	link, err := d.sendInvitation(ctx, d.invitation(ctx, by, u, reason))
	return Invited{State: storage.InvitationSent, Sent: link.Created, Expires: link.Expires, Waiting: true}, err
}

// InvitationLink is a way in that no letter brings.
type InvitationLink struct {
	Invited
	Address string `json:"address"` // whoever has it can take the account; it is told once
}

// InvitationLink makes a way in for somebody whose mailbox is out of reach; earlier letters open nothing any more. ErrNotNow when
// the person has come already.
func (d *Desk) InvitationLink(ctx context.Context, by Actor, id, reason string) (InvitationLink, error) {
	u, err := d.expected(ctx, by, id)
	if err != nil {
		return InvitationLink{}, err
	}
	i := d.invitation(ctx, by, u, reason)
	if i.Event.Data == nil {
		i.Event.Data = map[string]string{}
	}
	i.Event.Data["copied"] = "true" // the log tells it from one that only the mailbox has
	link, address, err := d.Letters.InvitationLink(ctx, i)
	return InvitationLink{Invited{State: storage.InvitationSent, Sent: link.Created, Expires: link.Expires}, address}, err
}

// WithdrawInvitation ends the way in that was sent. The person stays, invited, until they are removed. ErrNotNow when none works.
func (d *Desk) WithdrawInvitation(ctx context.Context, by Actor, id, reason string) error {
	if _, err := d.expected(ctx, by, id); err != nil {
		return err
	}
	err := d.Store.WithdrawLink(ctx, id, storage.LinkInvitation, by.event(reason))
	if errors.Is(err, storage.ErrNotFound) {
		return ErrNotNow
	}
	return err
}
