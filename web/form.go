package web

import (
	"net/http"
	"net/url"
)

// MaxForm is the most bytes of a form body.
const MaxForm = 64 << 10

// ParseForm reads an application/x-www-form-urlencoded body strictly: exact media type (415), size (413), no parameter
// twice except those named in many (400), valid UTF-8 without NUL. The error is a *Refused.
func ParseForm(w http.ResponseWriter, r *http.Request, many ...string) (url.Values, error) {
	panic("stub")
}

// ParseQuery reads the query with the same strictness.
func ParseQuery(r *http.Request, many ...string) (url.Values, error) { panic("stub") }

// Refused is a request that is wrong as HTTP, before anybody looked at its meaning.
type Refused struct {
	Status int    // 400, 403, 405, 413, 414, 415, 421
	Why    string // for developers, printable ASCII without '"' and '\'
}

func (e *Refused) Error() string { return e.Why }
