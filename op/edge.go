package op

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/web"
	zop "github.com/zitadel/oidc/v3/pkg/op"
)

// exchange is a request that has passed the edge, as the library's server finds it in the context.
type exchange struct {
	answer http.Header // of the answer, so that errors too can carry WWW-Authenticate
	proof  proof       // how the client proves itself, strictly read
}

type exchangeKey struct{}

// edge stands in front of an endpoint that takes a form from a client: one strictly encoded form, nothing in the
// query, exactly one way of client authentication. What passes is in r.PostForm; the answer is never stored
// (RFC 6749 §5.1). judge sees the form before next does, and gives what next may see as r.Form. The library by
// itself reads any method, the query, and the last of two equal parameters; behind the edge it meets none of them.
func (p *Provider) edge(next http.Handler, judge func(form url.Values) (url.Values, *Error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodOptions {
			p.preflight(w, r, "POST")
			return
		}
		noStore(w)
		form, err := bodyOnly(w, r)
		if err != nil {
			p.refuse(w, r, err)
			return
		}
		shows, refused := readProof(r, form)
		p.letRead(w, r, shows.id)
		if refused != nil {
			p.refuse(w, r, refused)
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

// bodyOnly reads the form of a request whose parameters all stand in its body (RFC 6749 §3.2).
func bodyOnly(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.URL.RawQuery != "" {
		return nil, &Error{Code: invalidRequest, Description: "parameters belong into the body, not into the query"}
	}
	return web.ParseForm(w, r, "resource", "audience") // RFC 8707 §2, RFC 8693 §2.1: these two may repeat
}

// refuse answers a client with an error as JSON (RFC 6749 §5.2).
func (p *Provider) refuse(w http.ResponseWriter, r *http.Request, err error) {
	status, e := faceOf(r.Context(), err)
	if status == http.StatusUnauthorized {
		w.Header().Set("WWW-Authenticate", p.basicChallenge())
	}
	writeError(w, status, e)
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
