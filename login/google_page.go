package login

import (
	"net/http"
	"strings"

	"github.com/doorward/doorward/web"
)

// refused is why an errand to Google came to nothing. It stays in the attempt, so that the page that tells it has an
// address of its own, without a code in it.
type refused struct {
	Why   string `json:"w"`
	Email string `json:"e,omitempty"` // as Google says
}

const (
	cancelled = "cancelled" // is no page of its own: the first page says it
	tooMuch   = "long"      // would be so again with every account
)

// refusals are the pages, and how somebody goes on besides signing in with email.
var refusals = map[string]struct {
	status      int
	title, text string
	another     bool // by another account, rather than by trying again
}{
	"uninvited":  {http.StatusForbidden, "google.uninvited-title", "google.uninvited", true},
	"foreign":    {http.StatusForbidden, "google.foreign-title", "google.foreign", true},
	"domain":     {http.StatusForbidden, "google.domain-title", "google.domain", true},
	"unverified": {http.StatusForbidden, "google.unverified-title", "google.unverified", true},
	"disabled":   {http.StatusForbidden, "google.disabled-title", "google.disabled", true},
	"taken":      {http.StatusConflict, "google.taken-title", "google.taken", true},
	tooMuch:      {http.StatusBadRequest, "google.long-title", "google.long", true},
	"slow":       {http.StatusTooManyRequests, "google.slow-title", "google.slow", false},
	"failed":     {http.StatusBadRequest, "google.failed-title", "google.failed", false},
	"down":       {http.StatusServiceUnavailable, "google.down-title", "google.down", false},
}

type googlePage struct {
	Text    string
	Attempt string // sealed; "" where an account was to be connected
	Another bool
	Final   bool   // Google is no way at all for this attempt
	Email   string // the way by email, or back to the account
}

// turnDown tells what came of an errand: on the first page that nothing came of it, else on a page of its own.
func (s googleErrand) turnDown(v *visit, no refused) error {
	if v.back != nil && v.back.Linking {
		return s.turnDownLink(v, no)
	}
	v.attempt.Refused = &no
	path := googlePath
	if next := s.next(v); no.Why == cancelled && v.attempt.changeable() {
		path = pathOf(usernameStep{})
	} else if no.Why == cancelled && next != nil {
		path = pathOf(next)
	}
	sealed, err := s.seal(v.attempt)
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, withAttempt(path, sealed), http.StatusSeeOther)
	return ErrAnswered
}

// turnDownLink tells it to somebody who wanted to add an account to their own.
func (s googleErrand) turnDownLink(v *visit, no refused) error {
	if no.Why != cancelled {
		if err := s.writeRefusal(v, no); err != nil {
			return err
		}
		return ErrAnswered
	}
	to, err := s.noted(accountGoogle, v.session, "google-cancelled")
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return ErrAnswered
}

// refusal answers GET at googlePath with why an attempt did not get on by Google; one that did, or never tried, goes on.
func (s googleErrand) refusal(w http.ResponseWriter, r *http.Request) error {
	v, err := s.looked(w, r)
	if err != nil {
		return err
	}
	switch {
	case v.attempt.Refused != nil && s.Asked(v):
		return s.writeRefusal(v, *v.attempt.Refused)
	case s.next(v) == nil: // a GET finishes nothing
		return stopped("error.start-again", v.attempt)
	}
	return s.advance(v)
}

func (s googleErrand) writeRefusal(v *visit, no refused) error {
	said := refusals[no.Why]
	shown := googlePage{Text: s.text(v, said.text, s.words(no)...), Another: said.another, Final: no.Why == tooMuch}
	if no.Why == "disabled" && s.Site.Contact != "" {
		shown.Text = s.text(v, "google.disabled-ask", "contact", s.Site.Contact)
	}
	view := web.View{Status: said.status, Name: "google", Lang: v.attempt.Lang, Title: s.text(v, said.title, s.words(no)...)}
	if v.back != nil && v.back.Linking {
		shown.Email = accountGoogle
	} else {
		sealed, err := s.seal(v.attempt)
		if err != nil {
			return err
		}
		shown.Attempt, shown.Email = sealed, withAttempt(s.byEmail(v), sealed)
		view.Switch = withAttempt(googlePath, sealed)
	}
	view.Data = shown
	return s.pages.Write(v.w, v.r, view)
}

// words are what the texts name.
func (s googleErrand) words(no refused) []string {
	_, domain, _ := strings.Cut(no.Email, "@")
	return []string{"email", no.Email, "domain", domain, "hosted", s.abroad.HostedDomain, "contact", s.Site.Contact}
}

// byEmail is where signing in goes on without Google.
func (s googleErrand) byEmail(v *visit) string {
	if next := s.next(v); !v.attempt.changeable() && next != nil {
		return pathOf(next)
	}
	return pathOf(usernameStep{})
}
