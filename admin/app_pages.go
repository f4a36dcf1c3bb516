package admin

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// appRoutes are the pages of applications. None of their own has a path that an id could have: ids hold no slash.
var appRoutes = []route{
	{path: "/admin/apps", look: LookAll, get: (*visit).appsPage, place: "apps", query: []string{"q", "owner", "state", "after", "done"}},
	{path: "/admin/new-app", look: KeepAll, keep: KeepAll, get: (*visit).newAppPage, post: (*visit).makeApp, fresh: true, place: "apps", query: []string{"tile"},
		form: []string{"tile", "client_name", "client_id", "address", "access", "groups", "people", "require_totp"}, many: []string{"groups"}},
	{path: "/admin/app-invitations", look: KeepAll, keep: KeepAll, get: (*visit).invitePage, post: (*visit).makeInvitation, fresh: true, place: "apps",
		form: []string{"uses", "days"}},
	{path: "/admin/apps/{id}", look: LookAll, get: (*visit).appPage, place: "apps", query: []string{"done"}},
	{path: "/admin/apps/{id}/settings", look: KeepAll, keep: KeepAll, get: (*visit).settingsPage, post: (*visit).changeSettings, fresh: true, place: "apps", query: []string{"done"},
		form: append(settingFields, "version"), many: []string{"grant_types"}},
	{path: "/admin/apps/{id}/access", look: KeepAll, keep: KeepAll, get: (*visit).accessPage, post: (*visit).changeAccess, fresh: true, place: "apps", query: []string{"done"},
		form: []string{"access", "groups", "people", "require_totp", "version"}, many: []string{"groups"}},
	{path: "/admin/apps/{id}/secrets", look: LookAll, keep: KeepAll, get: (*visit).secretsPage, post: (*visit).addSecret, place: "apps", query: []string{"done"}},
	{path: "/admin/apps/{id}/secrets/remove", look: KeepAll, keep: KeepAll, get: (*visit).removeSecretPage, post: (*visit).removeSecret, fresh: true, place: "apps", query: []string{"secret"},
		form: []string{"secret", "reason"}},
	{path: "/admin/apps/{id}/problems", look: LookAll, get: (*visit).problemsPage, place: "apps"},
	{path: "/admin/apps/{id}/test", look: LookAll, keep: KeepAll, get: (*visit).trialPage, post: (*visit).beginTrial, place: "apps",
		query: []string{"code", "state", "iss", "error", "error_description"}},
	{path: "/admin/apps/{id}/redirects", look: KeepAll, keep: KeepAll, get: (*visit).addressPage, post: (*visit).addAddress, fresh: true, place: "apps", query: []string{"sealed"},
		form: []string{"sealed"}},
	{path: "/admin/apps/{id}/disable", look: KeepAll, keep: KeepAll, get: (*visit).disableAppPage, post: (*visit).disableApp, fresh: true, place: "apps",
		form: []string{"reason"}},
	{path: "/admin/apps/{id}/enable", keep: KeepAll, post: (*visit).enableApp, place: "apps"},
	{path: "/admin/apps/{id}/remove", look: KeepAll, keep: KeepAll, get: (*visit).removeAppPage, post: (*visit).removeApp, fresh: true, place: "apps",
		form: []string{"reason"}},
}

// appAt is the path of a page of an application.
func appAt(id, page string) string {
	path := "/admin/apps/" + url.PathEscape(id)
	if page != "" {
		path += "/" + page
	}
	return path
}

// app is the application that the path names.
func (v *visit) app() (App, error) {
	a, err := v.Desk.App(v.r.Context(), v.id("id"))
	return a, v.appFault(err)
}

// appFault tells what an application cannot have done to it by a page.
func (v *visit) appFault(err error) error {
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return gone("app.gone")
	case errors.Is(err, ErrDeclared):
		return refused("app.declared")
	case errors.Is(err, ErrItself):
		return refused("app.itself")
	case errors.Is(err, storage.ErrConflict):
		return refused("app.conflict")
	}
	return err
}

// tab is a page of one application.
type appTab struct {
	Text, Path string
	Here       bool
}

// appHead stands above each page of an application.
type appHead struct {
	App  App
	Tabs []appTab
	Note string // why not everything can be changed here, "" nothing
	May  bool   // the visitor may change it here
	Full bool   // and everything of it
	Runs bool   // and run a test of it
}

// head is what stands above a page of an application.
func (v *visit) head(a App, here string) appHead {
	h := appHead{App: a, May: v.by.May(KeepAll) && !a.declared()}
	h.Full = h.May && a.Owner == byConsole
	h.Runs = v.by.May(KeepAll)
	h.Note = map[string]string{byFile: v.t("app.declared-note"), byApply: v.t("app.applied-note"), byItself: v.t("app.itself-note")}[a.Owner]
	add := func(page, key string, shown bool) {
		if shown {
			h.Tabs = append(h.Tabs, appTab{v.t(key), appAt(a.ID, page), page == here})
		}
	}
	signsIn := a.signsIn()
	add("", "app.tab-overview", true)
	add("settings", "app.tab-settings", h.Full)
	add("access", "app.tab-access", h.May && signsIn)
	add("secrets", "app.tab-secrets", a.withSecret())
	add("problems", "app.tab-problems", true)
	add("test", "app.tab-test", signsIn)
	return h
}

// declared says whether a file owns it.
func (a App) declared() bool { return a.Owner == byFile || a.Owner == byApply }

// signsIn says whether people sign in to it.
func (a App) signsIn() bool { return a.Type != "service" && len(a.RedirectURIs) > 0 }

// withSecret says whether it proves itself by a secret.
func (a App) withSecret() bool {
	return storage.Client{AuthMethod: a.AuthMethod}.WithSecret()
}

// gone is the page for what is not there, or not any more.
func gone(text string) error {
	return &stop{web.Failure{Status: http.StatusNotFound, Text: text}}
}

// refused is the page for what is there, but not to be had done to it.
func refused(text string) error {
	return &stop{web.Failure{Status: http.StatusConflict, Text: text}}
}
