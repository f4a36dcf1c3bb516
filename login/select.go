package login

import "net/url"

// selectStep lets the person go on as who is signed in here, or as somebody else (prompt=select_account).
type selectStep struct{ *Server }

type selectPage struct {
	frame
	Name     string
	Username string
}

// chooses says whether the account is still to be chosen.
func (a *Attempt) chooses() bool { return a.Ask.Select && a.Session != "" && !a.Chosen }

func (selectStep) Name() string { return "select" }

func (selectStep) Asked(v *visit) bool { return v.attempt.chooses() }

func (s selectStep) Show(v *visit) (page, error) {
	return page{Title: s.text(v, "select.title"), Data: selectPage{v.frame, v.owner.Name(), v.owner.Email}}, nil
}

func (selectStep) Spend(*visit, url.Values) error { return nil }

func (selectStep) Take(v *visit, form url.Values) error {
	a := v.attempt
	switch {
	case form.Has("another"):
		a.Session, a.Typed = "", ""
	case form.Has("submit"):
		if !a.rests() {
			a.Typed = v.owner.Email
		}
	default:
		return &Refusal{Field: "submit", Text: "select.neither"}
	}
	a.Chosen = true
	return nil
}
