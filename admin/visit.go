package admin

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// visit is a page of the console while it is put together, for one who may see it.
type visit struct {
	*Console
	w       http.ResponseWriter
	r       *http.Request
	lang    string
	session storage.Session
	person  storage.User
	by      Actor
	route   route
}

func (c *Console) visit(w http.ResponseWriter, r *http.Request, session storage.Session, person storage.User) *visit {
	locale, _ := person.Claims["locale"].(string)
	return &visit{Console: c, w: w, r: r, session: session, person: person, lang: c.Site.LanguageFor(w, r, locale),
		by: Actor{ID: person.ID, Rights: roles[person.Role], Address: web.Address(r.Context()).String(), Reference: web.Reference(r.Context()), session: session.ID}}
}

// t is a text in the visitor's language.
func (v *visit) t(key string, pairs ...string) string { return v.Site.Texts.T(v.lang, key, pairs...) }

// id is a part of the path, as {id} in the table names it.
func (v *visit) id(name string) string {
	value, err := url.PathUnescape(mux.Vars(v.r)[name])
	if err != nil {
		return ""
	}
	return value
}

// query reads the query strictly.
func (v *visit) query() (url.Values, error) { return web.ParseQuery(v.r) }

// asked refuses an address with a name that its page does not know, or with one twice, as the API does: a filter that is passed over would
// show the whole as if it were what was looked for.
func (v *visit) asked() error {
	query, err := v.query()
	if err == nil {
		err = onlyNamed(query, append([]string{web.LanguageParameter}, v.route.query...))
	}
	refused := (*web.Refused)(nil)
	if !errors.As(err, &refused) || refused.Status != http.StatusBadRequest {
		return err
	}
	f := web.Failure{Status: refused.Status, Text: "console.query", Code: "invalid_request", Detail: refused.Why, Again: "/admin", AgainText: "console.back"}
	if v.route.get != nil {
		f.Again, f.AgainText = v.r.URL.EscapedPath(), "console.query-without"
	}
	return &stop{f}
}

// form reads what was posted. A field that the table does not name is refused: nobody sets what the page does not show (AD-04).
func (v *visit) form() (url.Values, error) {
	form, err := web.ParseForm(v.w, v.r, v.route.many...)
	if err != nil {
		return nil, err
	}
	return form, onlyNamed(form, append([]string{"submit"}, v.route.form...))
}

// onlyNamed refuses a form, or a query, with a name that its page does not have.
func onlyNamed(values url.Values, names []string) error {
	for name := range values {
		if !slices.Contains(names, name) {
			return &web.Refused{Status: http.StatusBadRequest, Why: "the request has a field that is not on the page"}
		}
	}
	return nil
}

// show writes a page. With faults it is the form again, status 422.
func (v *visit) show(page, title string, data any, faults ...web.FieldError) error {
	view := v.view(page, title, data)
	if view.Errors = faults; len(faults) > 0 {
		view.Status = http.StatusUnprocessableEntity
	}
	return v.pages.Write(v.w, v.r, view)
}

// late is the form again after somebody else has changed what it changes, status 409 (RG-06): what was typed stands in it still. why
// says so.
func (v *visit) late(page, title, why string, data any) error {
	view := v.view(page, title, data)
	view.Status, view.Errors = http.StatusConflict, []web.FieldError{{Text: why}}
	return v.pages.Write(v.w, v.r, view)
}

func (v *visit) view(page, title string, data any) web.View {
	return web.View{Name: page, Lang: v.lang, Data: data, Title: title, Wide: true, Console: v.frame(), Switch: web.SamePage(v.r)}
}

// to ends a change: the browser goes to a page of the console by GET, so that reloading repeats nothing. done is the name of what
// to say there, one of the keys "console.done-…"; "" says nothing.
func (v *visit) to(path, done string) error {
	if done != "" {
		path += "?done=" + url.QueryEscape(done)
	}
	http.Redirect(v.w, v.r, path, http.StatusSeeOther)
	return nil
}

// done is what was just done, in words; "" nothing, or a word that we do not know.
func (v *visit) done() string {
	key := "console.done-" + v.r.URL.Query().Get("done")
	if !v.Site.Texts.Has(key) {
		return ""
	}
	return v.t(key)
}

// frame is the line above the page: the places that this visitor may see.
func (v *visit) frame() *web.Console {
	frame := &web.Console{Person: v.person.Name(), Account: v.Desk.Issuer + "/account"}
	for _, p := range places {
		if v.by.May(p.look) {
			frame.Nav = append(frame.Nav, web.NavLink{Text: v.t(p.key), Path: p.path, Here: p.name == v.route.place})
		}
	}
	return frame
}

// faults are the faults of a record in words of a form: field by field as storage names them, through rename where the form
// calls them otherwise; other errors come back.
func (v *visit) faults(err error, rename map[string]string) ([]web.FieldError, error) {
	found := invalids(err)
	if len(found) == 0 {
		return nil, err
	}
	var list []web.FieldError
	for _, i := range found {
		field := i.Field
		if name, ok := rename[field]; ok {
			field = name
		}
		list = append(list, web.FieldError{Field: field, Text: spoken(v.t).fault(i)})
	}
	return list, nil
}

// invalids are the faults of a record that an error joins.
func invalids(err error) []*storage.Invalid {
	switch e := err.(type) { // not errors.As, which finds the first one alone
	case *storage.Invalid:
		return []*storage.Invalid{e}
	case interface{ Unwrap() []error }:
		var all []*storage.Invalid
		for _, one := range e.Unwrap() {
			all = append(all, invalids(one)...)
		}
		return all
	case interface{ Unwrap() error }:
		return invalids(e.Unwrap())
	}
	return nil
}

// appWantedPage leads to the account, which the console may not have beside it.
type appWantedPage struct{ Account, Next string }

// appWanted is the page for who has no authenticator app yet, which the console demands. With one they come back to where they wanted to go.
func (v *visit) appWanted() error {
	next := "/admin"
	if v.r.Method == http.MethodGet {
		next = v.r.URL.RequestURI()
	}
	view := web.View{Name: "app-wanted", Lang: v.lang, Title: v.t("console.app-wanted"), Status: http.StatusForbidden,
		Data: appWantedPage{Account: v.Desk.Issuer, Next: next}}
	return errors.Join(v.pages.Write(v.w, v.r, view), ErrAnswered)
}

// at is a moment in words; "" for none.
func (v *visit) at(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.Site.Texts.Date(v.lang, t)
}

// dayOr is a day in words; "" for none.
func (v *visit) dayOr(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return v.Site.Texts.Day(v.lang, t)
}

// span is a time that has passed or is to pass, in words of its largest unit.
func (v *visit) span(d time.Duration) string {
	for _, unit := range []struct {
		of       time.Duration
		one, all string
	}{{24 * time.Hour, "console.day", "console.days"}, {time.Hour, "console.hour", "console.hours"}, {time.Minute, "console.minute", "console.minutes"}} {
		if n := int(d / unit.of); n == 1 {
			return v.t(unit.one)
		} else if n > 1 {
			return v.t(unit.all, "n", strconv.Itoa(n))
		}
	}
	return v.t("console.moment")
}
