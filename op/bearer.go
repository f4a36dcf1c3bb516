package op

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/web"
)

// maxBearer is the longest access token that is looked at; ours are much shorter.
const maxBearer = 4 << 10

// errNoToken says that a request carries no token at all; its challenge names no error (RFC 6750 §3.1).
var errNoToken = errors.New("no access token")

// readBearer takes the access token from the one place where it stands: header or form body (RFC 6750 §2.1, §2.2). Two
// places are an error, and so is the query, where it would get into logs.
func readBearer(w http.ResponseWriter, r *http.Request) (string, error) {
	if query, err := web.ParseQuery(r); err != nil || query.Has("access_token") {
		return "", &Error{Code: invalidRequest, Description: "an access token does not belong into the query"}
	}
	form, err := bearerForm(w, r)
	if err != nil {
		return "", err
	}
	body := form.Get("access_token")
	header := r.Header.Values("Authorization")
	switch {
	case len(header) > 1, len(header) == 1 && form.Has("access_token"):
		return "", &Error{Code: invalidRequest, Description: "the access token stands in more than one place"}
	case len(header) == 1:
		scheme, token, _ := strings.Cut(header[0], " ")
		if !strings.EqualFold(scheme, "Bearer") || token == "" {
			return "", errNoToken
		}
		return token, nil
	case body != "":
		return body, nil
	default:
		return "", errNoToken
	}
}

// bearerForm reads the body of a POST, if it has one.
func bearerForm(w http.ResponseWriter, r *http.Request) (url.Values, error) {
	if r.Method != http.MethodPost || r.ContentLength == 0 {
		return nil, nil
	}
	return web.ParseForm(w, r)
}

// openAccess reads an access token of either format, without the database. It does not say whether its grant lives.
// An ID token is none: its type differs. An expired one comes with its error: the client is still to be told.
func (p *Provider) openAccess(token string) (access, error) {
	refused := &Error{Code: invalidToken, Description: "the access token is unknown, damaged or expired"}
	if len(token) > maxBearer {
		return access{}, refused
	}
	a, err := p.readAccess(token)
	if err != nil {
		return access{}, refused
	}
	if p.now().Unix() >= a.Expires {
		return a, refused
	}
	return a, nil
}

// readAccess opens a sealed token, or verifies a signed one of the right type (RFC 9068 §4).
func (p *Provider) readAccess(token string) (access, error) {
	var a access
	if !strings.HasPrefix(token, "eyJ") {
		err := p.keys.Box.Open(keys.ForAccess, token, &a)
		return a, err
	}
	payload, err := p.keys.Ring.Verify(token, typeAccess)
	if err != nil {
		return a, err
	}
	var c struct {
		ID       string          `json:"jti"`
		ClientID string          `json:"client_id"`
		Audience json.RawMessage `json:"aud"`
		Scope    string          `json:"scope"`
		IssuedAt int64           `json:"iat"`
		Expires  int64           `json:"exp"`
	}
	if err := json.Unmarshal(payload, &c); err != nil {
		return a, err
	}
	a = access{Client: c.ClientID, Scope: c.Scope, Resource: audience(c.Audience), Issued: c.IssuedAt, Expires: c.Expires, jwtID: c.ID}
	if a.ID, err = p.keys.Box.Unstamp(keys.ForAccess, c.ID); err != nil {
		a.Grant, _, _ = strings.Cut(c.ID, ".") // a stamp of a former epoch names no grant either
	}
	return a, nil
}

// challenge answers a request whose token does not do (RFC 6750 §3).
func (p *Provider) challenge(w http.ResponseWriter, r *http.Request, err error) {
	header := `Bearer realm="` + p.site.Issuer + `"`
	if errors.Is(err, errNoToken) {
		w.Header().Set("WWW-Authenticate", header)
		w.WriteHeader(http.StatusUnauthorized)
		return
	}
	status, e := faceOf(r.Context(), err)
	if status < http.StatusInternalServerError {
		header += `, error="` + e.Code + `", error_description="` + e.Description + `"`
		if e.Code == insufficientScope {
			header += `, scope="` + scopeOpenID + `"`
		}
		w.Header().Set("WWW-Authenticate", header)
	}
	writeError(w, status, e)
}
