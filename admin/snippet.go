package admin

import (
	"embed"
	"strings"

	"github.com/doorward/doorward/storage"
)

//go:embed snippets/*.txt
var snippets embed.FS

// snippet fills in what an application of this kind is configured with. Where the secret is known no more, words stand in its place.
func (d *Desk) snippet(t Tile, app App, secret string) string {
	text, err := snippets.ReadFile("snippets/" + t.ID + ".txt")
	if err != nil {
		return ""
	}
	address := t.addressOf(app)
	redirect, logout := "", address
	if len(app.RedirectURIs) > 0 {
		redirect = app.RedirectURIs[0]
	}
	if len(app.PostLogoutRedirectURIs) > 0 {
		logout = app.PostLogoutRedirectURIs[0]
	}
	return strings.NewReplacer("@issuer@", d.Issuer, "@discovery@", d.discovery(), "@id@", app.ID, "@secret@", secret,
		"@address@", address, "@redirect@", redirect, "@logout@", logout).Replace(strings.TrimSpace(string(text)))
}

func (d *Desk) discovery() string { return d.Issuer + "/.well-known/openid-configuration" }

// addressOf is the address that an application of this kind was made from, as far as its record tells.
func (t Tile) addressOf(app App) string {
	if t.Resource && len(app.Resources) > 0 {
		return app.Resources[0]
	}
	if len(app.RedirectURIs) == 0 {
		return ""
	}
	first := app.RedirectURIs[0]
	if len(t.Redirects) > 0 {
		if base, ok := strings.CutSuffix(first, t.Redirects[0]); ok {
			return base
		}
	}
	return strings.TrimSuffix(strings.TrimSuffix(storage.Origin(first), ":443"), ":80")
}
