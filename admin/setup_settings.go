package admin

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// setupFields is a page of settings: what may be set here, and what the configuration has set already.
type setupFields struct {
	Go     string
	Fields []setupField
	Fixed  bool // some of them stand in the configuration, and are not asked for
	Stays  bool // mail cannot be skipped: the configuration wants a mailed code, and no letter would leave

	Test *MailTest // a test letter that was not taken; nil: none was sent yet
}

// setupField is one of them as the form shows it.
type setupField struct {
	Path, Label, Hint, Value, Type, Auto string
	Options                              []string
	Words                                map[string]string // of options
}

// The settings of the second and the third page, in their order.
var (
	companySettings = []string{"company", "brand.accent", "contact"}
	mailSettings    = []string{"mail.smtp.host", "mail.smtp.port", "mail.smtp.tls", "mail.smtp.username", "mail.smtp.password", "mail.from"}
)

// fields are those of the paths that can be set here; typed, when not nil, is what was typed.
func (v *setupVisit) fields(paths []string, token string, typed url.Values) (setupFields, error) {
	set, _, err := v.Desk.set(v.r.Context())
	page := setupFields{Go: token}
	for _, path := range paths {
		s, known := set[path]
		if !known || s.Fixed() {
			page.Fixed = true
			continue
		}
		f := setupField{Path: path, Label: v.t(settingTexts[path].label), Value: s.Value, Options: s.Options, Words: v.options(s), Type: "text"}
		if hint := settingTexts[path].hint; hint != "" {
			f.Hint = v.t(hint)
		}
		if s.Secret {
			f.Type, f.Value, f.Auto = "password", "", "off"
		} else if typed != nil {
			f.Value = typed.Get(path)
		}
		page.Fields = append(page.Fields, f)
	}
	return page, err
}

func (v *setupVisit) options(s Setting) map[string]string {
	words := map[string]string{}
	for _, o := range s.Options {
		words[o] = o
		if key := settingWords[s.Path+" "+o]; key != "" {
			words[o] = v.t(key)
		}
	}
	return words
}

// settingTexts are the words of the settings that the set-up asks for.
var settingTexts = map[string]struct{ label, hint string }{
	"company":            {"setup.company", "setup.company-hint"},
	"brand.accent":       {"setup.accent", "setup.accent-hint"},
	"contact":            {"setup.contact", "setup.contact-hint"},
	"mail.smtp.host":     {"setup.mail-host", "setup.mail-host-hint"},
	"mail.smtp.port":     {"setup.mail-port", "setup.mail-port-hint"},
	"mail.smtp.tls":      {"setup.mail-tls", ""},
	"mail.smtp.username": {"setup.mail-user", "setup.mail-user-hint"},
	"mail.smtp.password": {"setup.mail-password", ""},
	"mail.from":          {"setup.mail-from", "setup.mail-from-hint"},
}

func (v *setupVisit) askCompany(token string, faults ...web.FieldError) error {
	page, err := v.fields(companySettings, token, v.typedAfter(faults))
	if err != nil {
		return err
	}
	return v.show("setup-company", v.t("setup.company-title"), page, faults...)
}

// typedAfter is the form where it is shown again; a page that is shown first has the settings themselves.
func (v *setupVisit) typedAfter(faults []web.FieldError) url.Values {
	if len(faults) == 0 {
		return nil
	}
	return v.form
}

func (v *setupVisit) askMail(token string, faults ...web.FieldError) error {
	page, err := v.mailFields(token, v.typedAfter(faults))
	if err != nil {
		return err
	}
	return v.show("setup-mail", v.t("setup.mail-title"), page, faults...)
}

func (v *setupVisit) mailFields(token string, typed url.Values) (setupFields, error) {
	page, err := v.fields(mailSettings, token, typed)
	if err != nil {
		return page, err
	}
	set, _, err := v.Desk.set(v.r.Context())
	page.Stays = wantsCode(set) && set[emailCode].Fixed()
	return page, err
}

const emailCode = "login.email_code"

// wantsCode says whether a mailed code is asked for that no letter brings: whoever signs in is locked out.
func wantsCode(set map[string]Setting) bool {
	return set["mail.smtp.host"].Value == "" && set[emailCode].Value != "never"
}

func (c *Console) takeCompany(w http.ResponseWriter, r *http.Request) error {
	form, err := strictForm(w, r, append([]string{"go", "submit"}, companySettings...)...)
	if err != nil {
		return err
	}
	v := c.settingUp(w, r, form)
	_, u, err := v.going()
	if err != nil {
		return err
	}
	if faults, err := v.change(u, companySettings, nil); err != nil || len(faults) > 0 {
		return errors.Join(err, whenNone(err, func() error { return v.askCompany(form.Get("go"), faults...) }))
	}
	return v.askMail(form.Get("go"))
}

// skipMail is pressed on the third page by who has no mail server at hand.
const skipMail = "skip"

func (c *Console) takeMail(w http.ResponseWriter, r *http.Request) error {
	form, err := strictForm(w, r, append([]string{"go", "submit", skipMail, allTheSame}, mailSettings...)...)
	if err != nil {
		return err
	}
	v := c.settingUp(w, r, form)
	s, u, err := v.going()
	if err != nil {
		return err
	}
	v.recall(s)
	told, faults, err := v.tryMail(u)
	switch {
	case err != nil:
		return err
	case told != nil && !told.Sent:
		return v.askMailAgain(s, u, told)
	case len(faults) == 0:
		faults, err = v.changeMail(u)
	}
	if err != nil || len(faults) > 0 {
		return errors.Join(err, whenNone(err, func() error { return v.askMail(form.Get("go"), faults...) }))
	}
	if told == nil {
		told = &MailTest{}
	}
	return v.finish(s, u, *told)
}

// changeMail sets what was typed of mail, or, where there is none and it is skipped, that nobody is asked for a mailed code: what is not
// asked for locks nobody out.
func (v *setupVisit) changeMail(u storage.User) ([]web.FieldError, error) {
	set, _, err := v.Desk.set(v.r.Context())
	if err != nil {
		return nil, err
	}
	if v.form.Has(skipMail) && !wantsCode(set) {
		return nil, nil
	}
	nobodyAsked := map[string]string{emailCode: "never"}
	if v.form.Has(skipMail) && !set[emailCode].Fixed() {
		return v.change(u, nil, nobodyAsked)
	}
	if v.form.Has(allTheSame) && strings.TrimSpace(v.form.Get("mail.smtp.host")+set["mail.smtp.host"].Value) != "" {
		return v.change(u, mailSettings, nobodyAsked)
	}
	if wantsCode(set) && strings.TrimSpace(v.form.Get("mail.smtp.host")) == "" {
		return []web.FieldError{{Field: "mail.smtp.host", Text: v.t("setup.mail-missing")}}, nil
	}
	return v.change(u, mailSettings, nil)
}

func whenNone(err error, do func() error) error {
	if err != nil {
		return nil
	}
	return do()
}

// change sets what was typed for the paths, and more besides, where the configuration leaves it open. An empty field stays as it is.
func (v *setupVisit) change(u storage.User, paths []string, more map[string]string) ([]web.FieldError, error) {
	change, version, err := v.typed(paths, more)
	if err != nil || len(change) == 0 {
		return nil, err
	}
	e := v.by().event("")
	e.Actor = u.ID
	err = v.Desk.Settings.Change(v.r.Context(), change, version, e)
	if errors.Is(err, storage.ErrConflict) {
		return []web.FieldError{{Text: v.t("setup.changed")}}, nil
	}
	if faults := v.faults(err); len(faults) > 0 {
		return faults, nil
	}
	return nil, err
}

func (v *setupVisit) faults(err error) []web.FieldError {
	var faults []web.FieldError
	for _, i := range invalids(err) {
		faults = append(faults, web.FieldError{Field: i.Field, Text: spoken(v.t).fault(i)})
	}
	return faults
}

// typed is what change sets, and the version that it is of.
func (v *setupVisit) typed(paths []string, more map[string]string) (map[string]*string, int64, error) {
	set, version, err := v.Desk.set(v.r.Context())
	if err != nil {
		return nil, 0, err
	}
	change := map[string]*string{}
	put := func(path, value string) {
		if s, known := set[path]; known && !s.Fixed() && value != "" && (s.Secret || value != s.Value) {
			change[path] = &value
		}
	}
	for _, path := range paths {
		put(path, strings.TrimSpace(v.form.Get(path)))
	}
	for path, value := range more {
		put(path, value)
	}
	return change, version, nil
}
