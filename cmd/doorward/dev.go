package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"

	"github.com/doorward/doorward/cmd/demoapp"
	"github.com/doorward/doorward/login/mail"
)

type devCommand struct {
	Data    string `default:"doorward-data" placeholder:"DIR" help:"Where the demo is kept; remove it to begin anew (${default})."`
	Listen  string `default:"localhost:8080" placeholder:"ADDR" help:"Where the provider listens (${default})."`
	App     string `default:"localhost:8081" placeholder:"ADDR" help:"Where the demo app listens (${default})."`
	Issuer  string `placeholder:"URL" help:"The provider's address; default: http://localhost with the port of --listen."`
	JSON    bool   `name:"json" help:"When everything answers, print addresses, people and clients to standard output as one JSON object."`
	Verbose bool   `short:"v" help:"Log every request."`
}

// Help is shown by `doorward dev --help`.
func (devCommand) Help() string {
	return `Starts the provider, a demo app that signs people in with it, and a mailbox that catches every letter. Nothing is
needed beside it. Open the app, sign in as anna@example.com with the password that is printed, and read the
code at /dev/mail.

It is for trying and for tests, so it serves http on this machine only: an issuer that is not localhost or 127.0.0.1 is
refused, and so is a request by another name. Port 0 takes a free port.`
}

func (d devCommand) Run(o outside) error {
	level := slog.LevelWarn
	if d.Verbose {
		level = slog.LevelInfo
	}
	log := slog.New(slog.NewTextHandler(o.stderr, &slog.HandlerOptions{Level: level}))
	muteLibraries(log)
	h, err := newDevHouse(o.ctx, d, log)
	if err != nil {
		return err
	}
	people := o.stdout
	if d.JSON {
		people = o.stderr
	}
	h.report.print(people)
	if d.JSON {
		if err := json.NewEncoder(o.stdout).Encode(h.report); err != nil {
			return errors.Join(err, h.Close())
		}
	}
	return h.Wait(o.ctx)
}

// devHouse is the demo, running: the house, the demo app and the mailbox.
type devHouse struct {
	*house
	app    *http.Server
	report devReport
}

// newDevHouse starts the demo. It is ready when it returns.
func newDevHouse(ctx context.Context, d devCommand, log *slog.Logger) (*devHouse, error) {
	if d.Issuer != "" {
		if err := checkDevIssuer(d.Issuer); err != nil {
			return nil, misuse("--issuer: %s", err)
		}
	}
	doors, err := d.listen(ctx)
	if err != nil {
		return nil, err
	}
	h, err := d.open(ctx, doors, log)
	if err != nil {
		_, _ = doors.provider.Close(), doors.app.Close()
		return nil, err
	}
	return h, nil
}

// devDoors are the two open listeners and the addresses by which visitors reach them.
type devDoors struct {
	provider, app net.Listener
	issuer        string
	appOrigins    []string // the first is the one to print
}

func (d devCommand) listen(ctx context.Context) (devDoors, error) {
	for flag, address := range map[string]string{"listen": d.Listen, "app": d.App} {
		if err := checkListen(address); err != nil {
			return devDoors{}, misuse("--%s: %s", flag, err)
		}
	}
	var doors devDoors
	var err error
	if doors.provider, err = (&net.ListenConfig{}).Listen(ctx, "tcp", d.Listen); err != nil {
		return devDoors{}, fmt.Errorf("%w (another address: --listen localhost:0)", err)
	}
	if doors.app, err = (&net.ListenConfig{}).Listen(ctx, "tcp", d.App); err != nil {
		return devDoors{}, errors.Join(fmt.Errorf("%w (another address: --app localhost:0)", err), doors.provider.Close())
	}
	doors.issuer = d.Issuer
	if doors.issuer == "" {
		doors.issuer = "http://localhost:" + portOf(doors.provider)
	}
	doors.appOrigins = []string{"http://localhost:" + portOf(doors.app), "http://127.0.0.1:" + portOf(doors.app)}
	if strings.HasPrefix(d.App, "127.0.0.1:") {
		doors.appOrigins[0], doors.appOrigins[1] = doors.appOrigins[1], doors.appOrigins[0]
	}
	return doors, nil
}

func portOf(l net.Listener) string {
	_, port, _ := net.SplitHostPort(l.Addr().String()) // a listener's own address always has one
	return port
}

// checkDevIssuer keeps the demo, whose passwords and letters everybody may read, on this machine.
func checkDevIssuer(issuer string) error {
	u, err := url.Parse(issuer)
	if err != nil || !localName(u.Hostname()) || u.Scheme != "http" {
		return fmt.Errorf("%q is refused: the demo is for http://localhost and http://127.0.0.1 only; doorward serve is for real", issuer)
	}
	return checkIssuer(issuer)
}

// open starts the house on the listeners, fills it, and starts the app.
func (d devCommand) open(ctx context.Context, doors devDoors, log *slog.Logger) (*devHouse, error) {
	if err := os.MkdirAll(d.Data, 0o700); err != nil {
		return nil, fmt.Errorf("--data: %s", plain(err))
	}
	file := filepath.Join(d.Data, "demo.json")
	secrets, err := readDemo(file)
	if err != nil {
		return nil, err
	}
	c := defaults()
	c.Issuer, c.Listen = doors.issuer, d.Listen
	c.Database = "sqlite:" + filepath.Join(d.Data, "doorward.db")
	c.MasterKeyFile = filepath.Join(d.Data, "master.key")
	c.Contact = "support@example.com"
	c.Clients = secrets.clients(doors.appOrigins)
	c.Console.RequireTOTP = false // whoever tries it out shall not need a phone
	box := &mail.Mailbox{}
	if at, ok := doors.provider.Addr().(*net.TCPAddr); ok && !at.IP.IsLoopback() {
		log.Warn("--listen opens the demo to other machines: whoever reaches it reads every letter")
	}
	people := func(ctx context.Context, f *foundation) error { return secrets.move(ctx, f, file) }
	base, err := newHouse(ctx, c, parts{Listener: doors.provider, Log: log, Mail: box, Dev: true, Fill: people, Extra: mailbox(box)})
	if err != nil {
		return nil, err
	}
	if err := base.inviteGuest(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("invite the guest: %w", err), base.Close())
	}
	h := &devHouse{house: base, report: secrets.report(doors)}
	h.app = newServer(demoapp.New(demoapp.Options{
		Issuer: doors.issuer, ClientID: demoClient, ClientSecret: secrets.Clients[demoClient],
		Origins: doors.appOrigins, Log: log, Now: base.db.Now,
	}), log)
	base.behind.Go(func() {
		if err := h.app.Serve(doors.app); !errors.Is(err, http.ErrServerClosed) {
			base.failed <- err
		}
	})
	return h, nil
}

// Wait serves until ctx ends, or until serving fails.
func (h *devHouse) Wait(ctx context.Context) error {
	select {
	case err := <-h.failed:
		return errors.Join(err, h.Close())
	case <-ctx.Done():
		return h.Close()
	}
}

// Close ends app and house.
func (h *devHouse) Close() error {
	ctx, cancel := context.WithTimeout(context.Background(), grace)
	defer cancel()
	return errors.Join(h.app.Shutdown(ctx), h.house.Close())
}

// devReport is what `dev` prints; its JSON is made for scripts.
type devReport struct {
	Issuer  string      `json:"issuer"`
	App     string      `json:"app"`
	Mailbox string      `json:"mailbox"`
	Console string      `json:"console"`
	People  []devPerson `json:"people"`
	Clients []devClient `json:"clients"`
}

type devPerson struct {
	Email          string `json:"email"`
	CustomerNumber string `json:"customer_number"`
	Password       string `json:"password"`
	Admin          bool   `json:"admin"`
}

type devClient struct {
	ClientID     string   `json:"client_id"`
	ClientSecret string   `json:"client_secret"`
	RedirectURIs []string `json:"redirect_uris"`
}

// print tells a person what to open and how to sign in.
func (r devReport) print(w io.Writer) {
	var b strings.Builder
	fmt.Fprintf(&b, "\nDoorward is ready. Open the demo app and sign in:\n\n")
	fmt.Fprintf(&b, "  demo app   %s\n  provider   %s\n  mailbox    %s\n  console    %s (for the administrator)\n\n", r.App, r.Issuer, r.Mailbox, r.Console)
	fmt.Fprintf(&b, "  %-17s  %-15s  %s\n", "person", "customer number", "password")
	for _, p := range r.People {
		role := ""
		if p.Admin {
			role = "  (administrator)"
		}
		fmt.Fprintf(&b, "  %-17s  %-15s  %s%s\n", p.Email, p.CustomerNumber, p.Password, role)
	}
	fmt.Fprintf(&b, "  %-17s  %-15s  %s\n", demoGuest().Email, demoGuest().CustomerNumber, "none yet: the invitation is in the mailbox")
	fmt.Fprintf(&b, "\n  %-17s  %s\n", "client", "secret")
	for _, c := range r.Clients {
		secret := c.ClientSecret
		if secret == "" {
			secret = "none: public, with PKCE"
		}
		fmt.Fprintf(&b, "  %-17s  %s\n", c.ClientID, secret)
	}
	fmt.Fprintf(&b, "\nCtrl-C ends it; the next start knows the same people.\n\n")
	_, _ = io.WriteString(w, b.String()) // nobody may be reading
}
