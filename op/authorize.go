package op

import (
	"errors"
	"log/slog"
	"net/http"
	"slices"

	"github.com/doorward/doorward/web"
)

// authorize answers GET /authorize in four phases: destination, checks, person, answer (OIDC Core §3.1.2). Before the
// first is done, an error can only be a page.
func (p *Provider) authorize(w http.ResponseWriter, r *http.Request) error {
	q, err := p.byQuery(r)
	if err != nil {
		return err
	}
	q, to, err := p.destination(r.Context(), q)
	if err != nil {
		return err
	}
	return p.tell(w, r, to, p.decide(w, r, q, to))
}

// decide runs the phases that may send their error to the client.
func (p *Provider) decide(w http.ResponseWriter, r *http.Request, q request, to Destination) error {
	c, err := p.check(q, to)
	if err != nil {
		return err
	}
	v, err := p.person(r, c)
	if err != nil {
		return err
	}
	if v.missing != (need{}) {
		return p.ask(w, r, c, v)
	}
	return p.answer(w, r, c, v)
}

// authorizeByPost answers POST /authorize. A form that another site posted arrives without our Lax cookies, so we cannot
// know yet who is signed in: the request is judged, sealed, and goes on as a GET, which carries them. No cookie is set
// here, so that one that exists is never overwritten.
func (p *Provider) authorizeByPost(w http.ResponseWriter, r *http.Request) error {
	q, err := p.byForm(w, r)
	if err != nil {
		return err
	}
	q, to, err := p.destination(r.Context(), q)
	if err != nil {
		return err
	}
	if _, err := p.check(q, to); err != nil {
		return p.tell(w, r, to, err)
	}
	back, err := p.back(q)
	if err != nil {
		return err
	}
	seeOther(w, back)
	return nil
}

// ordinary are the errors that a client in good order gets too: a person who is not there, or does not want.
var ordinary = []string{loginRequired, consentRequired, interactionRequired, accountSelectionRequired, accessDenied}

// tell sends an OAuth error to the client; any other is ours, and becomes a page.
func (p *Provider) tell(w http.ResponseWriter, r *http.Request, to Destination, err error) error {
	var refused *Error
	if !errors.As(err, &refused) {
		return err
	}
	web.Note(r.Context(), slog.String("refused", refused.Code), slog.String("why", refused.Description))
	if !slices.Contains(ordinary, refused.Code) {
		p.misfits(r.Context(), to.client.ID, refused.Code, refused.Description)
	}
	return p.send(w, r, to, []field{{"error", refused.Code}, {"error_description", refused.Description}})
}
