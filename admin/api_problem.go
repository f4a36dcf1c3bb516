package admin

import (
	"encoding/json"
	"errors"
	"log/slog"
	"net/http"
	"strconv"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// problem is an error of a call as its caller sees it (RFC 9457).
type problem struct {
	status    int
	detail    string
	challenge string // WWW-Authenticate
	fields    []FieldProblem

	retryAfter string // seconds; "" none
	unknown    bool   // it is none of ours: nobody knows how far the call came
}

func (p *problem) Error() string { return p.detail }

// Problem is the body of an error.
type Problem struct {
	Type      string         `json:"type"` // about:blank: the status says what kind it is
	Title     string         `json:"title"`
	Status    int            `json:"status"`
	Detail    string         `json:"detail,omitempty"`
	Errors    []FieldProblem `json:"errors,omitempty"`
	Reference string         `json:"reference"` // finds the request in the log
}

// FieldProblem is what is wrong with one field.
type FieldProblem struct {
	Field  string `json:"field"`
	Detail string `json:"detail"`
}

// unfit is the visitor's error of Callers.Bearer.
type unfit interface {
	error
	Status() int
	Challenge() string
	Detail() string
}

// problemOf gives an error the face of a problem. What is ours alone shows no text of its own.
func (c *Console) problemOf(r *http.Request, err error) *problem {
	var p *problem
	var token unfit
	switch {
	case errors.As(err, &p):
		return p
	case errors.As(err, &token):
		return &problem{status: token.Status(), detail: token.Detail(), challenge: token.Challenge()}
	}
	if found := invalids(err); len(found) > 0 {
		p = &problem{status: http.StatusUnprocessableEntity, detail: "a value cannot be taken"}
		for _, i := range found {
			p.fields = append(p.fields, FieldProblem{i.Field, c.plain(i.Why)})
		}
		return p
	}
	if errors.Is(err, storage.ErrConflict) {
		if r.Header.Get("If-Match") != "" {
			return &problem{status: http.StatusPreconditionFailed, detail: "somebody has changed it since you read it: read it again"}
		}
		return errTaken
	}
	if enough := (*Enough)(nil); errors.As(err, &enough) {
		return &problem{status: http.StatusTooManyRequests, detail: enough.Error(), retryAfter: enough.RetryAfter()}
	}
	if soon := (*TooSoon)(nil); errors.As(err, &soon) {
		return &problem{status: http.StatusTooManyRequests, detail: soon.Error()}
	}
	for _, known := range refusals {
		if errors.Is(err, known.err) {
			return &problem{status: known.status, detail: known.err.Error()}
		}
	}
	f := web.FailureOf(err)
	if f.Status >= http.StatusInternalServerError {
		web.Note(r.Context(), slog.String("error", err.Error()))
		return &problem{status: f.Status, unknown: true}
	}
	return &problem{status: f.Status, detail: f.Detail}
}

// misread says which field a body could not be read for: its name alone, as far as it can be printed, and no value.
func misread(err error) string {
	if wrong := (*json.UnmarshalTypeError)(nil); errors.As(err, &wrong) && wrong.Field != "" {
		return "the field " + strconv.QuoteToASCII(clipped(wrong.Field, maxFieldName)) + " has a value of another type"
	}
	if quoted, found := strings.CutPrefix(err.Error(), "json: unknown field "); found {
		if name, err := strconv.Unquote(quoted); err == nil {
			return "the field " + strconv.QuoteToASCII(clipped(name, maxFieldName)) + " is not known"
		}
	}
	return "the body has a field that is not known, or a value of another type"
}

// maxFieldName is the most of a field's name that is told.
const maxFieldName = 60

// plain is a reason in English: those of forms are keys of texts.
func (c *Console) plain(why string) string {
	if c.Site.Texts.Has(why) {
		return c.Site.Texts.T("en", why)
	}
	return why
}

// failAPI answers what a call returned.
func (c *Console) failAPI(w http.ResponseWriter, r *http.Request, err error) {
	p := c.problemOf(r, err)
	if p.challenge != "" {
		w.Header().Set("Www-Authenticate", p.challenge)
	}
	if err := writeProblem(w, r, p); err != nil {
		w.WriteHeader(http.StatusInternalServerError)
	}
}

func writeProblem(w http.ResponseWriter, r *http.Request, p *problem) error {
	if p.retryAfter != "" {
		w.Header().Set("Retry-After", p.retryAfter)
	}
	return web.WriteJSONAs(w, p.status, "application/problem+json", Problem{
		Type: "about:blank", Title: http.StatusText(p.status), Status: p.status, Detail: p.detail, Errors: p.fields, Reference: web.Reference(r.Context()),
	})
}
