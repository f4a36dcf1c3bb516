package admin

import (
	"slices"
	"strconv"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// act is something that is done to a person over a page that asks for a reason and says what it ends.
type act struct {
	path   string // below the person's
	fits   func(p PersonDetail) bool
	others bool // nobody does it to themselves (AD-05)
	ends   bool // it signs them out everywhere: the page says what that ends, in numbers
	typed  bool // their address is to be typed
	danger bool
	button func(v *visit) string
	words  func(v *visit, p PersonDetail) string
	do     func(v *visit, id, reason string) error // answers
}

func always(PersonDetail) bool       { return true }
func isActive(p PersonDetail) bool   { return p.State == "active" }
func isInvited(p PersonDetail) bool  { return p.State == "invited" }
func isDisabled(p PersonDetail) bool { return p.State == "disabled" }
func isEnabled(p PersonDetail) bool  { return p.State != "disabled" }
func hasApp(p PersonDetail) bool     { return p.Authenticator }
func hasGoogle(p PersonDetail) bool  { return len(p.Google) > 0 }
func invitationUp(p PersonDetail) bool {
	return slices.Contains([]string{storage.InvitationSent, storage.InvitationOpened}, p.Invitation.State)
}

// acts are all, in the order of the person's page.
func acts() []act {
	return []act{
		{path: "resend", fits: isInvited,
			button: func(v *visit) string { return v.t("person.resend-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.resend-words", "address", p.Email) },
			do:     (*visit).resend},
		{path: "link", fits: isInvited,
			button: func(v *visit) string { return v.t("person.link-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.link-words", "name", p.Called()) },
			do:     (*visit).copyLink},
		{path: "withdraw", fits: invitationUp,
			button: func(v *visit) string { return v.t("person.withdraw-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.withdraw-words") },
			do:     (*visit).withdraw},
		{path: "reset-password", fits: isActive,
			button: func(v *visit) string { return v.t("person.reset-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.reset-words", "address", p.Email) },
			do:     (*visit).resetPassword},
		{path: "reset-2fa", fits: hasApp, others: true, ends: true,
			button: func(v *visit) string { return v.t("person.factors-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.factors-words") },
			do:     (*visit).resetFactors},
		{path: "sign-out", fits: isActive, ends: true,
			button: func(v *visit) string { return v.t("person.signout-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.signout-words") },
			do:     (*visit).signOutPerson},
		{path: "unlink-google", fits: hasGoogle, others: true,
			button: func(v *visit) string { return v.t("person.unlink-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.unlink-words") },
			do:     (*visit).unlinkGoogle},
		{path: "disable", fits: isEnabled, others: true, ends: true, danger: true,
			button: func(v *visit) string { return v.t("person.disable-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.disable-words", "name", p.Called()) },
			do:     (*visit).disable},
		{path: "enable", fits: isDisabled, others: true,
			button: func(v *visit) string { return v.t("person.enable-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.enable-words") },
			do:     (*visit).enable},
		{path: "remove", fits: always, others: true, ends: true, typed: true, danger: true,
			button: func(v *visit) string { return v.t("person.remove-button") },
			words:  func(v *visit, p PersonDetail) string { return v.t("person.remove-words") },
			do:     (*visit).removePerson},
	}
}

// actRoutes are the pages of the acts, and those that end one session or one trust.
func actRoutes() []route {
	var list []route
	for _, a := range acts() {
		list = append(list, route{path: "/admin/people/{id}/" + a.path, look: KeepPeople, keep: KeepPeople, fresh: true, place: "people",
			get:  func(v *visit) error { return v.askAct(a, "", "") },
			post: func(v *visit) error { return v.doAct(a) }, form: []string{"reason", "typed"}})
	}
	for _, e := range []struct {
		path      string
		get, post func(*visit) error
	}{
		{"/admin/people/{id}/sessions/{session}", (*visit).askEndSession, (*visit).endSession},
		{"/admin/people/{id}/trusts/{trust}", (*visit).askEndTrust, (*visit).endTrust},
	} {
		list = append(list, route{path: e.path, look: KeepPeople, keep: KeepPeople, fresh: true, place: "people",
			get: e.get, post: e.post, form: []string{"reason"}})
	}
	return list
}

// actLinks are what the visitor can do to a person now.
func (v *visit) actLinks(p PersonDetail) []actLink {
	var links []actLink
	for _, a := range acts() {
		if a.path != "unlink-google" && a.fits(p) && !(a.others && p.ID == v.by.ID) {
			links = append(links, actLink{a.button(v), a.words(v, p), v.pathOf(p.ID, a.path), a.danger})
		}
	}
	return links
}

// confirmPage asks before something is done.
type confirmPage struct {
	Words  string
	Ends   []string // what it ends, in numbers
	Button string
	Danger bool
	Typed  bool // something is to be typed
	Type   string
	Said   string
	Reason string
	Back   string
}

// askAct shows the page of an act, with what was typed.
func (v *visit) askAct(a act, reason, said string, faults ...web.FieldError) error {
	p, err := v.Desk.Person(v.r.Context(), v.id("id"))
	switch {
	case err != nil:
		return err
	case !v.mayTouch(p.Person):
		return ErrForbidden
	case a.others && p.ID == v.by.ID:
		return ErrOwn
	case !a.fits(p):
		return ErrNotNow
	}
	page := confirmPage{Words: a.words(v, p), Button: a.button(v), Danger: a.danger, Typed: a.typed, Type: p.Email, Said: said, Reason: reason,
		Back: v.pathOf(p.ID)}
	if a.ends {
		if page.Ends, err = v.wouldEnd(p.ID); err != nil {
			return err
		}
	}
	return v.show("person-confirm", v.t("person.confirm-title", "act", a.button(v), "name", p.Called()), page, faults...)
}

// doAct does what the page asked about.
func (v *visit) doAct(a act) error {
	form, err := v.form()
	if err != nil {
		return err
	}
	id, reason := v.id("id"), form.Get("reason")
	if a.typed {
		p, err := v.Desk.whom(v.r.Context(), v.by, id)
		if err != nil {
			return err
		}
		if said := form.Get("typed"); canonicalEmail(said) != p.Email {
			return v.askAct(a, reason, said, web.FieldError{Field: "typed", Text: v.t("person.typed-wrong")})
		}
	}
	return a.do(v, id, reason)
}

// wouldEnd says in numbers what would end, and who would be told.
func (v *visit) wouldEnd(id string) ([]string, error) {
	e, err := v.Desk.WouldEnd(v.r.Context(), id)
	if err != nil {
		return nil, err
	}
	list := []string{
		v.t("person.ends-sessions", "n", strconv.FormatInt(e.Sessions, 10)),
		v.t("person.ends-trusts", "n", strconv.FormatInt(e.Trusts, 10)),
		v.t("person.ends-grants", "n", strconv.FormatInt(e.Grants, 10)),
	}
	var names []string
	for _, t := range e.Apps {
		names = append(names, t.Name)
	}
	if len(names) > 0 {
		list = append(list, v.t("person.ends-told", "n", strconv.Itoa(len(names)), "apps", strings.Join(names, ", ")))
	}
	return list, nil
}

func (v *visit) resend(id, reason string) error {
	if _, err := v.Desk.ResendInvitation(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.to(v.pathOf(id), "invited")
}

// linkPage shows a link once.
type linkPage struct{ Address, Until, Back string }

func (v *visit) copyLink(id, reason string) error {
	link, err := v.Desk.InvitationLink(v.r.Context(), v.by, id, reason)
	if err != nil {
		return err
	}
	return v.show("person-link", v.t("person.link-title"), linkPage{link.Address, v.date(link.Expires), v.pathOf(id)})
}

func (v *visit) withdraw(id, reason string) error {
	if err := v.Desk.WithdrawInvitation(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.to(v.pathOf(id), "withdrawn")
}

func (v *visit) resetPassword(id, reason string) error {
	if err := v.Desk.SendPasswordReset(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.to(v.pathOf(id), "reset-sent")
}

func (v *visit) resetFactors(id, reason string) error {
	if _, err := v.Desk.ResetTwoFactor(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.toReceipt(id)
}

func (v *visit) signOutPerson(id, reason string) error {
	if _, err := v.Desk.SignOutPerson(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.toReceipt(id)
}

func (v *visit) unlinkGoogle(id, reason string) error {
	if err := v.Desk.UnlinkGoogle(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.to(v.pathOf(id), "unlinked")
}

func (v *visit) disable(id, reason string) error {
	if _, err := v.Desk.DisablePerson(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.toReceipt(id)
}

func (v *visit) enable(id, reason string) error {
	if _, err := v.Desk.EnablePerson(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.to(v.pathOf(id), "enabled")
}

func (v *visit) removePerson(id, reason string) error {
	if _, err := v.Desk.RemovePerson(v.r.Context(), v.by, id, reason); err != nil {
		return err
	}
	return v.toReceipt(id)
}
