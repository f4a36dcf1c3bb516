package admin

import (
	"context"
	"time"

	"github.com/doorward/doorward/storage"
)

// What somebody else may have prepared of an account before it gets a role (AD-07): a helpdesk can invite a person, copy the link, and use
// it. Nobody but the person can tell whose password that is, so the page of a role says how it came to be.

// byCopy says whether the password of this time was set by an invitation that somebody had copied, by the log.
func (d *Desk) byCopy(ctx context.Context, id string, set time.Time) (bool, error) {
	if set.IsZero() {
		return false, nil
	}
	last := func(kind string) (storage.Event, error) {
		page, err := d.Store.Log(ctx, storage.LogFilter{User: id, Kind: kind, From: set.Add(-time.Minute), Until: set.Add(time.Minute)}, "", maxRows)
		if err != nil || len(page.Events) == 0 {
			return storage.Event{}, err
		}
		return page.Events[0], nil
	}
	used, err := last(storage.LinkUsed)
	if err != nil || used.Data["copied"] == "" {
		return false, err
	}
	chosen, err := last(storage.UserPasswordSet) // since then, by the person
	return chosen.ID < used.ID, err
}

// doubt is what speaks against a role before the person has chosen a new password; "" nothing does.
func (v *visit) doubt(p PersonDetail) string {
	switch {
	case p.PasswordCopied:
		return v.t("person.role-copied")
	case p.State == "active" && !p.EmailVerified:
		return v.t("person.role-unproved", "address", p.Email)
	}
	return ""
}
