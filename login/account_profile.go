package login

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// maxName is the most characters of a person's name.
const maxName = 80

// profile is what the person says of themselves.
func (p *ownPage) profile() (section, error) {
	change := func(path string) *action { return &action{Path: path, Link: true, Text: p.t("account.change")} }
	return section{Name: "profile", Title: p.t("account.profile"), Rows: []row{
		{Title: p.t("account.name"), Hints: []string{p.person.Name()}, Action: change("/account/profile")},
		{Title: p.t("account.language"), Hints: []string{p.language()}, Action: change("/account/profile")},
		{Title: p.t("account.email"), Hints: []string{p.person.Email}, Action: change("/account/address")},
	}}, nil
}

// language is the one that the person has chosen, by its own name.
func (p *ownPage) language() string {
	if tag := p.locale(); tag != "" {
		return p.Site.Texts.T(tag, "layout.language")
	}
	return p.t("account.language-any")
}

// locale is the language that stands in the person's record, "" for none that we speak.
func (p *ownPage) locale() string {
	locale, _ := p.person.Claims["locale"].(string)
	return p.Site.Texts.Match([]string{locale})
}

type profilePage struct {
	Name      string
	Languages []choice
}

type choice struct {
	Value, Name string
	Chosen      bool
}

func (p *ownPage) showProfile() error {
	name, _ := p.person.Claims["name"].(string)
	return p.write("account_profile", p.t("account.profile-title"), p.profilePage(name, p.locale()))
}

func (p *ownPage) profilePage(name, locale string) profilePage {
	page := profilePage{Name: name, Languages: []choice{{"", p.t("account.language-any"), locale == ""}}}
	for _, tag := range p.Site.Texts.Languages() {
		page.Languages = append(page.Languages, choice{tag, p.Site.Texts.T(tag, "layout.language"), tag == locale})
	}
	return page
}

// changeProfile takes a name and a language, and nothing else: a field that the page does not have is refused (AD-04).
func (p *ownPage) changeProfile(form url.Values) error {
	name, locale := strings.Join(strings.Fields(form.Get("name")), " "), form.Get("locale")
	if locale != "" && !slices.Contains(p.Site.Texts.Languages(), locale) {
		return &web.Refused{Status: http.StatusBadRequest, Why: "the language is none of ours"}
	}
	if fault := nameFault(name); fault != "" {
		return p.writeView(web.View{Status: http.StatusUnprocessableEntity, Name: "account_profile", Title: p.t("account.profile-title"),
			Data: p.profilePage(name, locale), Errors: []web.FieldError{{Field: "name", Text: p.t(fault)}}})
	}
	claims := map[string]any{"name": name, "locale": locale}
	if err := p.Store.SetProfile(p.r.Context(), p.person.ID, claims, event(p.r, tried{storage.ProfileChanged, "ok"}, p.person.ID)); err != nil {
		return err
	}
	to, err := p.noted("/account", p.session, "profile")
	if err != nil {
		return err
	}
	if locale != "" {
		to += "&lang=" + locale // pages follow at once
	}
	http.Redirect(p.w, p.r, to, http.StatusSeeOther)
	return nil
}

// nameFault says what is wrong with a name; "" nothing. It stands in letters, tokens and consoles: what hides or turns text is
// refused (XS-06, XS-10).
func nameFault(name string) string {
	switch {
	case blank(name):
		return "account.name-empty"
	case utf8.RuneCountInString(name) > maxName:
		return "account.name-long"
	case strings.IndexFunc(name, func(c rune) bool { return !unicode.IsPrint(c) }) >= 0:
		return "account.name-odd"
	}
	return ""
}
