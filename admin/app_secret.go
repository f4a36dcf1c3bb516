package admin

import (
	"context"
	"slices"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// secretPrefix begins client secrets, so that one that leaks into a log or a repository is known for what it is.
const secretPrefix = "dws_"

// AddSecret makes a second secret beside the one that an application has; both are good until one is removed. It is told this once.
// *storage.Invalid where there are two already, or none is used; storage.ErrConflict, ErrDeclared, ErrItself.
func (d *Desk) AddSecret(ctx context.Context, by Actor, id, reason string) (MadeApp, error) {
	c, err := d.ours(ctx, id)
	if err != nil {
		return MadeApp{}, err
	}
	free := slices.IndexFunc(c.Secrets[:], func(s []byte) bool { return s == nil })
	if !c.WithSecret() || free < 0 {
		return MadeApp{}, &storage.Invalid{Field: "client_secret", Why: "can be added to one that the application has, and to no more"}
	}
	var secret string
	secret, c.Secrets[free] = keys.NewSecret(secretPrefix)
	if err := d.Store.ChangeClient(ctx, c, told(by.event(reason), "changed", "secret added")); err != nil {
		return MadeApp{}, err
	}
	app, err := d.App(ctx, id)
	return MadeApp{app, secret}, err
}

// RemoveSecret removes one of two secrets: what proves itself by it is refused from now on. *storage.Invalid where it is the only one;
// storage.ErrNotFound where there is none of that id; storage.ErrConflict, ErrDeclared, ErrItself.
func (d *Desk) RemoveSecret(ctx context.Context, by Actor, id, secret, reason string) (App, error) {
	c, err := d.ours(ctx, id)
	if err != nil {
		return App{}, err
	}
	at := slices.IndexFunc(c.Secrets[:], func(s []byte) bool { return s != nil && secretID(s) == secret })
	if at < 0 {
		return App{}, storage.ErrNotFound
	}
	other := c.Secrets[1-at]
	if other == nil {
		return App{}, &storage.Invalid{Field: "client_secret", Why: "is the only one: add another one first"}
	}
	c.Secrets = [2][]byte{other}
	if err := d.Store.ChangeClient(ctx, c, told(by.event(reason), "changed", "secret removed")); err != nil {
		return App{}, err
	}
	return d.App(ctx, id)
}
