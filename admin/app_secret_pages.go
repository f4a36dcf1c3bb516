package admin

import (
	"errors"

	"github.com/doorward/doorward/storage"
)

// secretsPage lists the secrets of an application by when they were made: nobody can read one here.
type secretsPage struct {
	appHead
	Done    string
	Secrets []secretRow
	Two     bool
}

type secretRow struct{ Made, Remove string }

func (v *visit) secretsPage() error {
	a, err := v.app()
	if err != nil {
		return err
	}
	page := secretsPage{appHead: v.head(a, "secrets"), Done: v.done(), Two: len(a.Secrets) > 1}
	for _, s := range a.Secrets {
		row := secretRow{Made: v.t("app.secret-made-before")}
		if !s.Made.IsZero() {
			row.Made = v.t("app.secret-made", "time", v.date(s.Made))
		}
		if page.Two {
			row.Remove = appAt(a.ID, "secrets/remove") + "?secret=" + s.ID
		}
		page.Secrets = append(page.Secrets, row)
	}
	return v.show("app-secrets", a.Name, page)
}

// secretShown is the page that shows a secret, this once.
type secretShown struct {
	App    App
	Secret string
	Two    bool
	Path   string
}

func (v *visit) showSecret(made MadeApp) error {
	return v.show("app-secret", v.t("app.secret-new", "app", made.App.Name),
		secretShown{made.App, made.Secret, len(made.App.Secrets) > 1, appAt(made.App.ID, "secrets")})
}

func (v *visit) addSecret() error {
	if _, err := v.form(); err != nil {
		return err
	}
	made, err := v.Desk.AddSecret(v.r.Context(), v.by, v.id("id"), "")
	if one := (*storage.Invalid)(nil); errors.As(err, &one) {
		return refused("app.secret-two")
	}
	if err != nil {
		return v.appFault(err)
	}
	return v.showSecret(made)
}

// endPage asks once more before something ends, and says what.
type endPage struct {
	Text   string   // what it does
	Ends   []string // in numbers
	Action string   // the path that does it
	Hidden map[string]string
	Button string
	Danger bool
	Back   string
}

func (v *visit) removeSecretPage() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	a, err := v.app()
	if err != nil {
		return err
	}
	for _, s := range a.Secrets {
		if s.ID != query.Get("secret") {
			continue
		}
		made := v.t("app.secret-made-before")
		if !s.Made.IsZero() {
			made = v.t("app.secret-made", "time", v.date(s.Made))
		}
		return v.show("app-end", v.t("app.secret-remove-title", "app", a.Name), endPage{Text: v.t("app.secret-remove-text"), Ends: []string{made},
			Action: appAt(a.ID, "secrets/remove"), Hidden: map[string]string{"secret": s.ID}, Button: v.t("app.secret-remove"), Danger: true, Back: appAt(a.ID, "secrets")})
	}
	return gone("app.secret-gone")
}

func (v *visit) removeSecret() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	a, err := v.Desk.RemoveSecret(v.r.Context(), v.by, v.id("id"), form.Get("secret"), form.Get("reason"))
	one := (*storage.Invalid)(nil)
	switch {
	case errors.As(err, &one):
		return refused("app.secret-only")
	case errors.Is(err, storage.ErrNotFound):
		return gone("app.secret-gone")
	case err != nil:
		return v.appFault(err)
	}
	return v.to(appAt(a.ID, "secrets"), "secret-removed")
}
