package admin

import (
	"errors"
	"net/http"
	"strconv"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// trialPage runs a real sign-in to an application, and shows what the application would be told.
type trialPage struct {
	appHead
	Code   string // of the error, "" none
	fault  string // in words
	Report *TrialReport
	Checks []checkRow
	Scopes string
	Life   string
	Good   bool // every check is green
}

type checkRow struct {
	Name, Want, Got string
	OK              bool
}

// trial is a test sign-in by who is here.
func (v *visit) trial(app string) Trial {
	return Trial{App: app, User: v.person.ID, Session: v.session.ID, Address: v.by.Address, Reference: v.by.Reference}
}

// trialPage offers the test. What comes back from it is redeemed here, once, as an application would at its redirect URI.
func (v *visit) trialPage() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	a, err := v.app()
	if err != nil {
		return err
	}
	page := trialPage{appHead: v.head(a, "test")}
	switch {
	case trialFaults[query.Get("error")] != "":
		page.Code = query.Get("error")
		page.fault = v.t(trialFaults[page.Code])
	case query.Get("code") != "":
		if err := v.endTrial(&page, a.ID, query.Get("code")); err != nil {
			return err
		}
	}
	return v.showTrial(page)
}

// trialFaults are the errors that a sign-in may end with (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6), as keys of texts. Whoever makes a link to the
// page chooses its parameters, so that nothing of them is shown to an administrator but a code that is one of these.
var trialFaults = map[string]string{
	"access_denied": "app.test-denied", "interaction_required": "app.test-more", "unmet_authentication_requirements": "app.test-more",
	"server_error": "app.test-trouble", "temporarily_unavailable": "app.test-trouble",
	"invalid_request": "app.test-refused", "invalid_scope": "app.test-refused", "invalid_target": "app.test-refused", "unauthorized_client": "app.test-refused",
	"unsupported_response_type": "app.test-refused", "login_required": "app.test-refused", "account_selection_required": "app.test-refused", "consent_required": "app.test-refused",
}

// showTrial shows the page; what did not work stands above it.
func (v *visit) showTrial(page trialPage) error {
	if page.Code == "" {
		return v.show("app-trial", page.App.Name, page)
	}
	return v.show("app-trial", page.App.Name, page, web.FieldError{Text: v.t("app.test-failed", "why", page.fault)})
}

func (v *visit) endTrial(page *trialPage, app, code string) error {
	if !v.by.May(KeepAll) {
		return forbidden()
	}
	report, err := v.Desk.Protocol.EndTrial(v.r.Context(), code, v.trial(app))
	if fault := (*TrialFault)(nil); errors.As(err, &fault) {
		page.Code, page.fault = fault.Code, fault.Text
		return nil
	}
	if err != nil {
		return err
	}
	page.Report, page.Good, page.Scopes, page.Life = &report, true, strings.Join(report.Scopes, " "), v.t("app.minutes", "n", strconv.Itoa(int(report.Access.Life.Minutes())))
	for _, c := range report.Checks {
		page.Checks = append(page.Checks, checkRow{v.checkName(c.Name), v.checkWant(c.Want), c.Got, c.OK})
		page.Good = page.Good && c.OK
	}
	return nil
}

// checkName is what an application looks at, in words.
func (v *visit) checkName(name string) string {
	text := map[string]string{
		"signature": v.t("app.check-signature"), "algorithm": v.t("app.check-algorithm"), "issuer": v.t("app.check-issuer"),
		"audience": v.t("app.check-audience"), "nonce": v.t("app.check-nonce"), "expiry": v.t("app.check-expiry"),
		"at_hash": v.t("app.check-at-hash"), "subject": v.t("app.check-subject"), "email": v.t("app.check-email"), "groups": v.t("app.check-groups"),
	}[name]
	if text == "" {
		return name
	}
	return text
}

// wanted are the phrases among what it looks for, and their texts.
var wanted = map[string]string{"by a key of /jwks": "app.want-signed", "later than now": "app.want-later", "in userinfo": "app.want-userinfo"}

// checkWant is what it looks for: a value, or a phrase in words.
func (v *visit) checkWant(want string) string {
	if key := wanted[want]; key != "" {
		return v.t(key)
	}
	return want
}

// beginTrial sends the browser into the sign-in.
func (v *visit) beginTrial() error {
	if _, err := v.form(); err != nil {
		return err
	}
	a, err := v.app()
	if err != nil {
		return err
	}
	path, err := v.Desk.Protocol.BeginTrial(v.r.Context(), v.trial(a.ID))
	if fault := (*TrialFault)(nil); errors.As(err, &fault) {
		return v.showTrial(trialPage{appHead: v.head(a, "test"), Code: fault.Code, fault: fault.Text})
	}
	if errors.Is(err, storage.ErrNotFound) {
		return refused("app.test-disabled")
	}
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, v.Desk.Issuer+path, http.StatusSeeOther)
	return nil
}
