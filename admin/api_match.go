package admin

import (
	"net/http"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// errTaken is a conflict that If-Match has no part in.
var errTaken = &problem{status: http.StatusConflict, detail: "it is taken, or is being changed by somebody else"}

// hasState says whether the call is for something that stands there already: a state of it can have been read. What makes something new
// has none, whatever If-Match says.
func (c call) hasState() bool {
	return c.guarded || strings.Contains(c.path, "{")
}

// unchanged judges If-Match where a call may have it and need not: what removes something, or does something to it. It is judged before
// the call, not with it. storage.ErrConflict: it is another by now.
func (v *apiVisit) unchanged() error {
	said := v.r.Header.Get("If-Match")
	if said == "" || said == "*" || v.call.guarded || v.r.Method == http.MethodGet {
		return nil
	}
	var now time.Time
	var err error
	switch {
	case strings.HasPrefix(v.call.path, "/people/{id}"):
		var u storage.User
		u, err = v.Desk.Store.User(v.ctx, v.id("id"))
		now = u.Updated
	case strings.HasPrefix(v.call.path, "/apps/{id}"):
		var a App
		a, err = v.Desk.App(v.ctx, v.id("id"))
		now = a.Updated
	case strings.HasPrefix(v.call.path, "/groups/{name}"):
		var g Group
		g, err = v.Desk.Group(v.ctx, v.id("name"))
		now = g.Updated
	default:
		return nil
	}
	if err != nil {
		return err
	}
	read, err := v.updated()
	if err == nil && !read.Equal(now) {
		err = storage.ErrConflict
	}
	return err
}
