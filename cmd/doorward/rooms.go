package main

import (
	"context"
	"net/http"
	"sync"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// rooms are the doors of one configuration, joined on one router. When settings change, others take their place (reopen.go); they
// stand on the same database and keys.
type rooms struct {
	*foundation
	house    *house
	site     *web.Site
	pages    *web.Pages
	face     *login.Server
	protocol *op.Provider
	admin    *admin.Console
	outbox   *mail.Outbox // nil: mail is not configured, or is not ours to send
	handler  http.Handler // for visitors
	console  http.Handler // for those who come by console.listen

	guests sync.WaitGroup     // requests under way
	stop   context.CancelFunc // of what works behind them
	behind sync.WaitGroup
}

// newRooms builds the doors of a configuration; nothing works behind them before run.
func (h *house) newRooms(base *foundation) (*rooms, error) {
	r := &rooms{foundation: base, house: h}
	for _, build := range []func() error{r.openSite, r.openFace, r.openProtocol, r.openConsole} {
		if err := build(); err != nil {
			return nil, err
		}
	}
	r.face.Told, r.face.App = r.told, r.protocol.About
	if err := r.join(); err != nil {
		return nil, err
	}
	return r, nil
}

func (r *rooms) openSite() error {
	var err error
	if r.site, err = r.newSite(r.house.log); err != nil {
		return err
	}
	r.site.Dev, r.site.Observe = r.house.parts.Dev, r.house.metrics.observer()
	r.pages, err = web.NewPages(r.site, nil)
	return err
}

func (r *rooms) openFace() error {
	letters, err := r.mailer()
	if err != nil {
		return err
	}
	if r.face, err = r.newFace(r.site, letters); err != nil {
		return err
	}
	r.face.Observe = r.house.metrics.tried
	return nil
}

func (r *rooms) openProtocol() error {
	dev := r.house.parts.Dev
	outbound, err := r.config.Outbound.fetcher(dev)
	if err != nil {
		return err
	}
	registration, err := r.config.Registration.options(r.config.Outbound, dev)
	if err != nil {
		return err
	}
	r.protocol, err = op.New(op.Options{
		Store: r.db, Keys: r.keys, Site: r.site, SignIn: signIn{r.face}, Registration: registration, Outbound: outbound,
		Insider: r.insider, AppOnly: r.config.Console.RequireTOTP, Console: r.config.consoleOrigin(),
		Now: r.db.Now, Minted: r.house.metrics.minted, Told: r.house.metrics.told,
	})
	return err
}

// join registers every door.
func (r *rooms) join() error {
	router := r.site.NewRouter(r.pages)
	r.protocol.Register(router)
	r.face.Register(router)
	r.admin.Register(r.operatorsRouter(router))
	r.house.health(r.site, router)
	if extra := r.house.parts.Extra; extra != nil {
		if err := extra(r, router); err != nil {
			return err
		}
	}
	r.handler = r.site.Wrap(router)
	return nil
}

// operatorsRouter is where the console's paths are answered: beside those of visitors, or at an address of their own, where nothing else is.
func (r *rooms) operatorsRouter(visitors *mux.Router) *mux.Router {
	if r.config.Console.Listen == "" {
		return visitors
	}
	own := r.site.NewRouter(r.pages)
	r.console = r.site.Wrap(own)
	return own
}

// mailer is who takes letters: the one that was given, else an outbox where mail is configured, else nobody.
func (r *rooms) mailer() (mail.Mailer, error) {
	if given := r.house.parts.Mail; given != nil {
		return given, nil
	}
	var err error
	if r.outbox, err = r.newOutbox(r.house.log); r.outbox == nil {
		return nil, err // not a mailer that holds no outbox
	}
	return r.outbox, nil
}

// signIn lends the face to the protocol: neither door knows the other.
type signIn struct{ *login.Server }

func (s signIn) Begin(w http.ResponseWriter, r *http.Request, ask op.Ask) error {
	return s.Server.Begin(w, r, login.Ask(ask))
}

func (s signIn) SignedOut(w http.ResponseWriter, r *http.Request, out op.SignedOut) error {
	return s.Server.SignedOut(w, r, login.SignedOut(out))
}

// told lends the protocol to the face: only it knows how applications are told of a sign-out.
func (r *rooms) told(ctx context.Context, session storage.Session) ([]login.App, error) {
	list, err := r.protocol.Told(ctx, session)
	apps := make([]login.App, len(list))
	for i, t := range list {
		apps[i] = login.App(t)
	}
	return apps, err
}

// run lets work behind the doors what does, until ctx ends or they are left.
func (r *rooms) run(ctx context.Context) {
	ctx, r.stop = context.WithCancel(ctx)
	if r.outbox != nil {
		r.behind.Go(func() { r.outbox.Run(ctx) })
	}
	r.behind.Go(func() { r.face.Run(ctx) })
	r.behind.Go(func() { r.protocol.Run(ctx) })
}
