package admin

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// The API: what the console can do, for programs, by the same functions. Whoever calls shows an access token of this very provider.
//
//	api.go            how a call is taken: token, right, body, state, answer
//	api_caller.go     who calls, and what they may
//	api_calls.go      the table of all calls; api_people.go those of people and groups
//	api_problem.go    errors (RFC 9457)
//	api_again.go      calls that may be sent twice (Idempotency-Key)
//	api_match.go      calls that may say what was read (If-Match)
//	api_document.go   the OpenAPI document, made of the table

const apiPath = "/admin/api/v1"

// call is one thing that a program can ask for.
type call struct {
	method, path string
	right        Right
	name         string // operationId
	says         string // in the document
	query        []string
	in, out      any    // samples of body and answer; nil: none
	status       int    // of success; 0: 200
	guarded      bool   // it changes a state that was read: If-Match is wanted (RFC 9110 §13.1.1)
	again        bool   // it makes something, and takes an Idempotency-Key
	takes, gives string // media types where they are not JSON
	do           func(*apiVisit) (any, error)
}

// scope is the one that is wanted at least.
func (c call) scope() string {
	if c.right == KeepPeople || c.right == KeepAll {
		return "doorward:write"
	}
	return "doorward:read"
}

// apiVisit is a call while it is answered.
type apiVisit struct {
	*Console
	w     http.ResponseWriter
	r     *http.Request
	ctx   context.Context
	by    Actor
	call  call
	query url.Values
	body  []byte

	sender string // whose Idempotency-Keys meet
}

// registerAPI adds the paths of the API. No page of a browser may call it with cookies: it knows none.
func (c *Console) registerAPI(router *mux.Router) {
	door := &web.Door{Site: c.Site, Fail: c.failAPI}
	methods, order := map[string]web.Methods{}, []string{}
	for _, call := range calls() {
		if methods[call.path] == nil {
			methods[call.path] = web.Methods{}
			order = append(order, call.path)
		}
		methods[call.path][call.method] = c.answers(call)
	}
	for _, path := range order {
		door.Handle(router, apiPath+path, methods[path])
	}
	other := router.NotFoundHandler
	router.NotFoundHandler = http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if other != nil && !strings.HasPrefix(r.URL.Path, apiPath+"/") {
			other.ServeHTTP(w, r)
			return
		}
		c.failAPI(w, r, &problem{status: http.StatusNotFound, detail: "there is no such call; /openapi.json has all"})
	})
	document := c.document()
	door.Handle(router, apiPath+"/openapi.json", web.Methods{http.MethodGet: web.CachedBytes("application/json", time.Hour, func() ([]byte, string) { return document.body, document.tag })})
}

// answers takes a call in phases that none can forget: who, may they, is it well-formed, has it been answered already.
func (c *Console) answers(call call) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		caller, err := c.Callers.Bearer(r)
		if err != nil {
			return err
		}
		v := &apiVisit{Console: c, w: w, r: r, ctx: r.Context(), by: caller.actor(r), call: call, sender: caller.sender()}
		v.by.again = func() (Actor, error) {
			now, err := c.Callers.Bearer(r)
			return now.actor(r), err
		}
		if !v.by.May(call.right) {
			return caller.refused(c.Desk.Issuer, call)
		}
		if err := v.read(); err != nil {
			return err
		}
		if call.again && r.Header.Get(againHeader) != "" {
			return v.onceOnly()
		}
		answer, err := v.done()
		if err != nil {
			return err
		}
		return v.write(answer)
	}
}

// done does it, where the caller has read what is there now.
func (v *apiVisit) done() (any, error) {
	if err := v.unchanged(); err != nil {
		return nil, err
	}
	answer, err := v.call.do(v)
	if errors.Is(err, storage.ErrConflict) && !v.call.hasState() {
		err = errTaken
	}
	return answer, err
}

// read takes query and body strictly.
func (v *apiVisit) read() error {
	var err error
	if v.query, err = web.ParseQuery(v.r); err != nil {
		return err
	}
	for name := range v.query {
		if !slices.Contains(v.call.query, name) {
			return &problem{status: http.StatusBadRequest, detail: "the query has a parameter that this call does not know"}
		}
	}
	if v.call.guarded && v.r.Header.Get("If-Match") == "" {
		return &problem{status: http.StatusPreconditionRequired, detail: "say with If-Match which state you have read"}
	}
	switch {
	case v.call.takes != "":
		v.body, err = v.readList()
	case v.call.in != nil:
		v.body, err = web.ReadJSON(v.w, v.r)
	case v.r.ContentLength != 0:
		return &problem{status: http.StatusBadRequest, detail: "this call takes no body"}
	}
	return err
}

// maxDepth is how deep a body may be nested: a set of keys in an application needs four.
const maxDepth = 8

// into reads the body into what it is laid over: a field that is not there stays as it is, and one that nobody knows is refused.
func (v *apiVisit) into(to any) error {
	if !web.SoundJSON(v.body, maxDepth) {
		return &problem{status: http.StatusBadRequest, detail: "the body is not one JSON object, or a name stands in it twice"}
	}
	d := json.NewDecoder(bytes.NewReader(v.body))
	d.DisallowUnknownFields()
	if err := d.Decode(to); err != nil {
		return &problem{status: http.StatusBadRequest, detail: misread(err)}
	}
	return nil
}

// body reads the body as one type.
func body[T any](v *apiVisit) (T, error) {
	var in T
	return in, v.into(&in)
}

// id is a part of the path.
func (v *apiVisit) id(name string) string {
	value, err := url.PathUnescape(mux.Vars(v.r)[name])
	if err != nil {
		return ""
	}
	return value
}

// rowsAsked is how many rows are answered where nobody says how many.
const rowsAsked = 50

// part is the part of a list that is asked for, by limit and by a cursor of that name.
func (v *apiVisit) part(cursor string) (Part, error) {
	p := Part{v.query.Get(cursor), rowsAsked}
	text := v.query.Get("limit")
	if text == "" {
		return p, nil
	}
	n, err := strconv.ParseInt(text, 10, 32)
	if err != nil {
		return p, &problem{status: http.StatusBadRequest, detail: "limit is not a number"}
	}
	p.Limit = int(n)
	return p, nil
}

// write answers with JSON, and with the state of what is answered.
func (v *apiVisit) write(answer any) error {
	if tag := tagOf(answer); tag != "" {
		v.w.Header().Set("Etag", tag)
	}
	status := v.call.status
	switch {
	case v.call.gives != "":
		return nil // is written already
	case answer == nil:
		v.w.Header().Set("Cache-Control", "no-store")
		v.w.WriteHeader(http.StatusNoContent)
		return nil
	case status == 0:
		status = http.StatusOK
	}
	return web.WriteJSON(v.w, status, answer)
}

// tagOf names the state of an answer (RFC 9110 §8.8.3); "" where it has none.
func tagOf(answer any) string {
	switch a := answer.(type) {
	case App:
		return tag(a.Updated)
	case MadeApp:
		return tag(a.App.Updated)
	case Person:
		return tag(a.Updated)
	case PersonDetail:
		return tag(a.Updated)
	case Welcome:
		return tag(a.Updated)
	case Group:
		return tag(a.Updated)
	case SettingsList:
		return `"` + strconv.FormatInt(a.Version, 10) + `"`
	}
	return ""
}

func tag(updated time.Time) string { return `"` + strconv.FormatInt(updated.UnixMicro(), 36) + `"` }

// match is the state that the caller says to have read, as the number in its tag; false for a tag that is none of ours, which matches nothing.
func (v *apiVisit) match(base int) (int64, bool) {
	text, err := strconv.Unquote(v.r.Header.Get("If-Match"))
	if err != nil {
		return 0, false
	}
	n, err := strconv.ParseInt(text, base, 64)
	return n, err == nil
}

// updated is match for what has a time.
func (v *apiVisit) updated() (time.Time, error) {
	n, ours := v.match(36)
	if !ours {
		return time.Time{}, storage.ErrConflict
	}
	return time.UnixMicro(n).UTC(), nil
}
