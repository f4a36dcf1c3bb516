package admin

import "github.com/doorward/doorward/storage"

// askEndSession shows which session would end. One that is none of this person's is not there (AD-02).
func (v *visit) askEndSession() error {
	p, err := v.Desk.Person(v.r.Context(), v.id("id"))
	if err != nil {
		return err
	}
	for _, s := range p.Sessions {
		if s.ID == v.id("session") {
			return v.askPart(p, v.t("person.session-button"), v.t("person.session-words", "browser", v.browser(s.Browser), "address", s.Address))
		}
	}
	return storage.ErrNotFound
}

func (v *visit) askEndTrust() error {
	p, err := v.Desk.Person(v.r.Context(), v.id("id"))
	if err != nil {
		return err
	}
	for _, t := range p.Trusts {
		if t.ID == v.id("trust") {
			return v.askPart(p, v.t("person.trust-button"), v.t("person.trust-words", "browser", v.browser(t.Browser)))
		}
	}
	return storage.ErrNotFound
}

func (v *visit) askPart(p PersonDetail, button, words string) error {
	if !v.mayTouch(p.Person) {
		return ErrForbidden
	}
	page := confirmPage{Words: words, Button: button, Back: v.pathOf(p.ID)}
	return v.show("person-confirm", v.t("person.confirm-title", "act", button, "name", p.Called()), page)
}

func (v *visit) endSession() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.Desk.EndPersonSession(v.r.Context(), v.by, v.id("id"), v.id("session"), form.Get("reason")); err != nil {
		return err
	}
	return v.to(v.pathOf(v.id("id")), "session-ended")
}

func (v *visit) endTrust() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if err := v.Desk.EndPersonTrust(v.r.Context(), v.by, v.id("id"), v.id("trust"), form.Get("reason")); err != nil {
		return err
	}
	return v.to(v.pathOf(v.id("id")), "trust-ended")
}
