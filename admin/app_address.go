package admin

import (
	"context"
	"errors"
	"net/url"
	"slices"
)

// ErrStale: a sealed value is not ours, is too old, or was made for somebody else.
var ErrStale = errors.New("this is too old, or was made for somebody else")

// MetAddress is a redirect URI that an application sent and that is not registered.
type MetAddress struct {
	Client   string
	Redirect string
	Session  string // of the administrator to whom it was shown
}

// Unlike is a part in which an address differs from the registered one that is most like it.
type Unlike struct {
	Part       string `json:"part"` // scheme, host, port, path, query; "spelling" where no part does
	Sent       string `json:"sent"`
	Registered string `json:"registered"`
}

// AddedAddress is a redirect URI that may be added, or was.
type AddedAddress struct {
	App      App      `json:"app"`
	Redirect string   `json:"redirect_uri"`
	Nearest  string   `json:"nearest"` // "" where none is registered
	Unlike   []Unlike `json:"differences"`
}

// Address reads what a page of ours had sealed for the administrator of this session: what would be added. ErrStale, ErrDeclared,
// ErrItself, storage.ErrNotFound.
func (d *Desk) Address(ctx context.Context, id, sealed, session string) (AddedAddress, error) {
	met, err := d.Protocol.Address(sealed)
	if err != nil || met.Client != id || met.Session != session {
		return AddedAddress{}, ErrStale
	}
	c, err := d.ours(ctx, id)
	if err != nil {
		return AddedAddress{}, err
	}
	a := AddedAddress{App: appOf(c), Redirect: met.Redirect}
	for _, one := range c.RedirectURIs {
		if parts := unlike(met.Redirect, one); a.Nearest == "" || len(parts) < len(a.Unlike) {
			a.Nearest, a.Unlike = one, parts
		}
	}
	return a, nil
}

// AddAddress registers it. The record's own rules judge it again: plain http is for loopback alone. One that is registered already
// changes nothing. The errors of Address; *storage.Invalid, storage.ErrConflict.
func (d *Desk) AddAddress(ctx context.Context, by Actor, a AddedAddress) (App, error) {
	c, err := d.ours(ctx, a.App.ID)
	if err != nil {
		return App{}, err
	}
	if !slices.Contains(c.RedirectURIs, a.Redirect) {
		c.RedirectURIs = append(slices.Clone(c.RedirectURIs), a.Redirect)
	}
	if err := d.Store.ChangeClient(ctx, c, told(by.event(""), "changed", "redirect_uris")); err != nil {
		return App{}, err
	}
	return d.App(ctx, c.ID)
}

// unlike names the parts in which two addresses differ.
func unlike(sent, registered string) []Unlike {
	a, err := url.Parse(sent)
	b, err2 := url.Parse(registered)
	if err != nil || err2 != nil {
		return []Unlike{{"spelling", sent, registered}}
	}
	var parts []Unlike
	for _, p := range []Unlike{
		{"scheme", a.Scheme, b.Scheme}, {"host", a.Hostname(), b.Hostname()}, {"port", a.Port(), b.Port()},
		{"path", a.EscapedPath() + a.Opaque, b.EscapedPath() + b.Opaque}, {"query", a.RawQuery, b.RawQuery},
	} {
		if p.Sent != p.Registered {
			parts = append(parts, p)
		}
	}
	if len(parts) == 0 && sent != registered {
		return []Unlike{{"spelling", sent, registered}}
	}
	return parts
}
