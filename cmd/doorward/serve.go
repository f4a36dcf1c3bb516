package main

import (
	"errors"
	"os"
	"os/signal"
	"syscall"
)

type serveCommand struct {
	configured
}

// Help is shown by `doorward serve --help`.
func (serveCommand) Help() string {
	return `Serves until it gets SIGTERM or SIGINT, then answers what is under way and ends; a second signal ends it at once.
SIGHUP looks at the certificate's files at once; without it, that happens every ten seconds.

The first start makes the database, the signing keys and the master key file. Keep a copy of the master key
file somewhere else than the database: neither opens anything without the other.

While there are no people, the start prints a link to the set-up page, where the first administrator is made; "doorward admin recover"
prints another. Most settings can be changed in the console at /admin while it serves.

Every setting may also come from the environment: DOORWARD_LOGIN_EMAIL_CODE gives login.email_code,
DOORWARD_DATABASE_FILE names a file that holds database. GET /healthz and /readyz tell how it is.

"doorward check --config FILE" says what is wrong before you start.`
}

func (s serveCommand) Run(o outside) error {
	config, err := loadConfig(s.Config, o.environ)
	if err != nil {
		return err
	}
	log := config.logger(o.stderr)
	muteLibraries(log)
	for _, warning := range config.warnings() {
		log.Warn(warning)
	}
	reload := make(chan os.Signal, 1)
	signal.Notify(reload, syscall.SIGHUP) // without a certificate nobody listens, and it ends nothing
	defer signal.Stop(reload)
	h, err := newHouse(o.ctx, config, parts{Log: log, Reload: reload})
	if err != nil {
		return err
	}
	if err := h.greet(o.ctx, o.stdout); err != nil {
		return errors.Join(err, h.Close())
	}
	log.Info("ready", "issuer", config.Issuer, "listen", h.Addr(), "version", version())
	err = h.Wait(o.ctx, config.Shutdown.delay())
	log.Info("ended")
	return err
}
