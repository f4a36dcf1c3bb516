package web

import (
	"errors"
	"io"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"unicode/utf8"
)

const (
	// MaxForm is the most bytes of a form body.
	MaxForm = 64 << 10
	// MaxQuery is the most bytes of a query: a sealed attempt with a long state needs more than the usual 8 KiB.
	MaxQuery = 12 << 10
	// maxParameters bounds what one request makes us remember.
	maxParameters = 200
)

// Refused is a request that is wrong as HTTP, before anybody looked at its meaning.
type Refused struct {
	Status int    // 400, 403, 404, 405, 408, 413, 414, 415, 421
	Why    string // for developers, printable ASCII without '"' and '\'
}

func (e *Refused) Error() string { return e.Why }

// ParseForm reads an application/x-www-form-urlencoded body strictly: exact media type (415), size (413), no parameter
// twice except those named in many (400), valid UTF-8 without NUL. The error is a *Refused.
func ParseForm(w http.ResponseWriter, r *http.Request, many ...string) (url.Values, error) {
	body, err := readBody(w, r, "application/x-www-form-urlencoded")
	if err != nil {
		return nil, err
	}
	return parsePairs(string(body), many)
}

// ReadJSON reads a body of application/json with the same strictness; what stands in it, the caller judges. The error is a *Refused.
func ReadJSON(w http.ResponseWriter, r *http.Request) ([]byte, error) {
	return readBody(w, r, "application/json")
}

func readBody(w http.ResponseWriter, r *http.Request, mediaType string) ([]byte, error) {
	if err := checkBodyType(r.Header, mediaType); err != nil {
		return nil, err
	}
	if r.ContentLength > MaxForm {
		return nil, &Refused{http.StatusRequestEntityTooLarge, "the body is larger than 64 KiB"}
	}
	// The server's own writer must be given, not ours around it: only then does the connection close after a body
	// that is too long.
	body, err := io.ReadAll(http.MaxBytesReader(innermost(w), r.Body, MaxForm))
	if tooLarge := (*http.MaxBytesError)(nil); errors.As(err, &tooLarge) {
		return nil, &Refused{http.StatusRequestEntityTooLarge, "the body is larger than 64 KiB"}
	}
	if err != nil {
		return nil, &Refused{http.StatusBadRequest, "the body could not be read to its end"}
	}
	return body, nil
}

// checkBodyType wants the one media type, in UTF-8 when a charset is named, and no compression: another charset would
// be read differently here and by whoever filters in front of us.
func checkBodyType(h http.Header, mediaType string) error {
	refused := &Refused{http.StatusUnsupportedMediaType, "the body must be " + mediaType + " in UTF-8"}
	if len(h["Content-Type"]) != 1 {
		return refused
	}
	if h["Content-Type"][0] != mediaType {
		media, params, err := mime.ParseMediaType(h["Content-Type"][0])
		if err != nil || media != mediaType {
			return refused
		}
		charset, named := params["charset"]
		if len(params) > 1 || len(params) == 1 && !named || named && !strings.EqualFold(charset, "utf-8") {
			return refused
		}
	}
	if encoding := h.Values("Content-Encoding"); len(encoding) > 0 {
		return &Refused{http.StatusUnsupportedMediaType, "the body must not have a Content-Encoding"}
	}
	return nil
}

// ParseQuery reads the query with the same strictness.
func ParseQuery(r *http.Request, many ...string) (url.Values, error) {
	if len(r.URL.RawQuery) > MaxQuery {
		return nil, &Refused{http.StatusRequestURITooLong, "the query is longer than 12 KiB"}
	}
	return parsePairs(r.URL.RawQuery, many)
}

// parsePairs reads name=value pairs. It is stricter than url.ParseQuery: what two readers could read in two ways is refused.
func parsePairs(raw string, many []string) (url.Values, error) {
	if strings.Count(raw, "&") >= maxParameters {
		return nil, &Refused{http.StatusBadRequest, "too many parameters"}
	}
	values := url.Values{}
	for part := range strings.SplitSeq(raw, "&") {
		if part == "" {
			continue
		}
		before, after, _ := strings.Cut(part, "=")
		name, err := unescape(before)
		if err != nil {
			return nil, err
		}
		value, err := unescape(after)
		if err != nil {
			return nil, err
		}
		if values.Has(name) && !slices.Contains(many, name) {
			return nil, &Refused{http.StatusBadRequest, "a parameter is sent more than once (RFC 6749 section 3.1)"}
		}
		values[name] = append(values[name], value)
	}
	return values, nil
}

func unescape(s string) (string, error) {
	if strings.Contains(s, ";") {
		return "", &Refused{http.StatusBadRequest, "a semicolon must be sent as %3B"}
	}
	value, err := url.QueryUnescape(s)
	if err != nil {
		return "", &Refused{http.StatusBadRequest, "a percent sign is not followed by two hexadecimal digits"}
	}
	if !utf8.ValidString(value) || strings.IndexByte(value, 0) >= 0 {
		return "", &Refused{http.StatusBadRequest, "a parameter is not valid UTF-8 or holds NUL"}
	}
	return value, nil
}

// innermost is the writer that net/http made.
func innermost(w http.ResponseWriter) http.ResponseWriter {
	for {
		wrapped, ok := w.(interface{ Unwrap() http.ResponseWriter })
		if !ok {
			return w
		}
		w = wrapped.Unwrap()
	}
}
