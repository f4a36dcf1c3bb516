package admin

import (
	"embed"
	"net/url"
	"strings"

	"github.com/doorward/doorward/keys"
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
	random, _ := keys.NewSecret("") // a passphrase of the application's own, which nobody here keeps
	quoted := t.Quoted
	if quoted == nil {
		quoted = asItIs
	}
	return strings.NewReplacer("@issuer@", quoted(d.Issuer), "@discovery@", quoted(d.discovery()), "@id@", quoted(app.ID), "@secret@", quoted(secret), "@random@", random,
		"@address@", quoted(address), "@redirect@", quoted(redirect), "@logout-in-query@", url.QueryEscape(logout)).Replace(strings.TrimSpace(string(text)))
}

// What is filled in must stay one value in the language of its snippet, which people paste into a shell or a program: an address may
// hold ' $ ( ) ; & (RFC 3986 §2.2), and strangers register some. Each snippet quotes in one way, which the row of its tile names; a
// comment ends with its line, and no value has two. Braces, by which Apache, Spring and Grafana put in variables, are in no address of ours.

// asItIs is for a list that no program reads.
func asItIs(s string) string { return s }

// inDouble is for "…" of Go, Python, JSON, TOML, YAML and Apache.
func inDouble(s string) string { return strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) }

// inSingle is for '…' of JavaScript, PHP and Ruby.
func inSingle(s string) string { return strings.NewReplacer(`\`, `\\`, `'`, `\'`).Replace(s) }

// inShell is for '…' of a POSIX shell, where no character can be escaped (XCU §2.2.2).
func inShell(s string) string { return strings.ReplaceAll(s, `'`, `'\''`) }

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
