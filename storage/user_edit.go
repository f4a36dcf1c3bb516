package storage

import (
	"context"
	"reflect"
	"slices"
	"strings"
	"time"
)

const (
	numberOfOther = `select count(*) from users where customer_number = $1 and id <> $2`
	linkOfOther   = `select count(*) from users where link_email = $1 and id <> $2`
	editUser      = `update users set customer_number = $2, claims = $3, group_names = $4, role = $5, updated = $6, search = $7, role_ended = $8 where id = $1`
	deleteLinked  = `delete from identities where user_id = $1`
	// What was allowed of the console was allowed by somebody with another role.
	withdrawOfConsole = `update consents set withdrawn = case when granted > $2 then granted else $2 end
		where user_id = $1 and granted > withdrawn and ' ' || scopes like '% ` + ScopesOfConsole + `%'`
)

// ChangeUser stores what an operator has changed of a person's record as it was read: address and whether it is vouched for, link address,
// number, claims, groups and role; all else is not changed here, and *Invalid. Another address, link address or role raises the version, and
// so ends trusts, links and mailed codes. Another address or role ends the person's sessions and all grants, and another role besides what
// they allowed of the console, and “That wasn't me” of earlier letters: what was given to whoever they were does not come by another's name
// or rights. Accounts elsewhere are unlinked by another link address, and by a first role, which takes the link address too: an operator may
// have chosen it (AD-07). It returns the person as they are now. Of several who change what they
// read at the same time one wins (RG-06): ErrConflict when Updated is not the present one. ErrLastAdmin; ErrNotFound; *Invalid also when
// somebody else has the address, the link address or the number.
func (db *DB) ChangeUser(ctx context.Context, next User, e Event) (User, error) {
	if err := next.Check(); err != nil {
		return User{}, wrap("change user", err)
	}
	var p User
	err := db.tx(ctx, func(u *unit) error {
		now := db.Now()
		before, err := u.hold(next.ID)
		if err != nil {
			return err
		}
		if !before.Updated.Equal(next.Updated) {
			return ErrConflict
		}
		if err := u.mayBecome(before, next); err != nil {
			return err
		}
		if p = next; before.Role == "" && p.Role != "" {
			p.LinkEmail = ""
		}
		if before.Role != "" && p.Role == "" {
			p.RoleEnded = now
		}
		unlinked, err := u.edit(before, &p, now)
		if err != nil {
			return err
		}
		return u.tellEdit(db, edited{before, p, unlinked}, e)
	})
	if err != nil {
		return User{}, wrap("change user", err)
	}
	return p, nil
}

// mayBecome judges a change of a person who is held.
func (u *unit) mayBecome(before, next User) error {
	var f faults
	f.unless(next.State == before.State, "state", "is not changed here")
	f.unless(next.TOTP == before.TOTP, "totp", "is not changed here")
	f.unless(next.Version == before.Version, "version", "is not changed here")
	f.unless(next.Created.Equal(before.Created), "created", "is not changed here")
	f.unless(next.SignedIn.Equal(before.SignedIn), "signed_in", "is not changed here")
	f.unless(next.EmailVerified == before.EmailVerified || next.Email != before.Email, "email_verified", "is not changed here")
	f.unless(next.RoleEnded.Equal(before.RoleEnded), "role_ended", "is not changed here")
	if err := f.err(); err != nil {
		return err
	}
	field, err := u.taken(next)
	if err != nil {
		return err
	}
	if field != "" {
		return &Invalid{field, "belongs to somebody else"}
	}
	return u.keepAdmin(before, next)
}

// owned is what no two people may have alike.
func (u User) owned() []ownedValue {
	var all []ownedValue
	for _, own := range []ownedValue{
		{"email", u.Email, addressOfOther},
		{"link_email", u.LinkEmail, linkOfOther},
		{"customer_number", u.CustomerNumber, numberOfOther},
	} {
		if own.value != "" {
			all = append(all, own)
		}
	}
	return all
}

type ownedValue struct{ field, value, others string }

// taken names the first field that somebody else has alike; "" none.
func (u *unit) taken(p User) (string, error) {
	for _, own := range p.owned() {
		var n int
		if err := u.row(own.others, []any{own.value, p.ID}, &n); err != nil || n > 0 {
			return own.field, err
		}
	}
	return "", nil
}

// edit stores a person who is held, ends what must not outlive the change, and names the issuers whose accounts are unlinked.
func (u *unit) edit(before User, p *User, now time.Time) ([]string, error) {
	claims, groups, err := p.columns()
	if err != nil {
		return nil, err
	}
	p.Updated = p.next(now)
	_, err = u.exec(editUser, p.ID, orNull(p.CustomerNumber), claims, groups, p.Role, micros(p.Updated), p.search(), micros(p.RoleEnded))
	if err != nil {
		return nil, err
	}
	if !slices.Equal(before.Groups, p.Groups) {
		if _, err := u.exec(leaveGroups, p.ID); err != nil {
			return nil, err
		}
		if err := u.enrol(*p, now); err != nil {
			return nil, err
		}
	}
	if before.Email == p.Email && before.LinkEmail == p.LinkEmail && before.Role == p.Role {
		return nil, nil
	}
	p.Updated = before.Updated // raise sets it anew
	return u.cutOff(before, p, now)
}

// cutOff ends what was handed out to a person who is another by role or address now, and names the issuers whose accounts are unlinked.
func (u *unit) cutOff(before User, p *User, now time.Time) ([]string, error) {
	what := endsNothing
	if before.Email != p.Email { // a session of before would be told to applications by another's address
		what = endsGrants
	}
	if before.Role != p.Role {
		what = endsGrants
		if _, err := u.exec(withdrawOfConsole, p.ID, micros(now)); err != nil {
			return nil, err
		}
	}
	var unlinked []string
	if before.LinkEmail != p.LinkEmail || before.Role == "" && p.Role != "" {
		var err error
		if unlinked, err = u.unlink(p.ID); err != nil {
			return nil, err
		}
	}
	if len(unlinked) > 0 { // whoever came in by it is out
		what = endsGrants
	}
	if err := u.raise(p, now, what, ""); err != nil || before.Role == p.Role {
		return unlinked, err
	}
	return unlinked, u.endAlarms(*p, now)
}

// unlink takes away all accounts elsewhere of a person who is held, and names their issuers.
func (u *unit) unlink(id string) ([]string, error) {
	var issuers []string
	err := u.rows(selectIdentities, []any{id}, func(scan func(...any) error) error {
		var i Identity
		err := scan(i.dest()...)
		issuers = append(issuers, i.Issuer)
		return err
	})
	if err != nil {
		return nil, err
	}
	_, err = u.exec(deleteLinked, id)
	return issuers, err
}

// edited is a change of a person that is made.
type edited struct {
	before, p User
	unlinked  []string // issuers
}

// tellEdit records what was changed, an event a kind: another address, another role, each group, each account that is unlinked, all else.
func (u *unit) tellEdit(db *DB, c edited, e Event) error {
	before, p := c.before, c.p
	e = e.or(Event{Actor: "operator", User: p.ID})
	var all []Event
	tell := func(kind, from, to string) {
		if from != to {
			told := e.with("from", from).with("to", to)
			told.Kind = kind
			all = append(all, told)
		}
	}
	tell(EmailChanged, before.Email, p.Email)
	tell(UserRoleChanged, before.Role, p.Role)
	all = append(all, membershipEvents(before, p, e)...)
	for _, issuer := range c.unlinked {
		told := e.with("issuer", issuer)
		told.Kind = IdentityUnlinked
		all = append(all, told)
	}
	if fields := editedFields(before, p); len(fields) > 0 {
		told := e.with("changed", strings.Join(fields, " "))
		told.Kind = UserChanged
		all = append(all, told)
	}
	for _, told := range all {
		if err := u.record(db, told); err != nil {
			return err
		}
	}
	return nil
}

// editedFields names what else was changed: values of claims are nobody's business in a log that is kept for a year.
func editedFields(before, p User) []string {
	var fields []string
	if before.LinkEmail != p.LinkEmail {
		fields = append(fields, "link_email")
	}
	if before.CustomerNumber != p.CustomerNumber {
		fields = append(fields, "customer_number")
	}
	for name := range claimRules {
		if !reflect.DeepEqual(before.Claims[name], p.Claims[name]) {
			fields = append(fields, name)
		}
	}
	slices.Sort(fields)
	return fields
}
