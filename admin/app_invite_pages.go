package admin

import (
	"errors"
	"strconv"
	"strings"

	"github.com/doorward/doorward/web"
)

// invitePage makes a token by which applications register themselves.
type invitePage struct {
	Uses, Days string
	Made       *AppInvitation
	Until      string
	Register   string // the endpoint
}

func (v *visit) invitePage() error {
	return v.show("app-invite", v.t("app.invite-title"), invitePage{Uses: "1", Days: "1", Register: v.Desk.Issuer + "/register"})
}

func (v *visit) makeInvitation() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	page := invitePage{Uses: form.Get("uses"), Days: form.Get("days"), Register: v.Desk.Issuer + "/register"}
	uses, _ := strconv.Atoi(strings.TrimSpace(page.Uses)) // what is no number is 0, and that is refused
	long, _ := strconv.Atoi(strings.TrimSpace(page.Days))
	made, err := v.Desk.InviteApp(v.r.Context(), v.by, NewAppInvitation{Uses: uses, Life: days(long)})
	var faults []web.FieldError
	switch {
	case errors.Is(err, ErrClosed):
		return refused("app.invite-closed")
	case err != nil:
		if faults, err = v.faults(err, nil); err != nil {
			return err
		}
	default:
		page.Made, page.Until = &made, v.date(made.Until)
	}
	return v.show("app-invite", v.t("app.invite-title"), page, faults...)
}
