package main

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
)

type initCommand struct {
	Issuer   string `required:"" placeholder:"URL" help:"The address that people and applications will see, like https://login.example.com."`
	Database string `default:"sqlite:doorward.db" placeholder:"URL" help:"sqlite:PATH, relative to DIR (default: sqlite:doorward.db), or a postgres:// address."`
	Dir      string `default:"." placeholder:"DIR" help:"Where to write; made if it is not there. Default: this folder."`
}

// Help is shown by `doorward init --help`.
func (initCommand) Help() string {
	return `Writes DIR/doorward.yaml with what only a file can say, and says what comes next. It never replaces a file.

Company, mail, sign-in and applications are set in the console. Every other setting stands with its default in config.example.yaml.`
}

// configName is the file that init writes.
const configName = "doorward.yaml"

func (c initCommand) Run(o outside) error {
	if err := checkIssuer(c.Issuer); err != nil {
		return misuse("--issuer: %s", err)
	}
	if err := checkDatabase(c.Database); err != nil {
		return misuse("--database: %s", err)
	}
	if err := os.MkdirAll(c.Dir, 0o700); err != nil {
		return misuse("--dir: %s", plain(err))
	}
	file := filepath.Join(c.Dir, configName)
	// The address of a database may hold a password, so the file is its owner's alone.
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o600)
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("%s is there already, and stays as it is", file)
	}
	if err != nil {
		return err
	}
	_, err = f.WriteString(c.text())
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	_, err = fmt.Fprintf(o.stdout, nextSteps, file, c.way())
	return err
}

// text is the configuration. The word of a proxy on this machine about visitors is taken.
func (c initCommand) text() string {
	listen, proxies := "127.0.0.1:8080", `[127.0.0.1, "::1"]`
	if u, err := url.Parse(c.Issuer); err == nil && u.Scheme == "http" {
		port := u.Port()
		if port == "" {
			port = "80"
		}
		listen, proxies = u.Hostname()+":"+port, "[]"
	}
	return fmt.Sprintf(smallest, quoted(c.Issuer), quoted(listen), proxies, quoted(c.Database))
}

// quoted is text as YAML reads it, whatever stands in it.
func quoted(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

func (c initCommand) way() string {
	if strings.HasPrefix(c.Issuer, "http:") {
		return "open " + c.Issuer + " on this machine; for other machines the issuer must begin with https"
	}
	return "let a proxy pass " + c.Issuer + " on to it (examples are in deploy/)"
}

const smallest = `# The configuration of Doorward. Every other setting stands with its default in config.example.yaml. What stands in
# a file, the console cannot change; so company, mail, sign-in, applications and people are left to it.

# The address that people and applications see.
issuer: %s

# Where to listen: a proxy on this machine ends TLS and passes requests on. Or set tls.cert_file and tls.key_file.
listen: %s

# Only these are believed about a visitor's address.
trusted_proxies: %s

# sqlite:PATH or a postgres:// address.
database: %s

# The key that opens the keys in the database; made at the first start. Keep a copy apart from the database.
master_key_file: master.key
`

const nextSteps = `%[1]s is written. Next:

1. Start it, and %[2]s:
       doorward serve --config %[1]s
2. Open the link that it prints: it makes you the administrator, and asks for your company and its mail server.
   It works once, for 30 minutes; while the server runs, this prints another one:
       doorward admin recover --config %[1]s
3. Applications and people are added in the console, at the address of the link with /admin.
4. See what is wrong or missing, and look at it as browsers do:
       doorward check --config %[1]s
       doorward doctor --config %[1]s
`
