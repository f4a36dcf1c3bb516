package op

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// NewInvitation is an initial access token (RFC 7591 §3): whoever has it may register so many applications until a time. It is a
// stamp, so nothing is stored before it is used.
func NewInvitation(box *keys.Box, uses int, until time.Time) (string, error) {
	return box.Stamp(keys.ForInvitation, fmt.Sprintf("%s:%d:%d", storage.NewID(), uses, until.Unix()))
}

// invited reads the invitation of a request. Where whoever asks may register, one may come without: then the Permit is zero. Whether
// uses are left, the database says when the application is stored.
func (p *Provider) invited(r *http.Request) (storage.Permit, error) {
	token, err := bearerHeader(r)
	if errors.Is(err, errNoToken) && p.registration.Mode == "open" {
		return storage.Permit{}, nil
	}
	if err != nil {
		return storage.Permit{}, err
	}
	said, err := p.keys.Box.Unstamp(keys.ForInvitation, token)
	permit, ok := permitOf(said)
	if err != nil || !ok || !p.now().Before(permit.Until) {
		return storage.Permit{}, &Error{Code: invalidToken, Description: "the initial access token is unknown or expired"}
	}
	return permit, nil
}

func permitOf(said string) (storage.Permit, bool) {
	parts := strings.Split(said, ":")
	if len(parts) != 3 {
		return storage.Permit{}, false
	}
	uses, err := strconv.Atoi(parts[1])
	until, err2 := strconv.ParseInt(parts[2], 10, 64)
	return storage.Permit{ID: parts[0], Uses: uses, Until: time.Unix(until, 0)}, err == nil && err2 == nil
}

// bearerHeader takes a token from the header and from nowhere else (RFC 6750 §2.1): the body is JSON, and the query gets into logs.
func bearerHeader(r *http.Request) (string, error) {
	header := r.Header.Values("Authorization")
	if len(header) == 0 {
		return "", errNoToken
	}
	scheme, token, _ := strings.Cut(header[0], " ")
	if len(header) > 1 || !strings.EqualFold(scheme, "Bearer") || token == "" || len(token) > maxBearer {
		return "", &Error{Code: invalidToken, Description: "the Authorization header does not hold one bearer token"}
	}
	return token, nil
}
