package admin

import "strconv"

func (v *visit) disableAppPage() error {
	a, ends, err := v.ending()
	if err != nil {
		return err
	}
	return v.show("app-end", v.t("app.disable-title", "app", a.Name), endPage{Text: v.t("app.disable-text"), Ends: ends,
		Action: appAt(a.ID, "disable"), Button: v.t("app.disable"), Danger: true, Back: appAt(a.ID, "")})
}

func (v *visit) removeAppPage() error {
	a, ends, err := v.ending()
	if err != nil {
		return err
	}
	return v.show("app-end", v.t("app.remove-title", "app", a.Name), endPage{Text: v.t("app.remove-text", "id", a.ID), Ends: ends,
		Action: appAt(a.ID, "remove"), Button: v.t("app.remove"), Danger: true, Back: appAt(a.ID, "")})
}

// ending is an application that may be ended, and what of it lives.
func (v *visit) ending() (App, []string, error) {
	a, err := v.app()
	if err != nil {
		return a, nil, err
	}
	if a.declared() {
		return a, nil, v.appFault(ErrDeclared)
	}
	use, err := v.Desk.AppUse(v.r.Context(), a.ID)
	if err != nil {
		return a, nil, v.appFault(err)
	}
	ends := []string{v.t("app.ends-grants", "n", use.living())}
	if use.People > 0 {
		ends = append(ends, v.t("app.ends-consents", "n", strconv.Itoa(int(use.People))))
	}
	return a, ends, nil
}

func (v *visit) disableApp() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	a, err := v.Desk.SwitchApp(v.r.Context(), v.by, v.id("id"), true, form.Get("reason"))
	if err != nil {
		return v.appFault(err)
	}
	return v.to(appAt(a.ID, ""), "app-disabled")
}

func (v *visit) enableApp() error {
	if _, err := v.form(); err != nil {
		return err
	}
	a, err := v.Desk.SwitchApp(v.r.Context(), v.by, v.id("id"), false, "")
	if err != nil {
		return v.appFault(err)
	}
	return v.to(appAt(a.ID, ""), "app-enabled")
}

func (v *visit) removeApp() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	if _, err := v.Desk.RemoveApp(v.r.Context(), v.by, v.id("id"), form.Get("reason")); err != nil {
		return v.appFault(err)
	}
	return v.to("/admin/apps", "app-removed")
}
