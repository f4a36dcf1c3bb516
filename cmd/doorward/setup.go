package main

import (
	"context"
	"fmt"
	"io"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// setupLink is the address of a set-up: whoever opens it within half an hour makes an administrator, once.
func (c Config) setupLink(box *keys.Box, db *storage.DB, first bool) (string, error) {
	token, err := box.SealSetup(keys.SetupLink{ID: storage.NewID(), First: first, Until: db.Now().Add(keys.SetupFor)})
	return c.consoleOrigin() + "/setup?t=" + token, err
}

// greet prints the link of the first set-up where there is nobody yet. It goes to the terminal and never into the log, which others read.
// Nodes that start together may each print one; the first that is used makes the others worthless.
func (h *house) greet(ctx context.Context, to io.Writer) error {
	nobody, err := h.db.NoPeople(ctx)
	if err != nil || !nobody {
		return err
	}
	link, err := h.given.setupLink(h.keys.Box, h.db, true)
	if err != nil {
		return err
	}
	_, err = fmt.Fprintf(to, "Open %s (works once, 30 min)\n", link)
	return err
}

type adminGroup struct {
	Recover adminRecover `cmd:"" help:"Print a link by which a new administrator is made."`
}

type adminRecover struct {
	configured
}

// Help is shown by "doorward admin recover --help".
func (adminRecover) Help() string {
	return `Prints a link to the set-up page, which makes a new administrator: for a house whose administrators are gone, or have lost their
authenticator apps. It works once, for 30 minutes, and only for a house whose master key is given here. Nobody who is there
is changed.

Whoever it makes signs in as everybody does, where the house asks for it by a mailed code too. While no letter leaves the
house, set login.email_code to never in the configuration file, which wins over what the console has set.

The server may run; this only reads.`
}

func (a adminRecover) Run(o outside) error {
	config, err := loadConfig(a.Config, o.environ)
	if err != nil {
		return err
	}
	return a.reading(o, func(db *storage.DB) error {
		k, err := config.rehearse(o, db)
		if err != nil {
			return err
		}
		if k == nil || !hasKey(o.ctx, db, keys.ForSetup) {
			return fmt.Errorf("the database has no key for that yet: start the server once")
		}
		link, err := config.setupLink(k.Box, db, false)
		if err != nil {
			return err
		}
		stored, _, err := db.Settings(o.ctx)
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.stdout, "Open %s (works once, 30 min)\n%s", link, config.withoutMail(a.Config, stored, k.Box))
		return err
	})
}

// withoutMail tells a new administrator how they come in while no letter leaves the house: the link signs nobody in, and a code that is
// asked for may never come. "" where none is asked for, by the configuration or by what the console has set. Where both do not go together
// the house goes on by what it had, which is unknown here: the file alone counts.
func (c Config) withoutMail(file string, stored []storage.Setting, box *keys.Box) string {
	if settled, err := c.settle(stored, box); err == nil {
		c = settled
	}
	if c.Login.EmailCode == "never" {
		return ""
	}
	if file == "" {
		file = "the configuration"
	}
	return fmt.Sprintf("You sign in by a code that is mailed to you. If mail does not work, set login.email_code to never in %s (it wins over the console)\n"+
		"and start the server again; take the line out again when mail works.\n", file)
}

// hasKey says whether the database has a key of this purpose; a rehearsal makes those that it lacks for itself alone.
func hasKey(ctx context.Context, db *storage.DB, p keys.Purpose) bool {
	rows, err := db.WorkingKeys(ctx)
	for _, row := range rows {
		if row.Purpose == string(p) {
			return err == nil
		}
	}
	return false
}
