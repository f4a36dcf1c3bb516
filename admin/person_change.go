package admin

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

type personKeeper interface {
	ChangeUser(ctx context.Context, next storage.User, e storage.Event) (storage.User, error)
	ImportUsers(ctx context.Context, people []storage.ImportedUser, dry bool, e storage.Event) ([]storage.ImportResult, error)
	Group(ctx context.Context, name string) (storage.Group, error)
}

// PersonChange is what of somebody is to be another one; nil stays as it is. Role and state have functions of their own, and what
// stands here is all that can be set (AD-04, AD-10).
type PersonChange struct {
	Email          *string   `json:"email,omitempty"`
	Name           *string   `json:"name,omitempty"`
	CustomerNumber *string   `json:"customer_number,omitempty"`
	GoogleEmail    *string   `json:"google_email,omitempty"`
	Language       *string   `json:"language,omitempty"`
	Groups         *[]string `json:"groups,omitempty"`
	Reason         string    `json:"reason,omitempty"`

	Updated time.Time `json:"-"` // of the person as they were read: storage.ErrConflict when it is another by now (RG-06)
}

// ChangePerson changes somebody's record. Another address, or another one at Google, ends trust and links, and a letter to the person as
// they were tells of it. *TooSoon, and nothing is changed, where that mailbox has had letters enough; *storage.Invalid;
// storage.ErrConflict; storage.ErrNotFound; ErrForbidden; ErrOwnAddress; ErrGroupKept.
func (d *Desk) ChangePerson(ctx context.Context, by Actor, id string, c PersonChange) (Person, error) {
	before, err := d.whom(ctx, by, id)
	if err != nil {
		return Person{}, err
	}
	next := c.on(before)
	if next.Email != before.Email {
		next.EmailVerified = by.May(KeepAll) // a helpdesk could else speak to applications in anybody's name
	}
	moved := next.Email != before.Email || next.LinkEmail != before.LinkEmail
	if moved {
		if d.ownAddress(before) {
			return Person{}, ErrOwnAddress
		}
	}
	if !c.Updated.Equal(before.Updated) {
		return Person{}, storage.ErrConflict
	}
	if err := errors.Join(d.known(ctx, before.Groups, next.Groups), oneLine("name", c.Name), c.speaks(before), inFields(next.Check())); err != nil {
		return Person{}, err
	}
	if err := d.mayMove(ctx, by, differing(before.Groups, next.Groups)...); err != nil {
		return Person{}, err
	}
	if err := d.Letters.Charge(ctx, ToldChange{Before: before, After: next}); err != nil {
		return Person{}, err
	}
	after, err := d.Store.ChangeUser(ctx, next, by.event(c.Reason))
	if err != nil {
		return Person{}, inFields(err)
	}
	if moved {
		unwritten(ctx, d.Letters.TellAddressChanged(ctx, before, after))
	}
	return personOf(after), nil
}

// roleRest is how long the addresses of somebody whose role was taken stay theirs to change. Else an administrator takes another's place: takes
// the role, moves the address, and gives the role back.
const roleRest = 30 * 24 * time.Hour

// ownAddress says whether nobody but the person changes where their letters go: whoever has a role, or had one not long ago (AD-07).
func (d *Desk) ownAddress(u storage.User) bool {
	return u.Role != "" || !u.RoleEnded.IsZero() && d.Now().Sub(u.RoleEnded) < roleRest
}

// unwritten notes a letter that could not be sent: the change that it tells of is made.
func unwritten(ctx context.Context, err error) {
	if err != nil {
		web.Note(ctx, slog.String("letter_not_sent", err.Error()))
	}
}

// on is the record with the change in it.
func (c PersonChange) on(u storage.User) storage.User {
	u.Claims, u.Groups = maps.Clone(u.Claims), slices.Clone(u.Groups)
	if u.Claims == nil {
		u.Claims = map[string]any{}
	}
	if c.Email != nil {
		email := canonicalEmail(*c.Email)
		if u.LinkEmail == u.Email { // what was never said to differ goes along
			u.LinkEmail = email
		}
		u.Email = email
	}
	if c.GoogleEmail != nil {
		u.LinkEmail = canonicalEmail(*c.GoogleEmail)
	}
	if c.CustomerNumber != nil {
		u.CustomerNumber = canonicalNumber(*c.CustomerNumber)
	}
	if c.Name != nil {
		claim(u.Claims, "name", *c.Name)
	}
	if c.Language != nil {
		claim(u.Claims, "locale", *c.Language)
	}
	if c.Groups != nil {
		u.Groups = groupNames(*c.Groups)
	}
	return u
}

// speaks judges the language, where it is another one.
func (c PersonChange) speaks(before storage.User) error {
	if c.Language == nil || *c.Language == personOf(before).Language {
		return nil
	}
	return knownLanguage(*c.Language)
}

// claim sets a claim; "" takes it away.
func claim(claims map[string]any, name, value string) {
	if value = strings.TrimSpace(value); value == "" {
		delete(claims, name)
		return
	}
	claims[name] = value
}

// canonicalEmail is an address as it is stored; what is none stays as it was typed, and the record's own check refuses it.
func canonicalEmail(typed string) string {
	if email, _, ok := storage.Identifier(typed); ok && email != "" {
		return email
	}
	return strings.TrimSpace(typed)
}

func canonicalNumber(typed string) string {
	if _, number, ok := storage.Identifier(typed); ok && number != "" {
		return number
	}
	return strings.TrimSpace(typed)
}

// groupNames are names in order, each once.
func groupNames(typed []string) []string {
	var names []string
	for _, name := range typed {
		if name = strings.TrimSpace(name); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// known refuses groups that nobody has made: what is mistyped becomes no group. Those that the person has already, stay.
func (d *Desk) known(ctx context.Context, has, names []string) error {
	for _, name := range names {
		if slices.Contains(has, name) {
			continue
		}
		_, err := d.Store.Group(ctx, name)
		if errors.Is(err, storage.ErrNotFound) {
			err = &storage.Invalid{Field: "groups", Why: "there is no group " + clipped(name, 80)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// RoleChange is which role somebody is to have; "" none.
type RoleChange struct {
	Role   string `json:"role"`
	Reason string `json:"reason,omitempty"`

	Updated time.Time `json:"-"`
}

// SetRole gives somebody a role, or takes it. Their sessions end, and a letter tells them; an invitation that worked ends too, and
// another one is sent in its place, where mail is set up. Whoever gets one has no account at Google linked to them by its address any
// more: whoever could set that address would become an administrator (AD-07). ErrOwn, for one's own; storage.ErrLastAdmin; *TooSoon, and
// nothing is changed, where the mailbox has had letters enough; else as ChangePerson.
func (d *Desk) SetRole(ctx context.Context, by Actor, id string, c RoleChange) (Person, error) {
	if !by.May(KeepAll) {
		return Person{}, ErrForbidden
	}
	next, err := d.another(ctx, by, id)
	if err != nil {
		return Person{}, err
	}
	if !c.Updated.Equal(next.Updated) {
		return Person{}, storage.ErrConflict
	}
	if next.Role == c.Role {
		return personOf(next), nil
	}
	before := next
	if next.Role = c.Role; c.Role != "" {
		next.LinkEmail = ""
	}
	waited, err := d.waits(ctx, next)
	if err == nil {
		err = d.Letters.Charge(ctx, ToldChange{before, next, waited})
	}
	if err != nil {
		return Person{}, err
	}
	after, err := d.Store.ChangeUser(ctx, next, by.event(c.Reason))
	if err != nil {
		return Person{}, inFields(err)
	}
	unwritten(ctx, d.Letters.TellRoleChanged(ctx, after))
	if waited {
		_, err := d.Letters.Invite(ctx, d.invitation(ctx, by, after, c.Reason))
		unwritten(ctx, err)
	}
	return personOf(after), nil
}

// waits says whether somebody has an invitation that works.
func (d *Desk) waits(ctx context.Context, u storage.User) (bool, error) {
	if u.State != "invited" {
		return false, nil
	}
	i, err := d.Store.Invitation(ctx, u.ID)
	return i.State == storage.InvitationSent || i.State == storage.InvitationOpened, err
}

// inFields names the faults of a record as a Person names its fields; other errors stay.
func inFields(err error) error {
	found := invalids(err)
	if len(found) == 0 {
		return err
	}
	list := make([]error, len(found))
	for i, f := range found {
		renamed := *f
		first, _, _ := strings.Cut(f.Why, " ") // storage begins with the claim
		switch {
		case f.Field == "link_email":
			renamed.Field = "google_email"
		case f.Field == "claims" && first == "name":
			renamed.Field = "name"
		case f.Field == "claims" && first == "locale":
			renamed.Field = "language"
		}
		list[i] = &renamed
	}
	return errors.Join(list...)
}
