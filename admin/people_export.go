package admin

import (
	"context"
	"encoding/csv"
	"io"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// exportColumns are the columns of a list of people as CSV. Those of importColumns can be read in again.
var exportColumns = []string{"email", "name", "given_name", "family_name", "customer_number", "google_address", "language", "groups",
	"role", "state", "authenticator_app", "email_verified", "created", "first_sign_in"}

// ExportPeople writes those to whom the filter applies as CSV (RFC 4180), by address, a page of them at a time: memory and statements do not
// grow with the list. Before each page it asks still, and ends where that is an error: whoever has lost their right in the meantime
// gets no more of it (AD-13). The log tells who has taken the list.
func (d *Desk) ExportPeople(ctx context.Context, by Actor, f storage.PeopleFilter, w io.Writer) error {
	if err := f.Check(); err != nil {
		return err
	}
	e := by.event("")
	e.Kind = storage.PeopleExported
	if err := d.Store.Record(ctx, e); err != nil {
		return err
	}
	out := csv.NewWriter(w)
	out.UseCRLF = true
	if err := out.Write(exportColumns); err != nil {
		return err
	}
	for after := ""; ; {
		if err := d.still(ctx, by, LookPeople); err != nil {
			return err
		}
		list, err := d.Store.People(ctx, f, after, maxRows)
		if err != nil {
			return err
		}
		for _, u := range list.People {
			if err := out.Write(exported(u)); err != nil {
				return err
			}
		}
		if out.Flush(); out.Error() != nil || list.Next == "" {
			return out.Error()
		}
		after = list.Next
	}
}

// still says whether who began something may go on with it (AD-13): whoever came by an access token by that token, which ends with its
// time, its application, and the person behind it, and a person by what they are now and by the session in which they began.
func (d *Desk) still(ctx context.Context, by Actor, right Right) error {
	if by.again != nil {
		now, err := by.again()
		if err == nil && !now.May(right) {
			err = ErrForbidden
		}
		return err
	}
	if by.ID == Operator().ID {
		return nil
	}
	u, err := d.Store.User(ctx, by.ID)
	if err == nil && (u.State != "active" || !(Actor{Rights: roles[u.Role]}).May(right)) {
		err = ErrForbidden
	}
	if err != nil || by.session == "" {
		return err
	}
	living, err := d.Store.SessionsOf(ctx, by.ID)
	if err == nil && !slices.ContainsFunc(living, func(s storage.Session) bool { return s.ID == by.session }) {
		err = ErrForbidden
	}
	return err
}

func exported(u storage.User) []string {
	words := func(name string) string {
		s, _ := u.Claims[name].(string)
		return s
	}
	row := []string{u.Email, words("name"), words("given_name"), words("family_name"), u.CustomerNumber, u.LinkEmail, words("locale"),
		strings.Join(u.Groups, ";"), u.Role, u.State, strconv.FormatBool(u.TOTP), strconv.FormatBool(u.EmailVerified), rfc3339(u.Created), rfc3339(u.SignedIn)}
	for i := range row {
		row[i] = cell(row[i])
	}
	return row
}

func rfc3339(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339)
}
