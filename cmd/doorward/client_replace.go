package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// refused says why the application could not be added, or could not be given these settings.
func (c clientAdd) refused(o outside, f *foundation, err error) error {
	other, taken := (*admin.OtherSector)(nil), (*storage.Invalid)(nil)
	switch {
	case errors.Is(err, admin.ErrDeclared):
		old, err := f.db.Client(o.ctx, c.ID)
		if err != nil {
			return err
		}
		return f.declares(old)
	case errors.Is(err, admin.ErrItself):
		return fmt.Errorf(`client %q has registered itself, and changes itself: "doorward client remove" removes it`, c.ID)
	case errors.Is(err, admin.ErrThere):
		return fmt.Errorf(`there is a client %q already: --replace gives it these settings, "doorward client remove" removes it`, c.ID)
	case errors.As(err, &other):
		return misuse("--sector: client %q has %s, and with another everybody is a stranger to it: remove it first if that is meant", c.ID, cmp.Or(other.Sector, "none"))
	case errors.Is(err, storage.ErrConflict):
		return fmt.Errorf("somebody else has changed client %q at this moment: look at it first", c.ID)
	case errors.As(err, &taken) && taken.Field == "client_id":
		return fmt.Errorf("there is a client %q since just now: look at it first", c.ID)
	}
	return err
}

// declares is the error of who would change an application that the configuration owns, and says where it stands.
func (f *foundation) declares(client storage.Client) error {
	if client.Owner == "applied" {
		return fmt.Errorf(`client %q is kept by a file: change it there, and "doorward apply" it`, client.ID)
	}
	for i, c := range f.config.Clients {
		if c.ID == client.ID {
			return fmt.Errorf("the configuration file declares client %q at clients[%d] and owns it: change it there", client.ID, i)
		}
	}
	return fmt.Errorf("client %q was declared in the configuration file, and goes when the server starts without it", client.ID)
}

type clientRemove struct{ application }

// Help is shown by `doorward client remove --help`.
func (clientRemove) Help() string {
	return `Ends what people have allowed the application, and every token that it has, so that another one of its id inherits nothing.
To keep these and change its settings, use "client add --replace"; to stop it for a while, "client disable".

An application that is declared in the configuration file goes when it is taken out of the file and the server starts again.

With SQLite, stop the server first; with PostgreSQL it may run, and follows within a second.`
}

func (c clientRemove) Run(o outside) error {
	return c.of(o, func(f *foundation, client storage.Client) error {
		_, err := f.desk(nil).RemoveApp(o.ctx, admin.Operator(), client.ID, c.why())
		if errors.Is(err, storage.ErrNotFound) { // somebody else was first
			err = fmt.Errorf("there is no client %q", client.ID)
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.stdout, "%s is removed, and what it was allowed has ended.\n", client.ID)
		return err
	})
}
