package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

type doctorCommand struct {
	configured
	JSON bool `help:"Print the findings as JSON."`
}

// Help is shown by `doorward doctor --help`.
func (doctorCommand) Help() string {
	return `Looks at a house that runs, from outside and from inside, and prints what it finds, each with its remedy: the issuer as browsers
see it, its certificate, what the server believes about visitors behind a proxy, clocks, what the database promises, the mail
domain, redirect URIs and what else applications name, the master key, the age of keys and of the last backup.

It changes nothing. It asks the issuer's address, the name servers and, with a client that does not exist, the token endpoint once.

It ends with 1 when something is wrong, and with 0 when there are only hints.`
}

// The grades of a remark.
const (
	fine  = "ok"
	hint  = "hint"
	wrong = "wrong"
)

// remark is one thing that the doctor has found.
type remark struct {
	About  string `json:"about"`
	Grade  string `json:"grade"`
	Found  string `json:"found"`
	Remedy string `json:"remedy,omitempty"`
}

func ok(found string, args ...any) []remark {
	return []remark{{Grade: fine, Found: fmt.Sprintf(found, args...)}}
}

func bad(grade, remedy, found string, args ...any) []remark {
	return []remark{{Grade: grade, Found: fmt.Sprintf(found, args...), Remedy: remedy}}
}

// examination looks at one thing.
type examination struct {
	about  string
	inside bool // it needs the database
	look   func(context.Context, *doctor) []remark
}

var examinations = []examination{
	{"issuer", false, lookAtIssuer},
	{"certificate", false, lookAtCertificate},
	{"proxies", false, lookAtProxies},
	{"visitors", true, lookAtVisitors},
	{"clock", false, lookAtDate},
	{"clock", true, lookAtClock},
	{"database", true, lookAtSchema},
	{"database", true, lookAtPromises},
	{"master key", true, lookAtMaster},
	{"signing keys", true, lookAtSigningKeys},
	{"backup", true, lookAtBackup},
	{"redirect URIs", true, lookAtRedirects},
	{"fetched addresses", true, lookAtFetches},
	{"mail", false, lookAtMail},
	{"google", false, lookAtGoogle},
}

// doctor is what examinations look with.
type doctor struct {
	outside
	config Config
	db     *storage.DB   // nil when it cannot be opened
	tls    *tls.Config   // nil: the authorities that the system trusts
	names  *net.Resolver // of the system
	now    func() time.Time
}

func (c doctorCommand) Run(o outside) error {
	config, err := loadConfig(c.Config, o.environ)
	if err != nil {
		return err
	}
	d := &doctor{outside: o, config: config, names: net.DefaultResolver, now: time.Now}
	found := d.examine()
	if err := c.print(o.stdout, found); err != nil {
		return err
	}
	n := 0
	for _, r := range found {
		if r.Grade == wrong {
			n++
		}
	}
	if n > 0 {
		return fmt.Errorf("%d of %d findings are wrong", n, len(found))
	}
	return nil
}

// examine makes every examination. One that fails leaves a remark, and the others go on.
func (d *doctor) examine() []remark {
	var found []remark
	add := func(about string, list []remark) {
		for _, r := range list {
			r.About = about
			found = append(found, r)
		}
	}
	db, err := d.config.look(d.outside)
	switch {
	case errors.Is(err, fs.ErrNotExist):
		add("database", bad(wrong, "start the server once", "it is not there yet"))
	case err != nil:
		add("database", bad(wrong, "let the address in database lead to it, and start it", "it cannot be opened: %v", err))
	default:
		d.db = db
		defer func() { _ = db.Close() }() // it was only read
	}
	for _, e := range examinations {
		if !e.inside || d.db != nil {
			add(e.about, e.look(d.ctx, d))
		}
	}
	return found
}

func (c doctorCommand) print(w io.Writer, found []remark) error {
	if c.JSON {
		return json.NewEncoder(w).Encode(found)
	}
	var b strings.Builder
	for _, r := range found {
		fmt.Fprintf(&b, "%-8s %s: %s\n", r.Grade, r.About, r.Found)
		if r.Remedy != "" {
			fmt.Fprintf(&b, "%-8s   -> %s\n", "", r.Remedy)
		}
	}
	_, err := io.WriteString(w, b.String())
	return err
}
