package op

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	zop "github.com/zitadel/oidc/v3/pkg/op"
)

// exchange is a request that has passed the edge, as the library's server finds it in the context.
type exchange struct {
	answer http.Header // of the answer, so that errors too can carry WWW-Authenticate
	proof  proof       // how the client proves itself, strictly read
}

type exchangeKey struct{}

// edge stands in front of the library's endpoints. What passes is in r.PostForm. judge sees the form before next does,
// and gives what next may see as r.Form. The library by itself reads any method, the query, and the last of two equal
// parameters; behind the edge it meets none of them.
func (p *Provider) edge(next http.Handler, judge func(form url.Values) (url.Values, *Error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			p.preflight(w, r, "POST")
			return
		}
		form, shows, err := enter(w, r)
		p.letRead(w, r, shows.id)
		if err != nil {
			p.refuse(w, r, err)
			return
		}
		forNext, refused := judge(form)
		if refused != nil {
			p.refuse(w, r, refused)
			return
		}
		ctx := context.WithValue(r.Context(), exchangeKey{}, &exchange{answer: w.Header(), proof: shows})
		r = r.WithContext(zop.ContextWithIssuer(ctx, p.site.Issuer))
		r.PostForm, r.Form = form, forNext // ParseForm leaves both alone from now on
		next.ServeHTTP(w, r)
	})
}

// called is an endpoint of our own that clients call as they call the token endpoint: the same edge, the same ways to
// prove themselves, the same errors. The client is authenticated before anything else of the form is looked at.
type called struct {
	scripts bool // a public browser application may read the answer
	answer  func(ctx context.Context, client storage.Client, form url.Values) (any, error)
}

// by answers a client's request with JSON, or with an empty 200 where there is nothing to say.
func (p *Provider) by(c called) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodOptions {
			p.preflight(w, r, "POST")
			return nil
		}
		form, shows, err := enter(w, r)
		if c.scripts {
			p.letRead(w, r, shows.id)
		}
		var client storage.Client
		if err == nil {
			client, err = p.authenticate(r.Context(), shows)
		}
		var body any
		if err == nil {
			body, err = c.answer(r.Context(), client, form)
		}
		switch {
		case err != nil:
			p.refuse(w, r, err)
		case body == nil:
			w.WriteHeader(http.StatusOK)
		default:
			return web.WriteJSON(w, http.StatusOK, body)
		}
		return nil
	}
}

// enter reads what a client sends: one strictly encoded form, nothing in the query, exactly one way of client
// authentication. The answer is never stored (RFC 6749 §5.1).
func enter(w http.ResponseWriter, r *http.Request) (url.Values, proof, error) {
	noStore(w)
	form, err := bodyOnly(w, r)
	if err != nil {
		return nil, proof{}, err
	}
	shows, refused := readProof(r, form)
	if refused != nil {
		return nil, shows, refused
	}
	return form, shows, nil
}

// bodyOnly reads the form of a request whose parameters all stand in its body (RFC 6749 §3.2).
func bodyOnly(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" {
		return nil, &Error{Code: invalidRequest, Description: "parameters belong into the body, not into the query"}
	}
	return web.ParseForm(w, r, "resource", "audience") // RFC 8707 §2, RFC 8693 §2.1: these two may repeat
}

// refuse answers a client with an error as JSON (RFC 6749 §5.2).
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
	default:
		return http.StatusBadRequest
	}
}

// basicChallenge stands in every 401 of a client (RFC 9110 §11.6.1), whichever way it tried.
func (p *Provider) basicChallenge() string { return `Basic realm="` + p.site.Issuer + `"` }

// noStore keeps an answer out of every cache (RFC 6749 §5.1); the library writes it and does not.
func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}

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
