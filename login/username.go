package login

import (
	"net/url"

	"github.com/doorward/doorward/storage"
)

// usernameStep asks for an email address or customer number (S-02, S-03). Known and unknown names lead to the same
// second page: nothing is looked up here.
type usernameStep struct{ *Server }

type usernamePage struct {
	frame
	Username string
	Known    []acquaintance // to go on as; empty where the name is to be typed
	Invited  bool
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
	var known []acquaintance
	if shown == "" && !v.attempt.Chosen {
		var err error
		if known, err = s.acquaintances(v); err != nil {
			return page{}, err
		}
	}
	data, title := usernamePage{frame: v.frame, Username: shown, Known: known}, s.text(v, "username.title")
	if link := v.attempt.Link; link != nil && link.Kind == storage.LinkInvitation {
		data.Invited, title = true, s.text(v, "invite.welcome", "name", link.Name)
	}
	return page{Title: title, Data: data}, nil
}

func (usernameStep) Spend(*visit, url.Values) error { return nil }

func (s usernameStep) Take(v *visit, form url.Values) error {
	v.attempt.Chosen = true
	switch {
	case form.Has("another"):
		v.attempt.Typed = ""
		return nil
	case form.Has("continue"):
		return s.goOn(v, form.Get("continue"))
	}
	name, refusal := typedName(form)
	if refusal != nil {
		return refusal
	}
	v.attempt.Typed = name
	return nil
}

// typedName is the address or number that was typed into a form, in canonical form.
func typedName(form url.Values) (string, *Refusal) {
	typed := form.Get("username")
	if blank(typed) {
		return "", &Refusal{Field: "username", Text: "username.empty"}
	}
	name, ok := identifier(typed)
	if !ok {
		return "", &Refusal{Field: "username", Text: "username.neither"}
	}
	return name, nil
}

// goOn is the button of somebody who trusts this browser. Their name is typed for them, and nothing else: a password is asked.
func (s usernameStep) goOn(v *visit, trust string) error {
	known, err := s.acquaintances(v)
	if err != nil {
		return err
	}
	for _, k := range known {
		if k.Trust == trust {
			v.attempt.Typed = k.Username
		}
	}
	return nil
}
