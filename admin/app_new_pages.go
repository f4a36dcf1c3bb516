package admin

import (
	"net/url"
	"strings"

	"github.com/doorward/doorward/web"
)

// tileList is the page that asks what is to be connected.
type tileList struct {
	Known, Other []tileRow
	May          bool
}

type tileRow struct{ Name, Hint, Path string }

// appForm is the page that asks for an application's name, address and people.
type appForm struct {
	Tile    Tile
	Kind    string
	Label   string // of the address, "" none is asked for
	Hint    string
	ID      string
	Name    string
	Address string
	Access  accessForm
	Signs   bool // people sign in to it
}

func (v *visit) tileName(t Tile) string {
	if t.Name != "" {
		return t.Name
	}
	return map[string]string{"web": v.t("app.kind-web"), "browser": v.t("app.kind-browser"), "native": v.t("app.kind-native"), "machine": v.t("app.kind-machine")}[t.ID]
}

// newAppPage shows the tiles, or the form of the one that was chosen.
func (v *visit) newAppPage() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	tile, ok := tileOf(query.Get("tile"))
	if !ok {
		return v.showTiles()
	}
	page, err := v.blankForm(tile)
	if err != nil {
		return err
	}
	page.Name = tile.Name
	return v.show("app-new", v.t("app.new", "kind", page.Kind), page)
}

func (v *visit) showTiles() error {
	var page tileList
	hints := map[string]string{"web": v.t("app.hint-web"), "browser": v.t("app.hint-browser"), "native": v.t("app.hint-native"),
		"machine": v.t("app.hint-machine"), "mcp": v.t("app.hint-mcp")}
	for _, t := range tiles {
		row := tileRow{v.tileName(t), hints[t.ID], "/admin/new-app?tile=" + url.QueryEscape(t.ID)}
		if t.Name == "" {
			page.Other = append(page.Other, row)
		} else {
			page.Known = append(page.Known, row)
		}
	}
	return v.show("app-tiles", v.t("app.tiles"), page)
}

func (v *visit) blankForm(tile Tile) (appForm, error) {
	access, err := v.accessForm(AppAccess{})
	page := appForm{Tile: tile, Kind: v.tileName(tile), Access: access, Signs: tile.Type != "service"}
	switch {
	case tile.Resource:
		page.Label, page.Hint = v.t("app.address-resource"), v.t("app.address-resource-hint")
	case tile.Whole:
		page.Label, page.Hint = v.t("app.address-whole"), v.t("app.address-whole-hint")
	case tile.Example != "":
		page.Label, page.Hint = v.t("app.address"), v.t("app.address-hint")
	}
	return page, err
}

// makeApp connects what the form describes, and shows its secret.
func (v *visit) makeApp() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	tile, ok := tileOf(form.Get("tile"))
	if !ok {
		return &web.Refused{Status: 400, Why: "the form names no tile"}
	}
	access, faults, err := v.accessOf(form)
	if err != nil {
		return err
	}
	in := NewApp{Tile: tile.ID, ID: strings.TrimSpace(form.Get("client_id")), Name: form.Get("client_name"), Address: form.Get("address"), AppAccess: access}
	if len(faults) == 0 {
		made, err := v.Desk.AddApp(v.r.Context(), v.by, in)
		if err == nil {
			return v.showMade(tile, made)
		}
		if faults, err = v.newFaults(err, tile, in.Address); err != nil {
			return err
		}
	}
	page, err := v.blankForm(tile)
	if err != nil {
		return err
	}
	page.ID, page.Name, page.Address, page.Access = in.ID, in.Name, in.Address, page.Access.typed(form)
	return v.show("app-new", v.t("app.new", "kind", page.Kind), page, faults...)
}

// newFaults are the faults of a new application, at the fields of its form: what is wrong with what follows from the address, is wrong
// with the address.
func (v *visit) newFaults(err error, tile Tile, address string) ([]web.FieldError, error) {
	if key := tile.addressFault(strings.TrimSpace(address)); key != "" {
		return []web.FieldError{{Field: "address", Text: v.t(key)}}, nil
	}
	return v.faults(err, map[string]string{"redirect_uris": "address", "post_logout_redirect_uris": "address", "backchannel_logout_uri": "address", "resources": "address"})
}

// madeApp is the page of an application that was just connected.
type madeApp struct {
	App       App
	Secret    string
	Issuer    string
	Discovery string
	Snippet   string
	Path      string // of its own page
	Test      string // of the test sign-in, "" none
	Use       useSection
}

func (v *visit) showMade(tile Tile, made MadeApp) error {
	page := madeApp{App: made.App, Secret: made.Secret, Issuer: v.Desk.Issuer, Discovery: v.Desk.discovery(),
		Snippet: v.Desk.snippet(tile, made.App, made.Secret), Path: appAt(made.App.ID, ""), Use: useSection{Waiting: made.App.signsIn()}}
	if made.App.signsIn() {
		page.Test = appAt(made.App.ID, "test")
	}
	return v.show("app-made", v.t("app.made", "app", made.App.Name), page)
}
