package op

import (
	"errors"
	"net/http"

	"github.com/doorward/doorward/web"
)

// Error is an OAuth error: its code and a description for the client's developer (printable ASCII without '"' and
// '\', never made from another error). Cause is only logged. It has two faces: JSON at the endpoints that clients
// call, and parameters of the authorization response (answer.go) once there is a Destination.
type Error struct {
	Code        string // RFC 6749 §4.1.2.1, §5.2; OIDC Core §3.1.2.6; RFC 6750 §3.1
	Description string
	Cause       error
}

func (e *Error) Error() string { return e.Code + ": " + e.Description }
func (e *Error) Unwrap() error { return e.Cause }

// Codes of the authorization endpoint (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6).
const (
	invalidRequest          = "invalid_request"
	unauthorizedClient      = "unauthorized_client"
	accessDenied            = "access_denied"
	unsupportedResponseType = "unsupported_response_type"
	invalidScope            = "invalid_scope"

	loginRequired            = "login_required"
	interactionRequired      = "interaction_required"
	accountSelectionRequired = "account_selection_required"
	consentRequired          = "consent_required"
	requestNotSupported      = "request_not_supported"
	requestURINotSupported   = "request_uri_not_supported"
	registrationNotSupported = "registration_not_supported"
)

// refusal is an error that only a page may tell, since nobody has proved yet where the answer belongs.
type refusal struct {
	Status  int
	Text    string   // key of the sentence for people
	Locales []string // ui_locales of the request, where they could be read
	Code    string   // for developers
	Detail  string
}

func (e *refusal) Error() string { return e.Code + ": " + e.Detail }

// fail writes what a handler of this door returned: a page in two voices, never a redirect.
func (p *Provider) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *refusal
	if !errors.As(err, &refused) {
		p.pages.Fail(w, r, err)
		return
	}
	p.pages.WriteFailure(w, r, web.Failure{Status: refused.Status, Text: refused.Text, Locales: refused.Locales,
		Code: refused.Code, Detail: refused.Detail})
}
