package admin

import (
	"cmp"
	"context"
	"errors"

	"github.com/doorward/doorward/storage"
)

// ErrThere: there is an application of this id already, and nobody said that it may be replaced.
var ErrThere = errors.New("there is an application of this id already")

// OtherSector: by whom people are known is never changed on the way, since everybody would be a stranger to the application.
type OtherSector struct{ Sector string } // that it has, "" none

func (e *OtherSector) Error() string {
	return "the application has the sector " + cmp.Or(e.Sector, "none") + ", and with another everybody is a stranger to it"
}

// AppPut is an application as the command says it: all of it but its secrets, and but for what no flag says.
type AppPut struct {
	Record    storage.Client
	Replace   bool // it may take the place of one of its id
	NewSecret bool // it gets another secret in the place of those that it has
	Reason    string
}

// PutApp adds an application, or gives its settings to the one of its id. That one stays what the console alone says: who may sign in and how,
// whether it is switched off, its profile; and it keeps its secrets, where it proves itself by one as before. ErrThere, *OtherSector,
// ErrDeclared, ErrItself; storage.ErrConflict when somebody else changes it at this moment; *storage.Invalid, of the field "client_id"
// where somebody else has just added it.
func (d *Desk) PutApp(ctx context.Context, by Actor, put AppPut) (MadeApp, error) {
	old, err := d.ours(ctx, put.Record.ID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return d.newApp(ctx, put.Record, by.event(put.Reason))
	case err != nil:
		return MadeApp{}, err
	case !put.Replace:
		return MadeApp{}, ErrThere
	case old.Sector != put.Record.Sector:
		return MadeApp{}, &OtherSector{old.Sector}
	}
	return d.become(ctx, old, put.over(old), by.event(put.Reason))
}

// over lays what is said over the application that is there; what is not said, stays.
func (p AppPut) over(c storage.Client) storage.Client {
	said := settingsOf(p.Record)
	said.Profile, said.Development = c.Profile, c.Development
	said.into(&c)
	c.Type = p.Record.Type
	if p.NewSecret {
		c.Secrets = [2][]byte{}
	}
	return c
}
