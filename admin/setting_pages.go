package admin

import (
	"errors"
	"net/url"
	"strconv"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// settingParts are the pages of settings, each with what can be set on it.
var settingParts = []struct {
	name, title string
	paths       []string
}{
	{"company", "house.part-company", []string{"company", "contact", "brand.accent", "brand.logo", "brand.links", "language", "time_zone"}},
	{"sign-in", "house.part-sign-in", []string{"login.email_code", "login.trust_days", "login.totp_required", "login.totp_after_google", "login.session_idle", "login.session_max"}},
	{"google", "house.part-google", []string{"google.client_id", "google.client_secret", "google.hosted_domain"}},
	{"mail", "house.part-mail", []string{"mail.from", "mail.smtp.host", "mail.smtp.port", "mail.smtp.tls", "mail.smtp.username", "mail.smtp.password"}},
	{"console", "house.part-console", []string{"console.require_totp", "audit.keep_days", "registration.mode", "registration.pkce", "registration.hourly"}},
}

// houseFields are all fields of those pages. A list of what may be chosen comes once for each choice.
func houseFields() ([]string, []string) {
	fields, many := []string{"version"}, []string(nil)
	for _, part := range settingParts {
		fields = append(fields, part.paths...)
	}
	return fields, append(many, "login.totp_required")
}

// setPage is one of them.
type setPage struct {
	Done    string
	Part    string
	Tabs    []web.NavLink
	Version int64
	Fields  []settingRow
	May     bool
	Google  string // the address that Google must know, on its page
}

// settingRow is a setting as its form shows it.
type settingRow struct {
	Setting
	Label, Hint string
	Badge       string // who gives it, where the console does not
	Chosen      map[string]bool
	Words       map[string]string // of options
}

func (v *visit) setPart() (int, error) {
	name := v.id("part")
	for i, part := range settingParts {
		if part.name == name {
			return i, nil
		}
	}
	return 0, &web.Refused{Status: 404, Why: "there is no such page of settings"}
}

func (v *visit) setPage() error {
	if v.route.path == "/admin/settings" {
		return v.to("/admin/settings/"+settingParts[0].name, "")
	}
	part, err := v.setPart()
	if err != nil {
		return err
	}
	return v.showSet(part, nil)
}

// showSet writes a page of settings; typed is what was posted, where it is shown again.
func (v *visit) showSet(part int, typed url.Values, faults ...web.FieldError) error {
	set, version, err := v.Desk.set(v.r.Context())
	if err != nil {
		return err
	}
	p := settingParts[part]
	page := setPage{Done: v.done(), Part: p.name, Version: version, May: v.by.May(KeepAll)}
	for _, other := range settingParts {
		page.Tabs = append(page.Tabs, web.NavLink{Text: v.t(other.title), Path: "/admin/settings/" + other.name, Here: other.name == p.name})
	}
	if p.name == "google" {
		page.Google = v.Desk.Issuer + "/login/google/callback"
	}
	for _, path := range p.paths {
		if s, known := set[path]; known {
			page.Fields = append(page.Fields, v.settingRow(s, typed))
		}
	}
	return v.show("settings", v.t("house.settings-of", "part", v.t(p.title)), page, faults...)
}

func (v *visit) settingRow(s Setting, typed url.Values) settingRow {
	if typed.Has(s.Path) && !s.Fixed() && !s.Secret {
		s.Value = strings.Join(typed[s.Path], ",")
	}
	row := settingRow{Setting: s, Label: v.t(settingLabels[s.Path]), Chosen: map[string]bool{}, Words: map[string]string{}}
	if hint := settingHints[s.Path]; hint != "" {
		row.Hint = v.t(hint)
	}
	switch s.Owner {
	case "file":
		row.Badge = v.t("house.by-file")
	case "environment":
		row.Badge = v.t("house.by-environment")
	}
	for _, o := range s.Options {
		row.Words[o] = o
		if key := settingWords[s.Path+" "+o]; key != "" {
			row.Words[o] = v.t(key)
		} else if s.Path == "language" {
			row.Words[o] = v.Site.Texts.T(o, "layout.language") // by its own name
		}
	}
	for value := range strings.SplitSeq(s.Value, ",") {
		row.Chosen[strings.TrimSpace(value)] = true
	}
	return row
}

func (v *visit) changeSet() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	part, err := v.setPart()
	if err != nil {
		return err
	}
	version, err := strconv.ParseInt(form.Get("version"), 10, 64)
	if err != nil {
		return &web.Refused{Status: 400, Why: "version is not a number"}
	}
	set, _, err := v.Desk.set(v.r.Context())
	if err != nil {
		return err
	}
	change := changed(settingParts[part].paths, set, form)
	if len(change) == 0 {
		return v.to("/admin/settings/"+settingParts[part].name, "")
	}
	err = v.Desk.ChangeSettings(v.r.Context(), v.by, change, version)
	if errors.Is(err, storage.ErrConflict) {
		return v.showSet(part, form, web.FieldError{Text: v.t("house.settings-conflict")})
	}
	var faults []web.FieldError
	for _, i := range invalids(err) {
		faults = append(faults, web.FieldError{Field: i.Field, Text: spoken(v.t).fault(i)})
	}
	if len(faults) > 0 {
		return v.showSet(part, form, faults...)
	}
	if err != nil {
		return err
	}
	return v.to("/admin/settings/"+settingParts[part].name, "settings")
}

// secretOf is whose secret each is: without the name it serves nobody, and would keep the other from being emptied.
var secretOf = map[string]string{"google.client_secret": "google.client_id", "mail.smtp.password": "mail.smtp.username"}

// changed is what the form sets anew: a field that was emptied goes back to its default, and a secret that was left empty stays unless
// the name that it belongs to was emptied too.
func changed(paths []string, set map[string]Setting, form url.Values) map[string]*string {
	change := map[string]*string{}
	for _, path := range paths {
		s, known := set[path]
		if !known || s.Fixed() || s.Kind == "logo" && !form.Has(path) {
			continue
		}
		value := strings.TrimSpace(strings.ReplaceAll(strings.Join(form[path], ","), "\r\n", "\n"))
		switch {
		case s.Secret && value == "" && s.Owner == "console" && secretOf[path] != "" && strings.TrimSpace(form.Get(secretOf[path])) == "":
			change[path] = nil
		case value == s.Value, (s.Secret || s.Kind == "logo") && value == "":
		case value == "":
			change[path] = nil
		default:
			change[path] = &value
		}
	}
	return change
}

// The words of each setting. A test holds them against what the house can set.
var settingLabels = map[string]string{
	"company": "house.company", "contact": "house.contact", "brand.accent": "house.accent", "brand.logo": "house.logo", "brand.links": "house.links",
	"language": "house.language", "time_zone": "house.time-zone",
	"login.email_code": "house.email-code", "login.trust_days": "house.trust-days", "login.totp_required": "house.totp-required",
	"login.totp_after_google": "house.totp-after-google", "login.session_idle": "house.session-idle", "login.session_max": "house.session-max",
	"google.client_id": "house.google-id", "google.client_secret": "house.google-secret", "google.hosted_domain": "house.google-domain",
	"mail.from": "house.mail-from", "mail.smtp.host": "house.mail-host", "mail.smtp.port": "house.mail-port", "mail.smtp.tls": "house.mail-tls",
	"mail.smtp.username": "house.mail-user", "mail.smtp.password": "house.mail-password",
	"console.require_totp": "house.require-totp", "audit.keep_days": "house.keep-days",
	"registration.mode": "house.registration", "registration.pkce": "house.registration-pkce", "registration.hourly": "house.registration-hourly",
}

var settingHints = map[string]string{
	"contact": "house.contact-hint", "brand.accent": "house.accent-hint", "brand.logo": "house.logo-hint", "brand.links": "house.links-hint", "time_zone": "house.time-zone-hint",
	"login.email_code": "house.email-code-hint", "login.trust_days": "house.trust-days-hint", "login.totp_required": "house.totp-required-hint",
	"login.session_idle": "house.session-idle-hint", "login.session_max": "house.session-max-hint",
	"google.hosted_domain": "house.google-domain-hint", "mail.smtp.port": "house.mail-port-hint", "mail.smtp.username": "house.mail-user-hint",
	"console.require_totp": "house.require-totp-hint", "audit.keep_days": "house.keep-days-hint", "registration.mode": "house.registration-hint",
}

// settingWords are the words of choices, by path and option.
var settingWords = map[string]string{
	"login.email_code untrusted": "house.code-untrusted", "login.email_code always": "house.code-always", "login.email_code never": "house.code-never",
	"mail.smtp.tls starttls": "house.tls-starttls", "mail.smtp.tls implicit": "house.tls-implicit", "mail.smtp.tls none": "house.tls-none",
	"login.totp_required admin": "house.role-admin", "login.totp_required viewer": "house.role-viewer", "login.totp_required helpdesk": "house.role-helpdesk",
	"registration.pkce required": "house.pkce-required", "registration.pkce optional": "house.pkce-optional",
	"registration.mode closed": "house.registration-closed", "registration.mode token": "house.registration-token", "registration.mode open": "house.registration-open",
}
