package main

import (
	"context"
	"errors"
	"net/http"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

// openConsole builds the third door. What it asks of the other two, and of this program, the adapters here lend it.
func (r *rooms) openConsole() error {
	desk := &admin.Desk{
		Store: r.db, Keys: r.keys, Issuer: r.config.Issuer, Protocol: deskProtocol{r},
		Settings: deskSettings{r}, House: deskHouse{r}, Now: r.db.Now,
	}
	var err error
	r.admin, err = admin.New(admin.Options{Desk: desk, Site: r.site, Guard: guard{r.face}, RequireTOTP: r.config.Console.RequireTOTP})
	return err
}

// guard lends the face to the console: only it knows who is signed in, and how somebody proves it anew.
type guard struct{ *login.Server }

func (g guard) Enter(w http.ResponseWriter, r *http.Request, d admin.Demand) (storage.Session, storage.User, error) {
	session, person, err := g.Server.Enter(w, r, login.Demand{ACR: d.ACR, MaxAge: d.MaxAge})
	switch {
	case errors.Is(err, login.ErrAnswered):
		err = admin.ErrAnswered
	case errors.Is(err, login.ErrNoApp):
		err = admin.ErrNoApp
	}
	return session, person, err
}

// deskSettings lends what is set to the console.
type deskSettings struct{ *rooms }

// Settings lists what the console can set.
func (d deskSettings) Settings(context.Context) ([]admin.Setting, int64, error) {
	var list []admin.Setting
	for _, s := range d.config.show() {
		list = append(list, admin.Setting{Path: s.path, Value: s.value, Kind: s.kind, Options: s.options, Owner: s.owner, Secret: s.kind == kindSecret, Given: s.given})
	}
	return list, d.version, nil
}

// Change sets some of it; the house goes on by it at once.
func (d deskSettings) Change(ctx context.Context, change map[string]*string, version int64, e storage.Event) error {
	return d.house.changeSettings(ctx, change, version, e)
}

// deskHouse lends to the console what only this program knows of itself.
type deskHouse struct{ *rooms }
