package op

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// Registration is how applications register themselves (RFC 7591, OIDC Dynamic Client Registration).
type Registration struct {
	Mode         string // "token": who has an invitation; "open": whoever asks; "closed" or "": nobody
	PKCEOptional bool   // weaker: one with a secret may sign people in without PKCE
	Hourly       int    // open: how often one address block may try in an hour

	Outbound *web.Outbound // fetches what those name that registered themselves; nil: from public addresses
}

func (r Registration) on() bool { return r.Mode == "token" || r.Mode == "open" }

// registrationStore is what registration needs of storage.
type registrationStore interface {
	RegisterClient(ctx context.Context, r storage.Registration, e storage.Event) error
	RegisteredClient(ctx context.Context, id string) (storage.Client, error)
	ChangeClient(ctx context.Context, c storage.Client, e storage.Event) error
	RemoveClient(ctx context.Context, id string, e storage.Event) error
}

// mostUnused is how many applications that nobody has used there may be where whoever asks may register one.
const mostUnused = 1000

// How often an application may change what it has registered, and all those of an address block together: each time may fetch
// something, and is kept as an event.
var (
	changes      = storage.Rate{Burst: 60, Per: time.Hour}
	blockChanges = storage.Rate{Burst: 300, Per: time.Hour}
)

// registerApplications adds the endpoints, where there are any. No script has a business there: they speak no CORS.
func (p *Provider) registerApplications(router *mux.Router, door *web.Door) {
	if !p.registration.on() {
		return
	}
	door.Handle(router, "/register", web.Methods{"POST": p.bearing(p.register)})
	door.Handle(router, "/register/{client_id}", web.Methods{
		"GET": p.bearing(p.readRegistration), "PUT": p.bearing(p.changeRegistration), "DELETE": p.bearing(p.endRegistration),
	})
}

// bearing answers an error about the token by its challenge (RFC 6750 §3), and leaves others to the door.
func (p *Provider) bearing(next web.Handler) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		noStore(w)
		err := next(w, r)
		var e *Error
		var slow *throttled
		if errors.Is(err, errNoToken) || errors.As(err, &e) && e.Code == invalidToken && !errors.As(err, &slow) {
			p.challenge(w, r, err)
			return nil
		}
		return err
	}
}

// register answers POST /register (RFC 7591 §3). Whoever comes without an invitation is counted by address before anything is
// fetched for them; an invitation is spent only by an application that is stored.
func (p *Provider) register(w http.ResponseWriter, r *http.Request) error {
	permit, err := p.invited(r)
	if err != nil {
		return err
	}
	said, err := readMetadata(w, r)
	if err != nil {
		return err
	}
	if _, has := said["client_secret"]; has {
		return metadataFault("client_secret", "is given by this server")
	}
	a := p.blank(storage.NewID())
	if err := a.describe(said); err != nil {
		return err
	}
	if err := p.chargeRegistration(r.Context(), permit); err != nil {
		return err
	}
	secret := a.credential([2][]byte{})
	if err := p.complete(r.Context(), &a); err != nil {
		return err
	}
	token, hash := keys.NewSecret("dwx_")
	a.Registration, a.Created = hash, p.now()
	if err := p.keepNew(r, a, permit); err != nil {
		return err
	}
	web.Note(r.Context(), slog.String("client", a.ID))
	return web.WriteJSON(w, http.StatusCreated, p.information(a, token, secret))
}

// chargeRegistration counts tries: of an address block, or of an invitation, which may be tried a little oftener than it is good for.
func (p *Provider) chargeRegistration(ctx context.Context, permit storage.Permit) error {
	key, rate := "register:"+web.AddressBlock(ctx), storage.Rate{Burst: p.registration.Hourly, Per: time.Hour}
	if permit.ID != "" {
		key, rate = "register:"+permit.ID, storage.Rate{Burst: 2*permit.Uses + 10, Per: time.Hour}
	}
	return p.chargeTry(ctx, key, rate)
}

// chargeChange counts a try by the address block first: whoever has many applications is one all the same.
func (p *Provider) chargeChange(ctx context.Context, id string) error {
	if err := p.chargeTry(ctx, "registered-block:"+web.AddressBlock(ctx), blockChanges); err != nil {
		return err
	}
	return p.chargeTry(ctx, "registered:"+id, changes)
}

func (p *Provider) chargeTry(ctx context.Context, key string, rate storage.Rate) error {
	wait, err := p.store.Spend(ctx, key, rate)
	if err != nil {
		return fmt.Errorf("limit of registration: %w", err)
	}
	if wait > 0 {
		return &throttled{&Error{Code: invalidRequest, Description: "too many registrations, or changes of them; come again later"}, wait}
	}
	return nil
}

// complete finds out what others must confirm of an application, and judges the whole.
func (p *Provider) complete(ctx context.Context, a *application) error {
	if !a.pairwise {
		a.SectorURI = "" // of no use, and not confirmed by anybody
		return p.judge(*a)
	}
	var err error
	if a.Sector, err = p.sectorOf(ctx, a.Client); err != nil {
		return registrationFault(err)
	}
	return p.judge(*a)
}

// keepNew stores an application that is new.
func (p *Provider) keepNew(r *http.Request, a application, permit storage.Permit) error {
	what := storage.Registration{Client: a.Client, Permit: permit}
	e := byItself(r, a)
	if permit.ID == "" {
		what.Unused = mostUnused
	} else {
		e.Data = map[string]string{"invitation": permit.ID}
	}
	switch err := p.store.RegisterClient(r.Context(), what, e); {
	case errors.Is(err, storage.ErrConflict):
		return &Error{Code: invalidToken, Description: "the initial access token is used up"}
	case errors.Is(err, storage.ErrFull):
		return &Error{Code: temporarilyUnavailable, Description: "too many applications have registered and were never used; come again later"}
	default:
		return err
	}
}

// readMetadata reads an application's metadata: a JSON object, in which no name stands twice.
func readMetadata(w http.ResponseWriter, r *http.Request) (map[string]json.RawMessage, error) {
	body, err := web.ReadJSON(w, r)
	if err != nil {
		return nil, err
	}
	said, err := members(body)
	if err != nil {
		return nil, &Error{Code: invalidClientMetadata, Description: "the body is not a JSON object, or repeats a name, or is nested too deep"}
	}
	return said, nil
}

// information is what an application is told of itself (RFC 7591 §3.2.1, RFC 7592 §3). Its secret is there when it is new, and
// never again: only its hash is stored.
func (p *Provider) information(a application, token, secret string) map[string]any {
	told := map[string]any{
		"client_id":                 a.ID,
		"client_id_issued_at":       a.Created.Unix(),
		"registration_client_uri":   p.site.Issuer + "/register/" + a.ID,
		"registration_access_token": token,
	}
	if secret != "" {
		told["client_secret"], told["client_secret_expires_at"] = secret, 0
	}
	for _, m := range applicationMembers {
		if value := m.show(a); value != nil {
			told[m.name] = value
		}
	}
	return told
}
