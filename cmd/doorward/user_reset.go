package main

import (
	"errors"
	"fmt"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

type userReset2FA struct {
	someone
	because
}

// Help is shown by "doorward user reset-2fa --help".
func (userReset2FA) Help() string {
	return `For a lost phone, when no recovery code is left: removes the person's authenticator apps and recovery codes, signs them out
everywhere, and ends trust in all browsers and all refresh tokens. The password stays. A letter tells the person. Whoever has no
authenticator app is left as they are.

Make sure that it is the person who asks for this: whoever knows the password needs only the mailbox then.

With SQLite, stop the server first; with PostgreSQL it may run. The letter leaves when the server runs.`
}

func (u userReset2FA) Run(o outside) error {
	return u.withPerson(o, func(f *foundation, person storage.User) error {
		face, err := f.newWriter(f.config.logger(o.stderr))
		if err != nil {
			return err
		}
		began := f.db.Now()
		ended, err := f.desk(face).ResetTwoFactor(o.ctx, admin.Operator(), person.ID, u.why())
		if errors.Is(err, admin.ErrNotNow) {
			_, err := fmt.Fprintf(o.stdout, "%s has no authenticator app. Nothing was changed.\n", person.Email)
			return err
		}
		if err != nil {
			return err
		}
		next := "No letter tells them: mail is not configured, or does not work."
		if ended.Letter {
			next = "A letter tells them when the server runs."
		}
		_, err = fmt.Fprintf(o.stdout, "%s has no authenticator app and no recovery codes now, and is signed out.\n%s\n", person.Email, next)
		return errors.Join(err, announce(o, f, person, began))
	})
}
