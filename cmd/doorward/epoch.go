package main

import (
	"fmt"

	"github.com/doorward/doorward/admin"
)

type epochGroup struct {
	Raise epochRaise `cmd:"" help:"Raise the epoch: every session, code and token issued so far ends."`
}

type epochRaise struct {
	configured
	because
}

// Help is shown by `doorward epoch raise --help`.
func (epochRaise) Help() string {
	return `Use it after a backup was put back by hand, or when a database or master key may have been read by somebody:
nothing that was issued, spent or revoked before comes back to life. People sign in again; passwords,
applications and signing keys stay.

With PostgreSQL the running servers follow within a second. With SQLite, stop the server first.`
}

func (e epochRaise) Run(o outside) error {
	return e.with(o, func(f *foundation) error {
		epoch, err := f.desk(nil).RaiseEpoch(o.ctx, admin.Operator(), e.why())
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.stdout, "The epoch is %d now. Everybody signs in again.\n", epoch)
		return err
	})
}
