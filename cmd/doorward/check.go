package main

import (
	"fmt"
	"net/url"
	"strings"
)

type checkCommand struct {
	configured
}

// Help is shown by `doorward check --help`.
func (checkCommand) Help() string {
	return `Prints every fault of the configuration at once, one a line, as FILE:LINE: SETTING: what is wrong, and ends with 2.
Without a fault it opens the database and its keys as a start would, prints what it found, and ends with 0; it ends
with 1 when something cannot be opened.

With SQLite, stop the server first.`
}

func (c checkCommand) Run(o outside) error {
	config, err := loadConfig(c.Config, o.environ)
	if err != nil {
		return err
	}
	say := func(text string, args ...any) { fmt.Fprintf(o.stdout, text+"\n", args...) }
	say("ok       configuration: issuer %s, %d declared clients", config.Issuer, len(config.Clients))
	for _, warning := range config.warnings() {
		say("warning  %s", warning)
	}
	f, err := lay(o.ctx, config, config.logger(o.stderr))
	if err != nil {
		return err
	}
	defer func() { _ = f.close() }()
	if err := f.db.Ready(o.ctx); err != nil {
		return err
	}
	say("ok       database: %s, its schema is the one of this version", f.db.Kind())
	say("ok       keys: the master key opens them; ID tokens can be signed with %s", strings.Join(f.keys.Ring.Algorithms(), ", "))
	return nil
}

// warnings are what works, but hardly as meant.
func (c Config) warnings() []string {
	var list []string
	if c.Login.EmailCode != "never" {
		list = append(list, fmt.Sprintf("login.email_code is %q, but this version cannot send mail: nobody gets past the mailed code. "+
			`Until it can, only "never" lets people in with their password alone.`, c.Login.EmailCode))
	}
	if u, err := url.Parse(c.Database); err == nil && c.places["database"].Line > 0 {
		if _, has := u.User.Password(); has {
			list = append(list, "database holds a password in the configuration file: DOORWARD_DATABASE_FILE can name a file of its own for the address")
		}
	}
	return list
}
