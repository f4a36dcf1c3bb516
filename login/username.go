package login

import "net/url"

// usernameStep asks for an email address or customer number (S-02, S-03). Known and unknown names lead to the same
// second page: nothing is looked up here.
type usernameStep struct{ *Server }

type usernamePage struct {
	frame
	Username string
}

func (usernameStep) Name() string { return "username" }

func (s usernameStep) Asked(v *visit) bool {
	a := v.attempt
	return !a.rests() && a.Typed == "" && !a.primary(s.Now())
}

func (s usernameStep) Show(v *visit) (page, error) {
	shown := v.attempt.Typed
	if shown == "" {
		shown = v.attempt.Ask.LoginHint
	}
	return page{Title: s.text(v, "username.title"), Data: usernamePage{v.frame, shown}}, nil
}

func (usernameStep) Spend(*visit, url.Values) error { return nil }

func (usernameStep) Take(v *visit, form url.Values) error {
	typed := form.Get("username")
	if blank(typed) {
		return &Refusal{Field: "username", Text: "username.empty"}
	}
	name, ok := identifier(typed)
	if !ok {
		return &Refusal{Field: "username", Text: "username.neither"}
	}
	v.attempt.Typed = name
	return nil
}
