package admin

import (
	"strconv"

	"github.com/doorward/doorward/storage"
)

// rowsShown is how many rows a list has on one page.
const appsShown = 50

// appsPageData is the list of applications.
type appList struct {
	Done   string
	Filter AppFilter
	Apps   []appRow
	Any    bool // something narrows the list
	May    bool
	More   string // path of the next page, "" none
}

type appRow struct {
	App   App
	Path  string
	Kind  string // of which tile or type, in words
	Badge string // who owns it, where that is not the console
	Who   string // may sign in
}

func (v *visit) appsPage() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	f := AppFilter{Search: query.Get("q"), Owner: query.Get("owner"), State: query.Get("state")}
	apps, next, err := v.Desk.Apps(v.r.Context(), f, Part{query.Get("after"), appsShown})
	if err != nil {
		return err
	}
	page := appList{Done: v.done(), Filter: f, Any: f != (AppFilter{}), May: v.by.May(KeepAll)}
	for _, a := range apps {
		page.Apps = append(page.Apps, appRow{a, appAt(a.ID, ""), v.kindOf(a), v.badge(a), v.admitted(a)})
	}
	page.More = more("/admin/apps", map[string]string{"q": f.Search, "owner": f.Owner, "state": f.State}, next)
	return v.show("app-list", v.t("console.apps"), page)
}

// kindOf names what an application is.
func (v *visit) kindOf(a App) string {
	if tile, ok := tileOf(a.Tile); ok {
		return v.tileName(tile)
	}
	return map[string]string{"web": v.t("app.kind-web"), "browser": v.t("app.kind-browser"), "native": v.t("app.kind-native"), "service": v.t("app.kind-machine")}[a.Type]
}

// badge is a word for who owns an application; "" the console.
func (v *visit) badge(a App) string {
	return map[string]string{byFile: v.t("app.badge-file"), byApply: v.t("app.badge-applied"), byItself: v.t("app.badge-itself")}[a.Owner]
}

// admitted says in words who may sign in.
func (v *visit) admitted(a App) string {
	switch {
	case !a.signsIn():
		return v.t("app.who-nobody")
	case !storage.Client{Groups: a.Groups, People: a.People}.Restricted():
		return v.t("app.who-all")
	case len(a.People) == 0 && len(a.Groups) == 1:
		return a.Groups[0]
	}
	return v.t("app.who-some", "groups", strconv.Itoa(len(a.Groups)), "people", strconv.Itoa(len(a.People)))
}
