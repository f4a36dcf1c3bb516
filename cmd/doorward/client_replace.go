package main

import (
	"cmp"
	"errors"
	"fmt"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// heritage is what an application keeps of the one whose place it takes.
type heritage struct {
	secret   bool // its secrets, where it proves itself by one as before
	disabled bool
}

// put stores the application: a new one, or with --replace in the place of an earlier one of its id.
func (c clientAdd) put(o outside, f *foundation, record storage.Client) (heritage, error) {
	by := storage.Event{Actor: "operator"}
	old, err := f.db.Client(o.ctx, record.ID)
	if errors.Is(err, storage.ErrNotFound) {
		err := f.db.AddClient(o.ctx, record, by)
		if errors.Is(err, storage.ErrConflict) {
			err = fmt.Errorf("there is a client %q since just now: look at it first", record.ID)
		}
		return heritage{}, err
	}
	if err == nil {
		err = c.replaceable(f, old)
	}
	if err != nil {
		return heritage{}, err
	}
	record.Disabled, record.Created, record.Updated = old.Disabled, old.Created, old.Updated
	// No flag says who may sign in, so what the console says stays: it must not be open to everybody for another redirect URI.
	record.Groups, record.People, record.RequireTOTP, record.Development, record.Tile = old.Groups, old.People, old.RequireTOTP, old.Development, old.Tile
	kept := heritage{secret: old.WithSecret() && record.WithSecret() && !c.NewSecret, disabled: old.Disabled}
	if kept.secret {
		record.Secrets = old.Secrets
	}
	err = f.db.ChangeClient(o.ctx, record, by)
	if errors.Is(err, storage.ErrConflict) {
		err = fmt.Errorf("somebody else has changed client %q at this moment: look at it first", record.ID)
	}
	return kept, err
}

// replaceable says why the application that is there cannot be given these settings.
func (c clientAdd) replaceable(f *foundation, old storage.Client) error {
	switch {
	case old.Declared():
		return f.declares(old)
	case old.Owner == "dynamic":
		return fmt.Errorf(`client %q has registered itself, and changes itself: "doorward client remove" removes it`, old.ID)
	case !c.Replace:
		return fmt.Errorf(`there is a client %q already: --replace gives it these settings, "doorward client remove" removes it`, old.ID)
	case old.Sector != c.Sector:
		return misuse("--sector: client %q has %s, and with another everybody is a stranger to it: remove it first if that is meant", old.ID, cmp.Or(old.Sector, "none"))
	}
	return nil
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
		_, err := f.desk(nil).RemoveApp(o.ctx, admin.Operator(), client.ID, "")
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
