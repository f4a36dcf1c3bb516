package op

import (
	"cmp"
	"context"
	"errors"
	"log/slog"
	"net/http"

	"github.com/doorward/doorward/storage"
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

// The codes: of the authorization endpoint (RFC 6749 §4.1.2.1, OIDC Core §3.1.2.6), of those that clients call (RFC 6749
// §5.2), and of a resource that takes bearer tokens (RFC 6750 §3.1).
const (
	invalidRequest          = "invalid_request"
	unauthorizedClient      = "unauthorized_client"
	accessDenied            = "access_denied"
	unsupportedResponseType = "unsupported_response_type"
	invalidScope            = "invalid_scope"
	invalidTarget           = "invalid_target" // RFC 8707 §2

	loginRequired            = "login_required"
	interactionRequired      = "interaction_required"
	accountSelectionRequired = "account_selection_required"
	consentRequired          = "consent_required"
	requestNotSupported      = "request_not_supported"
	invalidRequestObject     = "invalid_request_object"
	invalidRequestURI        = "invalid_request_uri"
	temporarilyUnavailable   = "temporarily_unavailable"
	requestURINotSupported   = "request_uri_not_supported"
	registrationNotSupported = "registration_not_supported"
	unmetRequirements        = "unmet_authentication_requirements" // OIDC Core Error Code unmet_authentication_requirements 1.0 §3

	invalidClient        = "invalid_client"
	invalidGrant         = "invalid_grant"
	unsupportedGrantType = "unsupported_grant_type"
	serverError          = "server_error"

	invalidToken      = "invalid_token"
	insufficientScope = "insufficient_scope"
)

// refusal is an error that only a page may tell, since nobody has proved yet where the answer belongs.
type refusal struct {
	Status  int
	Text    string   // key of the sentence for people
	Locales []string // ui_locales of the request, where they could be read
	Code    string   // for developers
	Detail  string
	Facts   []web.Fact // for developers, whoever they are
	Inside  []web.Fact // instead of Facts for whoever may know what is registered

	Pairs            []string // of Text
	Again, AgainText string   // where to go on, and what the link says

	whose     string         // id of the client whose request it was; "" of none that is known
	why       string         // for the log, where it knows more than Detail
	developed bool           // the client is in development: whoever comes may know what is registered
	client    storage.Client // whose redirect URI is none of its own, and
	redirect  string         // that URI
	at        string         // path in the console where an administrator changes it; ""
}

func (e *refusal) Error() string { return e.Code + ": " + e.Detail }

// fail writes what a handler that browsers call has returned: a page in two voices, never a redirect.
func (p *Provider) fail(w http.ResponseWriter, r *http.Request, err error) {
	var refused *refusal
	if !errors.As(err, &refused) {
		p.pages.Fail(w, r, err)
		return
	}
	p.misfits(r.Context(), refused.whose, refused.Code, cmp.Or(refused.why, refused.Detail))
	f := web.Failure{
		Status: refused.Status, Text: refused.Text, Pairs: refused.Pairs, Locales: refused.Locales, Again: refused.Again, AgainText: refused.AgainText,
		Code: refused.Code, Detail: refused.Detail, Facts: refused.Facts,
	}
	session, admin := p.admin(r)
	if admin || refused.developed || p.site.Dev || !p.site.Secure() { // without TLS the issuer is localhost
		f.Open = true
		if refused.Inside != nil {
			f.Facts = refused.Inside
		}
	}
	if admin {
		p.offer(&f, refused, session)
	}
	p.pages.WriteFailure(w, r, f)
}

// misfits counts for the log a request that was refused, so that the reference of its page finds it. Who has no access is counted with
// the person (bars); nothing that is typed stands in it but the place of an address, without its query.
func (p *Provider) misfits(ctx context.Context, client, code, why string) {
	if code == accessDenied {
		return
	}
	p.tally.count(p.now(), storage.Event{Kind: storage.ClientMisfit, Client: client, Result: code,
		Address: web.Address(ctx).String(), Reference: web.Reference(ctx), Data: map[string]string{"why": why}})
}

// admin is the session of an administrator who is signed in in this browser and has the console at hand.
func (p *Provider) admin(r *http.Request) (storage.Session, bool) {
	session, user, err := p.signIn.Session(r)
	return session, err == nil && user.Role == "admin" && p.insider(r)
}

// refuse writes what a handler that programs call has returned: the error as JSON (RFC 6749 §5.2).
func (p *Provider) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, e := p.face(r.Context(), w.Header(), err)
	writeError(w, status, e)
}

// face is faceOf for an endpoint where clients prove themselves: a failure to do so names the way and, over the limit,
// the time to wait in the answer's header.
func (p *Provider) face(ctx context.Context, answer http.Header, err error) (int, *Error) {
	status, e := faceOf(ctx, err)
	var slow *throttled
	if errors.As(err, &slow) {
		status = http.StatusTooManyRequests
		answer.Set("Retry-After", slow.retryAfter())
	}
	if status == http.StatusUnauthorized {
		answer.Set("WWW-Authenticate", p.basicChallenge())
	}
	return status, e
}

// faceOf is what a client may see of an error, and its status; what it may not see goes to the log.
func faceOf(ctx context.Context, err error) (int, *Error) {
	var malformed *web.Refused
	var e *Error
	switch {
	case errors.As(err, &malformed):
		web.Note(ctx, slog.String("refused", malformed.Why))
		return malformed.Status, &Error{Code: invalidRequest, Description: malformed.Why}
	case errors.As(err, &e):
		web.Note(ctx, slog.String("refused", err.Error()))
		return e.status(), e
	default:
		web.Note(ctx, slog.String("error", err.Error()))
		return http.StatusInternalServerError, &Error{Code: serverError}
	}
}

// status of an error at the endpoints that clients call (RFC 6749 §5.2, RFC 6750 §3.1).
func (e *Error) status() int {
	switch e.Code {
	case invalidClient, invalidToken:
		return http.StatusUnauthorized
	case insufficientScope:
		return http.StatusForbidden
	case temporarilyUnavailable:
		return http.StatusServiceUnavailable
	default:
		return http.StatusBadRequest
	}
}

// basicChallenge stands in every 401 of a client (RFC 9110 §11.6.1), whichever way it tried.
func (p *Provider) basicChallenge() string { return `Basic realm="` + p.site.Issuer + `"` }

// writeError answers with the JSON of an error (RFC 6749 §5.2).
func writeError(w http.ResponseWriter, status int, e *Error) {
	body := struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
	}{e.Code, e.Description}
	if err := web.WriteJSON(w, status, body); err != nil {
		panic(err) // two strings always encode
	}
}
