package admin

import (
	"errors"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// addressPage shows an address that an application sent, beside the registered one that is most like it.
type addressPage struct {
	Name    string
	Address AddedAddress
	Sealed  string
	Rows    []unlikeRow
	Known   bool // it is registered already
	Action  string
	Back    string
}

type unlikeRow struct{ Part, Sent, Registered string }

func (v *visit) addressPage() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	return v.showAddress(query.Get("sealed"))
}

func (v *visit) showAddress(sealed string, faults ...web.FieldError) error {
	id := v.id("id")
	a, err := v.Desk.Address(v.r.Context(), id, sealed, v.session.ID)
	if err != nil {
		return v.addressFault(err)
	}
	page := addressPage{Name: a.App.Name, Address: a, Sealed: sealed, Action: appAt(id, "redirects"), Back: appAt(id, ""),
		Known: a.Nearest == a.Redirect}
	parts := map[string]string{"scheme": v.t("app.part-scheme"), "host": v.t("app.part-host"), "port": v.t("app.part-port"),
		"path": v.t("app.part-path"), "query": v.t("app.part-query"), "spelling": v.t("app.part-spelling")}
	for _, u := range a.Unlike {
		page.Rows = append(page.Rows, unlikeRow{parts[u.Part], u.Sent, u.Registered})
	}
	return v.show("app-address", v.t("app.address-title", "app", a.App.Name), page, faults...)
}

func (v *visit) addAddress() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	a, err := v.Desk.Address(v.r.Context(), v.id("id"), form.Get("sealed"), v.session.ID)
	if err == nil {
		_, err = v.Desk.AddAddress(v.r.Context(), v.by, a)
	}
	if one := (*storage.Invalid)(nil); errors.As(err, &one) {
		faults, _ := v.faults(err, map[string]string{"redirect_uris": ""})
		return v.showAddress(form.Get("sealed"), faults...)
	}
	if err != nil {
		return v.addressFault(err)
	}
	return v.to(appAt(v.id("id"), ""), "app-saved")
}

func (v *visit) addressFault(err error) error {
	if errors.Is(err, ErrStale) {
		return refused("app.address-stale")
	}
	return v.appFault(err)
}
