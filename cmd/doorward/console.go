package main

import (
	"errors"
	"net/http"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

// openConsole builds the third door. What it asks of the other two, and of this program, the adapters here lend it.
func (r *rooms) openConsole() error {
	desk := r.desk(r.face)
	desk.Protocol, desk.Settings, desk.House = deskProtocol{r}, deskSettings{laidSettings{r.foundation}, r.house}, deskHouse{r}
	site := *r.site
	site.Issuer = r.config.consoleOrigin()
	var err error
	r.admin, err = admin.New(admin.Options{Desk: desk, Site: &site, Guard: guard{r.face}, Callers: callers{r}, RequireTOTP: r.config.Console.RequireTOTP})
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

// deskHouse lends to the console what only this program knows of itself.
type deskHouse struct{ *rooms }
