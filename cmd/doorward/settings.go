package main

import (
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode"

	"github.com/doorward/doorward/web"
)

// settable is one thing that the console can set. It lies between its default and what file and environment give, which wins.
type settable struct {
	path    string
	kind    string
	field   func(*Config) any // *string, *int, *bool, *[]string or *[]LinkConfig
	options []string          // of a choice; of a list, what may stand in it
	given   string            // where a file holds it, the setting that names the file
	file    func(*Config) string
	goes    []string // of a secret, the settings that decide to whom it is sent: they change with it alone
}

// The kinds of values, as a form would ask for them.
const (
	kindText   = "text"
	kindNumber = "number"
	kindBool   = "bool"   // true, false
	kindChoice = "choice" // one of its options
	kindList   = "list"   // separated by commas
	kindLines  = "lines"  // one entry a line
	kindSecret = "secret" // sealed at rest, and never shown again
	kindLogo   = "logo"   // the bytes of a picture
)

// settables are all of them, in the order of config.example.yaml. What decides where the house stands and whom it trusts is not among
// them: who has stolen an administrator's session must not be able to move it.
var settables = []settable{
	{path: "company", kind: kindText, field: func(c *Config) any { return &c.Company }},
	{path: "contact", kind: kindText, field: func(c *Config) any { return &c.Contact }},
	{path: "brand.logo", kind: kindLogo, field: func(c *Config) any { return &c.Brand.logo }, given: "brand.logo_file", file: func(c *Config) string { return c.Brand.LogoFile }},
	{path: "brand.accent", kind: kindText, field: func(c *Config) any { return &c.Brand.Accent }},
	{path: "brand.links", kind: kindLines, field: func(c *Config) any { return &c.Brand.Links }},
	{path: "language", kind: kindChoice, field: func(c *Config) any { return &c.Language }, options: languages()},
	{path: "time_zone", kind: kindText, field: func(c *Config) any { return &c.TimeZone }},
	{path: "login.email_code", kind: kindChoice, field: func(c *Config) any { return &c.Login.EmailCode }, options: emailCodes},
	{path: "login.trust_days", kind: kindNumber, field: func(c *Config) any { return &c.Login.TrustDays }},
	{path: "login.totp_after_google", kind: kindBool, field: func(c *Config) any { return &c.Login.TOTPAfterGoogle }},
	{path: "login.totp_required", kind: kindList, field: func(c *Config) any { return &c.Login.TOTPRequired }, options: roles},
	{path: "login.session_idle", kind: kindText, field: func(c *Config) any { return &c.Login.SessionIdle }},
	{path: "login.session_max", kind: kindText, field: func(c *Config) any { return &c.Login.SessionMax }},
	{path: "google.client_id", kind: kindText, field: func(c *Config) any { return &c.Google.ClientID }},
	{path: "google.client_secret", kind: kindSecret, field: func(c *Config) any { return &c.Google.secret },
		given: "google.client_secret_file", file: func(c *Config) string { return c.Google.ClientSecretFile },
		goes: []string{"google.client_id"}},
	{path: "google.hosted_domain", kind: kindText, field: func(c *Config) any { return &c.Google.HostedDomain }},
	{path: "mail.from", kind: kindText, field: func(c *Config) any { return &c.Mail.From }},
	{path: "mail.smtp.host", kind: kindText, field: func(c *Config) any { return &c.Mail.SMTP.Host }},
	{path: "mail.smtp.port", kind: kindNumber, field: func(c *Config) any { return &c.Mail.SMTP.Port }},
	{path: "mail.smtp.username", kind: kindText, field: func(c *Config) any { return &c.Mail.SMTP.Username }},
	{path: "mail.smtp.password", kind: kindSecret, field: func(c *Config) any { return &c.Mail.SMTP.password },
		given: "mail.smtp.password_file", file: func(c *Config) string { return c.Mail.SMTP.PasswordFile },
		goes: []string{"mail.smtp.host", "mail.smtp.port", "mail.smtp.username", "mail.smtp.tls"}},
	{path: "mail.smtp.tls", kind: kindChoice, field: func(c *Config) any { return &c.Mail.SMTP.TLS }, options: secrecies},
	{path: "console.require_totp", kind: kindBool, field: func(c *Config) any { return &c.Console.RequireTOTP }},
	{path: "audit.keep_days", kind: kindNumber, field: func(c *Config) any { return &c.Audit.KeepDays }},
	{path: "registration.mode", kind: kindChoice, field: func(c *Config) any { return &c.Registration.Mode }, options: modes},
	{path: "registration.pkce", kind: kindChoice, field: func(c *Config) any { return &c.Registration.PKCE }, options: pkces},
	{path: "registration.hourly", kind: kindNumber, field: func(c *Config) any { return &c.Registration.Hourly }},
}

// settableNamed finds one by its path, or by the name under which the file gives it.
func settableNamed(path string) (settable, bool) {
	i := slices.IndexFunc(settables, func(s settable) bool { return s.path == path || s.given == path && path != "" })
	if i < 0 {
		return settable{}, false
	}
	return settables[i], true
}

func (s settable) sealed() bool { return s.kind == kindSecret }

// name is the setting's in the file.
func (s settable) name() string {
	if s.given != "" {
		return s.given
	}
	return s.path
}

// Bounds of a value, in bytes. The file has none: whoever writes it may do anything.
const (
	maxText = 500
	maxLong = 4 << 10
	maxLogo = 20 << 10
)

// set gives c the value that text spells. The slices and places of c stay untouched: they may be another configuration's too.
func (s settable) set(c *Config, text string) error {
	if err := s.spelt(text); err != nil {
		return err
	}
	switch to := s.field(c).(type) {
	case *string:
		*to = text
	case *int:
		return number(to)(text)
	case *bool:
		return yesOrNo(to)(text)
	case *[]string:
		*to = splitList(text)
	case *[]LinkConfig:
		*to = splitLinks(text)
	}
	return nil
}

// spelt keeps out what no setting of its kind holds: whoever types into a form could else break a letter's head, or a log's line.
func (s settable) spelt(text string) error {
	most := map[string]int{kindLines: maxLong, kindList: maxLong, kindLogo: maxLogo}[s.kind]
	if most == 0 {
		most = maxText
	}
	switch {
	case len(text) > most:
		return fmt.Errorf("is longer than %d bytes", most)
	case s.kind == kindLogo:
		return nil
	case strings.ContainsFunc(text, func(r rune) bool { return unicode.IsControl(r) && (r != '\n' || s.kind != kindLines) }):
		return errors.New("holds a character that cannot be written")
	}
	return nil
}

// text spells what c has, so that set reads it again.
func (s settable) text(c *Config) string {
	switch from := s.field(c).(type) {
	case *string:
		return *from
	case *int:
		return strconv.Itoa(*from)
	case *bool:
		return strconv.FormatBool(*from)
	case *[]string:
		return strings.Join(*from, ",")
	case *[]LinkConfig:
		lines := make([]string, len(*from))
		for i, l := range *from {
			lines[i] = l.Name + " " + l.URL
		}
		return strings.Join(lines, "\n")
	}
	return ""
}

// splitLinks reads lines like "Imprint https://www.example.com/imprint".
func splitLinks(text string) []LinkConfig {
	var links []LinkConfig
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		end := strings.LastIndexByte(line, ' ') + 1
		links = append(links, LinkConfig{Name: strings.TrimSpace(line[:end]), URL: line[end:]})
	}
	return links
}

// secretSentBy finds the secret to whose receiver this path belongs.
func secretSentBy(path string) (settable, bool) {
	i := slices.IndexFunc(settables, func(s settable) bool { return slices.Contains(s.goes, path) })
	if i < 0 {
		return settable{}, false
	}
	return settables[i], true
}

// Who gives a setting. File and environment are above the console.
const (
	byDefault     = "default"
	byConsole     = "console"
	byFile        = "file"
	byEnvironment = "environment"
)

// owner says who gives a setting. Where file or environment give a secret, they give to whom it is sent as well: the console could else
// send it to itself (AD-08).
func (c Config) owner(s settable) string {
	own := c.giver(s)
	if secret, sends := secretSentBy(s.path); sends && own != byFile && own != byEnvironment {
		if giver := c.giver(secret); giver == byFile || giver == byEnvironment {
			return giver
		}
	}
	return own
}

func (c Config) giver(s settable) string {
	where, given := c.places[s.name()]
	switch {
	case !given:
		return byDefault
	case where.Console:
		return byConsole
	case where.Env != "":
		return byEnvironment
	}
	return byFile
}

// languages are those that there are texts in; without any the house does not start.
func languages() []string {
	texts, err := web.LoadTexts()
	if err != nil {
		return nil
	}
	return texts.Languages()
}
