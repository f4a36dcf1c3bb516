package login

import "net/url"

// changedStep tells a person that their new password counts, and what has ended with the old one.
type changedStep struct{ *Server }

type changedPage struct{ frame }

func (changedStep) Name() string { return "changed" }

func (changedStep) Asked(v *visit) bool { return v.attempt.Changed }

func (s changedStep) Show(v *visit) (page, error) {
	return page{Title: s.text(v, "changed.title"), Data: changedPage{v.frame}}, nil
}

func (changedStep) Spend(*visit, url.Values) error { return nil }

func (changedStep) Take(v *visit, _ url.Values) error {
	v.attempt.Changed = false
	return nil
}
