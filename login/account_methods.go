package login

import (
	"errors"
	"net/url"
	"strconv"

	"github.com/doorward/doorward/storage"
)

// fewCodesLeft is when the account warns that recovery codes run out.
const (
	fewCodesLeft = 3
)

// methods are the ways in. What can be removed leads to a page that asks for fresh proofs; the last usable way offers nothing.
func (p *ownPage) methods() (section, error) {
	out := section{Name: "methods", Title: p.t("account.methods")}
	set, err := p.password(&out)
	if err != nil {
		return out, err
	}
	if err := p.google(&out, set); err != nil {
		return out, err
	}
	p.mailedCode(&out)
	err = p.authenticators(&out)
	return out, err
}

// password adds the row of the password, and says whether one is set.
func (p *ownPage) password(to *section) (bool, error) {
	since, err := p.Store.PasswordSince(p.r.Context(), p.person.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return false, err
	}
	out := row{Title: p.t("account.password")}
	change := &action{Path: "/account/password", Link: true, Text: p.t("account.change")}
	if err != nil {
		out.Hints, change.Text = []string{p.t("account.password-none")}, p.t("account.add")
	} else {
		out.Hints = []string{p.t("account.password-since", "date", p.Site.Texts.Day(p.lang, since))}
	}
	out.Action = change
	to.Rows = append(to.Rows, out)
	return err == nil, nil
}

// google adds the accounts elsewhere. Without a password the linked one is the only way in, and stays.
func (p *ownPage) google(to *section, password bool) error {
	linked, err := p.Store.Identities(p.r.Context(), p.person.ID)
	if err != nil {
		return err
	}
	for _, one := range linked {
		out := row{Title: "Google", Hints: []string{p.t("account.google-linked", "address", one.Email, "date", p.Site.Texts.Day(p.lang, one.Created))}}
		if password {
			out.Action = &action{Path: accountGoogleRemove, Link: true, Text: p.t("account.remove")}
		} else {
			out.Hints = append(out.Hints, p.t("account.google-only"))
		}
		to.Rows = append(to.Rows, out)
	}
	if len(linked) == 0 && p.abroad != nil {
		add := &action{Path: accountGoogle, Link: true, Text: p.t("account.add")}
		to.Rows = append(to.Rows, row{Title: "Google", Hints: []string{p.t("account.google-none")}, Action: add})
	}
	return nil
}

// mailedCode adds what policy and the person's own choices make of codes by mail. There is nothing to change here.
func (p *ownPage) mailedCode(to *section) {
	text := "account.code-untrusted"
	switch {
	case p.person.TOTP:
		text = "account.code-app"
	case p.EmailCode == codeNever:
		return
	case p.EmailCode == codeAlways:
		text = "account.code-always"
	}
	to.Rows = append(to.Rows, row{Title: p.t("account.code"), Hints: []string{p.t(text, "address", p.person.Email)}})
}

// authenticators adds the apps that make codes, and the recovery codes that stand in for them.
func (p *ownPage) authenticators(to *section) error {
	add := row{Title: p.t("account.totp"), Action: &action{Path: "/account/authenticator", Link: true, Text: p.t("account.add")}}
	if !p.person.TOTP {
		add.Hints = []string{p.t("account.totp-none")}
		to.Rows = append(to.Rows, add)
		return nil
	}
	devices, err := p.Store.Authenticators(p.r.Context(), p.person.ID)
	if err != nil {
		return err
	}
	add.Hints = []string{p.t("account.totp-count", "n", strconv.Itoa(len(devices)))}
	to.Rows = append(to.Rows, add)
	for _, device := range devices {
		to.Rows = append(to.Rows, row{
			Title:  device.Name,
			Hints:  []string{p.t("account.totp-since", "date", p.Site.Texts.Day(p.lang, device.Created), "used", p.Site.Texts.Day(p.lang, latest(device.Created, device.Used)))},
			Action: &action{Path: "/account/authenticator/remove?id=" + url.QueryEscape(device.ID), Link: true, Text: p.t("account.remove")},
		})
	}
	if p.recover, err = p.Store.RecoveryLeft(p.r.Context(), p.person.ID); err != nil {
		return err
	}
	to.Rows = append(to.Rows, row{
		Title:  p.t("account.recovery"),
		Hints:  []string{p.t("account.recovery-left", "n", strconv.Itoa(p.recover), "all", strconv.Itoa(recoveryCodes))},
		Action: &action{Path: "/account/recovery-codes", Link: true, Text: p.t("account.recovery-new")},
	})
	return nil
}

// warning is what the person should do soon: they must have an app and have none, or recovery codes run out; "" nothing.
func (p *ownPage) warning() (string, error) {
	if p.person.TOTP {
		return p.fewCodes(), nil
	}
	must, err := p.MustHaveApp(p.r.Context(), p.person)
	if err != nil || !must {
		return "", err
	}
	return p.t("needed.account", "company", p.totpIssuer()), nil
}

// fewCodes warns before the last recovery code is gone; "" where there is nothing to say.
func (p *ownPage) fewCodes() string {
	switch {
	case p.recover < 0 || p.recover > fewCodesLeft:
		return ""
	case p.recover == 0:
		return p.t("account.recovery-none")
	case p.recover == 1:
		return p.t("account.recovery-one")
	}
	return p.t("account.recovery-few", "n", strconv.Itoa(p.recover))
}
