package op

import (
	"context"
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
func (p *Provider) edge(next http.Handler, judge func(form url.Values) (url.Values, error)) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Method == http.MethodOptions {
			p.preflight(w, r, "POST")
			return nil
		}
		form, shows, err := enter(w, r)
		p.letRead(w, r, shows.id)
		if err != nil {
			return err
		}
		forNext, err := judge(form)
		if err != nil {
			return err
		}
		ctx := context.WithValue(r.Context(), exchangeKey{}, &exchange{answer: w.Header(), proof: shows})
		r = r.WithContext(zop.ContextWithIssuer(ctx, p.site.Issuer))
		r.PostForm, r.Form = form, forNext // ParseForm leaves both alone from now on
		next.ServeHTTP(w, r)
		return nil
	}
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
		if err != nil {
			return err
		}
		client, err := p.authenticate(r.Context(), shows)
		if err != nil {
			return err
		}
		body, err := c.answer(r.Context(), client, form)
		if err != nil {
			return err
		}
		if body == nil {
			w.WriteHeader(http.StatusOK)
			return nil
		}
		return web.WriteJSON(w, http.StatusOK, body)
	}
}

// enter reads what a client sends: one strictly encoded form, nothing in the query, exactly one way of client
// authentication. The answer is never stored (RFC 6749 §5.1).
func enter(w http.ResponseWriter, r *http.Request) (url.Values, proof, error) {
	noStore(w)
	form, err := bodyOnly(w, r, "resource", "audience") // RFC 8707 §2, RFC 8693 §2.1: these two may repeat
	if err != nil {
		return nil, proof{}, err
	}
	shows, refused := readProof(r, form)
	if refused != nil {
		return nil, shows, refused
	}
	return form, shows, nil
}

// bodyOnly reads the form of a POST. A parameter has one place only: there is no query (RFC 6749 §3.2). Those named may
// repeat.
func bodyOnly(w http.ResponseWriter, r *http.Request, repeatable ...string) (url.Values, error) {
	if r.URL.RawQuery != "" {
		return nil, &web.Refused{Status: http.StatusBadRequest, Why: "parameters belong into the body, not into the query"}
	}
	return web.ParseForm(w, r, repeatable...)
}
