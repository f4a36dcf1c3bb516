package op

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/web"
)

const (
	maxRequest  = 4 << 10          // bytes of an authorization request, by GET or POST (house: what is stored)
	maxCarried  = 5 << 10          // of one that travels: sealed, and sealed once more in the attempt, it must fit into a URL
	requestLife = 60 * time.Minute // how long a request may travel sealed while a person signs in
)

// parameters are those that we act upon. All others are ignored (RFC 6749 §3.1), among them display and claims_locales,
// which change nothing here.
var parameters = []string{
	"client_id", "redirect_uri", "response_type", "response_mode", "scope", "state", "nonce",
	"code_challenge", "code_challenge_method", "prompt", "max_age", "acr_values", "id_token_hint", "login_hint",
	"ui_locales", "claims", "resource", "request", "request_uri", "registration",
}

// request is an authorization request as it was sent.
type request struct {
	params   map[string]string // decoded, each once; one without a value counts as not sent (RFC 6749 §3.1)
	start    time.Time         // when it came first
	attempts []string          // the sign-in attempts that it has begun, the present one last
	denied   bool              // the person refused
	another  bool              // the person wants another account than the one that is signed in
	test     *trial            // an administrator tries the client; nil: nobody does
	fault    *Error            // of its request object, which could not be opened
}

// carried is a request that comes back: sealed under keys.ForRequest as /authorize?resume=…, after a POST and when a
// person has signed in. It is never a row.
type carried struct {
	Query    string   `json:"q"` // with spaces for '&', which JSON would write as six bytes
	Start    int64    `json:"t"` // Unix microseconds
	Attempts []string `json:"a,omitempty"`
	Another  bool     `json:"o,omitempty"`
	Test     *trial   `json:"p,omitempty"`
}

// words splits a space-delimited parameter (RFC 6749 §3.3).
func (q request) words(name string) []string {
	return slices.DeleteFunc(strings.Split(q.params[name], " "), func(s string) bool { return s == "" })
}

// byQuery reads a request that came by GET: a new one, or a sealed one that comes back.
func (p *Provider) byQuery(r *http.Request) (request, error) {
	query, err := web.ParseQuery(r, "resource")
	if err != nil {
		return request{}, err
	}
	if query.Has("test") {
		return p.byTest(query)
	}
	if query.Has("resume") {
		return p.resume(query, len(r.Cookies()) > 0)
	}
	if len(r.URL.RawQuery) > maxRequest {
		return request{}, &web.Refused{Status: http.StatusRequestURITooLong, Why: tooLong}
	}
	return p.newRequest(query), nil
}

const tooLong = "an authorization request is at most 4 KiB"

// byForm reads a request that came by POST (OIDC Core §3.1.2.1).
func (p *Provider) byForm(w http.ResponseWriter, r *http.Request) (request, error) {
	form, err := bodyOnly(w, r, "resource")
	if err != nil {
		return request{}, err
	}
	if len(form.Encode()) > maxRequest {
		return request{}, &web.Refused{Status: http.StatusRequestEntityTooLarge, Why: tooLong}
	}
	return p.newRequest(form), nil
}

func (p *Provider) newRequest(values url.Values) request {
	return request{params: known(values), start: p.now()}
}

func known(values url.Values) map[string]string {
	params := make(map[string]string, len(values))
	for _, name := range parameters {
		value := values.Get(name)
		if name == "resource" {
			value = strings.Join(resources(values[name]), " ")
		}
		if value != "" {
			params[name] = value
		}
	}
	return params
}

// resume opens a sealed request. Nothing may stand beside it that could change it. The page for one that is too old tells
// whether the browser brought cookies at all.
func (p *Provider) resume(query url.Values, cookies bool) (request, error) {
	for name := range query {
		if name != "resume" && name != "error" && name != "lang" {
			return request{}, &web.Refused{Status: http.StatusBadRequest, Why: "resume stands with other parameters"}
		}
	}
	if query.Has("error") && query.Get("error") != accessDenied {
		return request{}, &web.Refused{Status: http.StatusBadRequest, Why: "resume stands with another error than access_denied"}
	}
	var c carried
	err := p.keys.Box.Open(keys.ForRequest, query.Get("resume"), &c)
	values, malformed := url.ParseQuery(strings.ReplaceAll(c.Query, " ", "&"))
	if err != nil || malformed != nil {
		return request{}, &refusal{Status: http.StatusBadRequest, Text: "error.request", Code: invalidRequest,
			Detail: "resume is not a request that we sealed"}
	}
	q := request{params: known(values), start: time.UnixMicro(c.Start), attempts: c.Attempts, denied: query.Has("error"), another: c.Another, test: c.Test}
	if age := p.now().Sub(q.start); age > requestLife {
		came := "the browser sent cookies"
		if !cookies {
			came = "the browser sent no cookie"
		}
		return request{}, &refusal{Status: http.StatusBadRequest, Text: "error.expired", Locales: q.locales(), Code: invalidRequest,
			Detail: "the request came more than 60 minutes ago; " + came,
			Facts:  []web.Fact{{Label: "error.age", Text: age.Round(time.Second).String()}}}
	}
	return q, nil
}

// back seals q and gives the path and query by which it comes back. A request that was sent in an unusual spelling, and
// grows too long in the usual one, is refused.
func (p *Provider) back(q request) (string, error) {
	values := make(url.Values, len(q.params))
	for name, value := range q.params {
		values.Set(name, value)
	}
	query := strings.ReplaceAll(values.Encode(), "&", " ")
	if len(query) > maxCarried {
		return "", &web.Refused{Status: http.StatusRequestURITooLong, Why: tooLong}
	}
	sealed, err := p.keys.Box.Seal(keys.ForRequest, carried{Query: query, Start: q.start.UnixMicro(), Attempts: q.attempts, Another: q.another, Test: q.test})
	if err != nil {
		return "", fmt.Errorf("seal request: %w", err)
	}
	return "/authorize?resume=" + sealed, nil
}
