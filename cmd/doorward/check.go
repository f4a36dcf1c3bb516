package main

import (
	"crypto/tls"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/url"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

type checkCommand struct {
	configured
}

// Help is shown by `doorward check --help`.
func (checkCommand) Help() string {
	return `Prints every fault of the configuration at once, one a line, as FILE:LINE: SETTING: what is wrong, and ends with 2.

Without a fault it tries the certificate, the database and the master key, prints what it found, and ends with 0, or with 1
when a start would fail. It changes nothing, and the server may run.`
}

func (c checkCommand) Run(o outside) error {
	config, err := loadConfig(c.Config, o.environ)
	if err != nil {
		return err
	}
	found := finding{o.stdout}
	found.ok("configuration: issuer %s, %d declared clients", config.Issuer, len(config.Clients))
	for _, warning := range config.warnings() {
		found.warning("%s", warning)
	}
	found.brand(config)
	if config.Google.on() {
		found.ok("google: the redirect URI to enter there is %s", config.googleRedirect())
	}
	if err := found.certificate(config); err != nil {
		return err
	}
	db, err := config.look(o)
	if errors.Is(err, fs.ErrNotExist) {
		found.ok("database: %s is not there yet; the first start makes it", strings.TrimPrefix(config.Database, "sqlite:"))
		return nil
	}
	if err != nil {
		return err
	}
	return errors.Join(found.database(o, config, db), db.Close())
}

// brand tells a designer what has become of the colour.
func (f finding) brand(c Config) {
	brand, _ := c.brand() // judged when the configuration was loaded
	if light, dark := brand.Shown(); light != "" {
		f.ok("brand: %s is shown as %s in light mode and %s in dark mode", brand.Accent, light, dark)
	}
}

// finding prints what check found, one line each.
type finding struct{ out io.Writer }

func (f finding) ok(text string, args ...any)      { f.line("ok       ", text, args) }
func (f finding) warning(text string, args ...any) { f.line("warning  ", text, args) }

func (f finding) line(kind, text string, args []any) {
	fmt.Fprintf(f.out, kind+text+"\n", args...)
}

// soon is how long before its end a certificate is worth a warning.
const soon = 14 * 24 * time.Hour

func (f finding) certificate(c Config) error {
	if c.TLS.CertFile == "" {
		return nil
	}
	pair, err := tls.LoadX509KeyPair(c.TLS.CertFile, c.TLS.KeyFile)
	if err != nil {
		return err
	}
	host, _ := url.Parse(c.Issuer) // config was checked
	end := pair.Leaf.NotAfter
	if err := pair.Leaf.VerifyHostname(host.Hostname()); err != nil {
		f.warning("certificate: %s", err)
	}
	if time.Until(end) < soon {
		f.warning("certificate: ends on %s", end.Format("2 January 2006"))
	} else {
		f.ok("certificate: until %s", end.Format("2 January 2006"))
	}
	return nil
}

// database tries the database and whether the master key opens what is in it.
func (f finding) database(o outside, c Config, db *storage.DB) error {
	schema, err := db.Schema(o.ctx)
	if err != nil {
		return err
	}
	switch {
	case schema.Version == 0:
		f.ok("database: %s, empty; the first start makes its tables", db.Kind())
		return nil
	case schema.Pending > 0:
		f.ok("database: %s, of an older version; the next start changes its schema, in %d steps", db.Kind(), schema.Pending)
	default:
		f.ok("database: %s, with the schema of this version", db.Kind())
	}
	if err := db.Ready(o.ctx); err != nil {
		return err
	}
	k, err := c.rehearse(o, db)
	if err != nil {
		return err
	}
	if k == nil {
		f.ok("keys: none yet; the first start makes them")
		return nil
	}
	f.ok("keys: the master key opens them; ID tokens can be signed with %s", strings.Join(k.Ring.Algorithms(), ", "))
	if schema.Pending > 0 {
		return nil // it may have no settings yet
	}
	house := foundation{given: c, db: db, keys: k}
	_, _, err = house.settled(o.ctx)
	return unsettled(err)
}

// warnings are what works, but hardly as meant.
func (c Config) warnings() []string {
	var list []string
	if c.Login.EmailCode != "never" && !c.Mail.on() {
		list = append(list, fmt.Sprintf("login.email_code is %q, but mail is not configured: nobody gets past the mailed code. "+
			`Set mail.from and mail.smtp.host; without them only "never" lets people in, with their password alone.`, c.Login.EmailCode))
	}
	if u, err := url.Parse(c.Database); err == nil && c.places["database"].Line > 0 {
		if _, has := u.User.Password(); has {
			list = append(list, "database holds a password in the configuration file: DOORWARD_DATABASE_FILE can name a file of its own for the address")
		}
	}
	if c.unnamedProxy() {
		list = append(list, "trusted_proxies is empty, but TLS ends in front of Doorward: all visitors count as one and share its limits, so that one who guesses "+
			"passwords slows everybody down. Name the proxy's address in trusted_proxies.")
	}
	if host, _, err := net.SplitHostPort(c.Metrics.Listen); err == nil && !loopback(host) {
		list = append(list, "metrics.listen is open to other machines: whoever reaches it sees metrics and profiles")
	}
	for i, entry := range c.Clients {
		for _, b := range c.Outbound.barred(entry.client()) {
			list = append(list, fmt.Sprintf("clients[%d].%s: %s; %s", i, b.field, b, letIn))
		}
		for _, address := range c.ownHost(entry.client()) {
			list = append(list, fmt.Sprintf("clients[%d].redirect_uris: %s %s", i, address, apart))
		}
	}
	return list
}

// unnamedProxy says whether something in front must end TLS, and nobody is believed about a visitor's address: then every
// visitor has the proxy's.
func (c Config) unnamedProxy() bool {
	return strings.HasPrefix(c.Issuer, "https:") && c.TLS.CertFile == "" && len(c.proxies()) == 0
}
