package admin

import (
	"context"
	"slices"
	"strconv"
	"time"
)

// AppUse is how an application is used, and what ends with it.
type AppUse struct {
	Latest  time.Time `json:"last_sign_in,omitzero"` // zero: nobody's living sign-in
	Grants  int64     `json:"grants"`                // that live, of the 10000 youngest
	More    bool      `json:"more"`                  // there are older grants, which were not looked at
	People  int64     `json:"consents"`              // who have allowed it something
	NoEmail bool      `json:"without_email"`         // it signs people in and does not ask for their address
}

// living is how many grants live, "+" behind it where not all were looked at.
func (u AppUse) living() string {
	n := strconv.FormatInt(u.Grants, 10)
	if u.More {
		n += "+"
	}
	return n
}

// AppUse tells how an application is used. storage.ErrNotFound.
func (d *Desk) AppUse(ctx context.Context, id string) (AppUse, error) {
	c, err := d.Store.Client(ctx, id)
	if err != nil {
		return AppUse{}, err
	}
	use, err := d.Store.ClientUse(ctx, id)
	asks := use.Scopes // what it asked for last, else what it may ask for
	if len(asks) == 0 {
		asks = c.Scopes
	}
	return AppUse{use.Latest, use.Grants, use.More, use.People, slices.Contains(asks, "openid") && !slices.Contains(asks, "email")}, err
}

// SwitchApp disables an application, or enables it again: nobody signs in to one that is disabled, and its tokens are refused at once, but
// nothing of it is lost. storage.ErrNotFound, ErrDeclared.
func (d *Desk) SwitchApp(ctx context.Context, by Actor, id string, off bool, reason string) (App, error) {
	if _, err := d.kept(ctx, id); err != nil {
		return App{}, err
	}
	if err := d.Store.SetClientDisabled(ctx, id, off, by.event(reason)); err != nil {
		return App{}, err
	}
	return d.App(ctx, id)
}

// RemoveApp removes an application and ends everything that people have allowed it; what ended, it tells. storage.ErrNotFound,
// ErrDeclared.
func (d *Desk) RemoveApp(ctx context.Context, by Actor, id, reason string) (AppUse, error) {
	c, err := d.kept(ctx, id)
	if err != nil {
		return AppUse{}, err
	}
	use, err := d.AppUse(ctx, id)
	if err != nil {
		return AppUse{}, err
	}
	return use, d.Store.RemoveClient(ctx, id, told(by.event(reason), "name", c.Name))
}
