package admin

import (
	"context"
	"slices"

	"github.com/doorward/doorward/storage"
)

type personEnder interface {
	DisableUser(ctx context.Context, id string, e storage.Event) (storage.Receipt, error)
	SetUserState(ctx context.Context, id, state string, e storage.Event) error
	EndEverywhere(ctx context.Context, userID, keep string, e storage.Event) (storage.User, storage.Receipt, error)
	RemoveUser(ctx context.Context, id string, e storage.Event) (storage.Removed, error)
	personUnlinker
	receiptStore
}

type personUnlinker interface {
	EndSession(ctx context.Context, id string, e storage.Event) error
	EndTrust(ctx context.Context, userID, id string, e storage.Event) error
	RemoveIdentity(ctx context.Context, userID, issuer, keep string, e storage.Event) error
}

// Each of these asks for a reason, which the log keeps; "" none was given.

// DisablePerson signs somebody out everywhere and lets them in no more, until EnablePerson. ErrOwn; storage.ErrLastAdmin; ErrNotNow when
// they are disabled already; storage.ErrNotFound; ErrForbidden.
func (d *Desk) DisablePerson(ctx context.Context, by Actor, id, reason string) (Ended, error) {
	u, err := d.another(ctx, by, id)
	if err != nil {
		return Ended{}, err
	}
	if u.State == "disabled" {
		return Ended{}, ErrNotNow
	}
	began := d.Now()
	r, err := d.Store.DisableUser(ctx, id, by.event(reason))
	return d.ended(ctx, by, id, r, began, err)
}

// EnablePerson lets somebody in again, with the password of before; who never came is invited again. ErrNotNow when they are not disabled.
func (d *Desk) EnablePerson(ctx context.Context, by Actor, id, reason string) (Person, error) {
	u, err := d.another(ctx, by, id)
	if err != nil {
		return Person{}, err
	}
	if u.State != "disabled" {
		return Person{}, ErrNotNow
	}
	p := PersonDetail{Person: personOf(u)}
	if err := d.ways(ctx, &p); err != nil {
		return Person{}, err
	}
	state := "active"
	if p.PasswordSet.IsZero() && len(p.Google) == 0 && u.SignedIn.IsZero() {
		state = "invited" // nobody becomes active by being disabled for a while
	}
	if err := d.Store.SetUserState(ctx, id, state, by.event(reason)); err != nil {
		return Person{}, err
	}
	u, err = d.Store.User(ctx, id)
	return personOf(u), err
}

// SignOutPerson ends somebody's sessions and trusts, and what applications were given.
func (d *Desk) SignOutPerson(ctx context.Context, by Actor, id, reason string) (Ended, error) {
	if _, err := d.whom(ctx, by, id); err != nil {
		return Ended{}, err
	}
	began := d.Now()
	_, r, err := d.Store.EndEverywhere(ctx, id, "", by.event(reason))
	return d.ended(ctx, by, id, r, began, err)
}

// ResetTwoFactor removes somebody's authenticator apps and recovery codes, for a lost phone, and signs them out everywhere; the password
// stays, and a letter tells them. ErrOwn: one's own are kept at one's own account (AD-05). ErrNotNow when there is none.
func (d *Desk) ResetTwoFactor(ctx context.Context, by Actor, id, reason string) (Ended, error) {
	u, err := d.another(ctx, by, id)
	if err != nil {
		return Ended{}, err
	}
	if !u.TOTP {
		return Ended{}, ErrNotNow
	}
	before, err := d.Store.Standing(ctx, id)
	if err != nil {
		return Ended{}, err
	}
	began := d.Now()
	told, err := d.Letters.ResetFactors(ctx, u, by.event(reason))
	e, err := d.ended(ctx, by, id, before, began, err)
	e.Letter = told
	return e, err
}

// SendPasswordReset sends somebody a link to a new password. Nothing ends before they use it. ErrNoMail; *TooSoon; ErrNotNow for whoever
// is not active.
func (d *Desk) SendPasswordReset(ctx context.Context, by Actor, id, reason string) error {
	u, err := d.whom(ctx, by, id)
	if err != nil {
		return err
	}
	if u.State != "active" {
		return ErrNotNow
	}
	return d.Letters.SendReset(ctx, u, by.event(reason))
}

// EndPersonSession signs somebody out in one browser. storage.ErrNotFound also when it is a session of somebody else (AD-02).
func (d *Desk) EndPersonSession(ctx context.Context, by Actor, id, session, reason string) error {
	if _, err := d.whom(ctx, by, id); err != nil {
		return err
	}
	all, err := d.Store.SessionsOf(ctx, id)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(s storage.Session) bool { return s.ID == session }) {
		return storage.ErrNotFound
	}
	return d.Store.EndSession(ctx, session, by.event(reason))
}

// EndPersonTrust has somebody prove their second factor again in one browser. storage.ErrNotFound also when it is somebody else's (AD-02).
func (d *Desk) EndPersonTrust(ctx context.Context, by Actor, id, trust, reason string) error {
	if _, err := d.whom(ctx, by, id); err != nil {
		return err
	}
	all, err := d.Store.Trusts(ctx, id)
	if err != nil {
		return err
	}
	if !slices.ContainsFunc(all, func(t storage.Trust) bool { return t.ID == trust }) {
		return storage.ErrNotFound
	}
	return d.Store.EndTrust(ctx, id, trust, by.event(reason))
}

// UnlinkGoogle takes away that somebody signs in with their account at Google, and signs them out. Such a link is never made or changed here
// (AD-10). ErrNotNow when there is none; ErrOwn.
func (d *Desk) UnlinkGoogle(ctx context.Context, by Actor, id, reason string) error {
	if _, err := d.another(ctx, by, id); err != nil {
		return err
	}
	linked, err := d.Store.Identities(ctx, id)
	if err != nil {
		return err
	}
	if len(linked) == 0 {
		return ErrNotNow
	}
	for _, i := range linked {
		if err := d.Store.RemoveIdentity(ctx, id, i.Issuer, "", by.event(reason)); err != nil {
			return err
		}
	}
	return nil
}

// RemovePerson removes somebody and everything of theirs; the log keeps what happened. ErrOwn; storage.ErrLastAdmin; storage.ErrNotFound.
func (d *Desk) RemovePerson(ctx context.Context, by Actor, id, reason string) (Ended, error) {
	if _, err := d.another(ctx, by, id); err != nil {
		return Ended{}, err
	}
	began := d.Now()
	gone, err := d.Store.RemoveUser(ctx, id, by.event(reason))
	return d.ended(ctx, by, id, gone.Receipt, began, err)
}
