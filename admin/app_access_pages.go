package admin

import (
	"cmp"
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// accessForm are the fields of who may sign in.
type accessForm struct {
	All         bool
	Groups      []groupBox
	People      string // addresses, one a line
	RequireTOTP bool
}

type groupBox struct {
	Name, Title string
	In          bool
	Helpdesk    bool // decides who is in it
}

// accessForm shows who may sign in now. Of very many groups it shows the first, and those that may.
func (v *visit) accessForm(a AppAccess) (accessForm, error) {
	f := accessForm{All: len(a.Groups)+len(a.People) == 0, RequireTOTP: a.RequireTOTP}
	page, err := v.Desk.Groups(v.r.Context(), Part{Limit: maxRows})
	if err != nil {
		return f, err
	}
	for _, g := range page.Groups {
		f.Groups = append(f.Groups, groupBox{g.Name, g.Title, slices.Contains(a.Groups, g.Name), g.Helpdesk})
	}
	for _, name := range a.Groups {
		if slices.ContainsFunc(f.Groups, func(b groupBox) bool { return b.Name == name }) {
			continue
		}
		g, err := v.Desk.Group(v.r.Context(), name)
		if err != nil && !errors.Is(err, storage.ErrNotFound) {
			return f, err
		}
		f.Groups = append(f.Groups, groupBox{name, cmp.Or(g.Title, name), true, g.Helpdesk})
	}
	people, err := v.addresses(a.People)
	f.People = strings.Join(people, "\n")
	return f, err
}

// addresses are those of people; an id that nobody has any more stands for itself, so that it can be seen and taken out.
func (v *visit) addresses(ids []string) ([]string, error) {
	var list []string
	for _, id := range ids {
		person, err := v.Desk.Store.User(v.r.Context(), id)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			list = append(list, id)
		case err != nil:
			return nil, err
		default:
			list = append(list, person.Email)
		}
	}
	return list, nil
}

// typed is the form as it was sent.
func (f accessForm) typed(form url.Values) accessForm {
	f.All, f.People, f.RequireTOTP = form.Get("access") != "some", form.Get("people"), form.Get("require_totp") != ""
	for i := range f.Groups {
		f.Groups[i].In = slices.Contains(form["groups"], f.Groups[i].Name)
	}
	return f
}

// accessOf reads who may sign in. People are called by address or number.
func (v *visit) accessOf(form url.Values) (AppAccess, []web.FieldError, error) {
	a := AppAccess{RequireTOTP: form.Get("require_totp") != ""}
	if form.Get("access") != "some" {
		return a, nil, nil
	}
	a.Groups = form["groups"]
	var faults []web.FieldError
	for _, typed := range lines(form.Get("people")) {
		person, _, err := v.Desk.Store.Login(v.r.Context(), typed)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			faults = append(faults, web.FieldError{Field: "people", Text: v.t("app.people-unknown", "who", clipped(typed, 80))})
		case err != nil:
			return a, nil, err
		case !slices.Contains(a.People, person.ID):
			a.People = append(a.People, person.ID)
		}
	}
	if len(faults) == 0 && len(a.Groups)+len(a.People) == 0 {
		faults = append(faults, web.FieldError{Field: "people", Text: v.t("app.people-none")})
	}
	return a, faults, nil
}

// lines are the lines of a text that are not empty.
func lines(text string) []string {
	var list []string
	for line := range strings.SplitSeq(strings.ReplaceAll(text, "\r", "\n"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			list = append(list, line)
		}
	}
	return list
}

// accessPage is the page of who may sign in to an application.
type accessPage struct {
	appHead
	Done    string
	Access  accessForm
	Version string
	Late    bool // somebody else has changed it meanwhile
}

func (v *visit) accessPage() error {
	a, err := v.app()
	if err != nil {
		return err
	}
	form, err := v.accessForm(a.AppAccess)
	if err != nil {
		return err
	}
	return v.show("app-access", a.Name, accessPage{v.head(a, "access"), v.done(), form, version(a.Updated), false})
}

func (v *visit) changeAccess() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	a, err := v.app()
	if err != nil {
		return err
	}
	access, faults, err := v.accessOf(form)
	if err != nil {
		return err
	}
	if len(faults) == 0 {
		_, err = v.Desk.ChangeApp(v.r.Context(), v.by, AppChange{ID: a.ID, Updated: versionOf(form.Get("version")), Access: &access})
		if err == nil {
			return v.to(appAt(a.ID, "access"), "app-saved")
		}
		if !errors.Is(err, storage.ErrConflict) {
			if faults, err = v.faults(err, nil); err != nil {
				return v.appFault(err)
			}
		}
	}
	now, err2 := v.app()
	shown, err3 := v.accessForm(now.AppAccess)
	if err := errors.Join(err2, err3); err != nil {
		return err
	}
	page := accessPage{v.head(now, "access"), "", shown.typed(form), form.Get("version"), err != nil}
	if page.Late {
		page.Version = version(now.Updated)
		return v.late("app-access", now.Name, v.t("app.late"), page)
	}
	return v.show("app-access", now.Name, page, faults...)
}
