package admin

import (
	"errors"
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// settingsPage is the page of all that is set of an application.
type settingsPage struct {
	appHead
	Done    string
	Groups  []shownGroup
	Version string
	Late    bool        // somebody else has changed it meanwhile
	Theirs  []appChange // what they changed
}

type shownGroup struct {
	Title  string
	Open   bool // one of its fields has a fault
	First  bool
	Fields []shownField
}

type shownField struct {
	Name, Kind, Label, Hint, Value string
	Pick                           []shownOption
}

type shownOption struct {
	Value, Label string
	On           bool
}

// change is a setting that differs between two states.
type appChange struct{ Name, Now, Typed string }

func (v *visit) settingsPage() error {
	a, err := v.app()
	if err != nil {
		return err
	}
	if a.Owner != byConsole {
		return v.appFault(map[string]error{byFile: ErrDeclared, byApply: ErrDeclared, byItself: ErrItself}[a.Owner])
	}
	members := a.members()
	page := settingsPage{appHead: v.head(a, "settings"), Done: v.done(), Version: version(a.Updated),
		Groups: v.shown(a.Type, func(name string) string { return asText(members[name]) }, nil)}
	return v.show("app-settings", a.Name, page)
}

// shown are the fields of applications of a type, with what stands in them.
func (v *visit) shown(kind string, value func(name string) string, faults []web.FieldError) []shownGroup {
	var list []shownGroup
	for _, g := range settingGroups {
		one := shownGroup{Title: v.t(g.Title), First: len(list) == 0}
		for _, f := range g.Fields {
			if !f.of(kind) {
				continue
			}
			s := shownField{Name: f.Name, Kind: f.Kind, Label: v.t(f.Label), Value: value(f.Name)}
			if f.Hint != "" {
				s.Hint = v.t(f.Hint)
			}
			if f.Kind == "words" {
				s.Value = strings.Join(strings.Fields(s.Value), " ")
			}
			s.Pick = v.picked(f, kind, s.Value)
			one.Open = one.Open || slices.ContainsFunc(faults, func(e web.FieldError) bool { return e.Field == f.Name })
			one.Fields = append(one.Fields, s)
		}
		if len(one.Fields) > 0 {
			list = append(list, one)
		}
	}
	return list
}

// picked are the options of a field, with those that are chosen.
func (v *visit) picked(f appField, kind, value string) []shownOption {
	var list []shownOption
	for _, o := range f.Pick {
		if f.Name == "token_endpoint_auth_method" && kind == "service" && o.Value == "none" {
			continue
		}
		s := shownOption{o.Value, o.Value, value == o.Value}
		if o.Label != "" {
			s.Label = v.t(o.Label)
		}
		if f.Kind == "boxes" {
			s.On = slices.Contains(lines(value), o.Value)
		}
		list = append(list, s)
	}
	return list
}

// changeSettings stores the settings. Who was too late finds everything as they typed it, and what the other has changed.
func (v *visit) changeSettings() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	a, err := v.app()
	if err != nil {
		return err
	}
	settings, err := a.read(form)
	if err == nil {
		var made MadeApp
		made, err = v.Desk.ChangeApp(v.r.Context(), v.by, AppChange{ID: a.ID, Updated: versionOf(form.Get("version")), Settings: &settings})
		switch {
		case errors.Is(err, storage.ErrConflict):
			return v.tooLate(form, settings)
		case err == nil && made.Secret != "":
			return v.showSecret(made)
		case err == nil:
			return v.to(appAt(a.ID, "settings"), "app-saved")
		}
	}
	faults, err := v.faults(err, nil)
	if err != nil {
		return v.appFault(err)
	}
	page := settingsPage{appHead: v.head(a, "settings"), Version: form.Get("version"), Groups: v.shown(a.Type, typedIn(form), faults)}
	return v.show("app-settings", a.Name, page, faults...)
}

func typedIn(form url.Values) func(string) string {
	return func(name string) string { return strings.Join(form[name], "\n") }
}

// tooLate is the form with what was typed, for who comes second (RG-06); it says what the first has changed. Sent again, it holds.
func (v *visit) tooLate(form url.Values, settings AppSettings) error {
	now, err := v.app()
	if err != nil {
		return err
	}
	page := settingsPage{appHead: v.head(now, "settings"), Version: version(now.Updated), Late: true, Groups: v.shown(now.Type, typedIn(form), nil)}
	mine := now
	mine.AppSettings = settings
	for _, name := range now.differences(mine) {
		page.Theirs = append(page.Theirs, appChange{name, asText(now.members()[name]), asText(mine.members()[name])})
	}
	return v.late("app-settings", now.Name, v.t("app.late"), page)
}
