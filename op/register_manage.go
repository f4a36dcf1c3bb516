package op

import (
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// registered finds the application that a request is about, by the token that it alone has (RFC 7592 §2). One that is unknown, disabled or
// not its own looks the same and costs the same, and failures are counted as those of client authentication.
func (p *Provider) registered(r *http.Request) (application, string, error) {
	token, err := bearerHeader(r)
	if err != nil {
		return application{}, "", err
	}
	client, err := p.store.RegisteredClient(r.Context(), mux.Vars(r)["client_id"])
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return application{}, "", fmt.Errorf("registered client: %w", err)
	}
	if client.ID != "" {
		web.Note(r.Context(), slog.String("client", client.ID))
	}
	if keys.SameSecret(token, client.Registration) && !client.Disabled {
		return application{Client: client, pairwise: client.Sector != ""}, token, nil
	}
	refused := &Error{Code: invalidToken, Description: "the registration access token is not that of this client"}
	wait, err := p.store.Spend(r.Context(), "client-auth:"+web.AddressBlock(r.Context()), failures)
	if err != nil {
		return application{}, "", fmt.Errorf("limit of client authentication: %w", err)
	}
	if wait > 0 {
		return application{}, "", &throttled{refused, wait}
	}
	return application{}, "", refused
}

// readRegistration answers GET (RFC 7592 §2.1).
func (p *Provider) readRegistration(w http.ResponseWriter, r *http.Request) error {
	a, token, err := p.registered(r)
	if err != nil {
		return err
	}
	return web.WriteJSON(w, http.StatusOK, p.information(a, token, ""))
}

// changeRegistration answers PUT (RFC 7592 §2.2): what is sent takes the place of all that was registered. Of two who change it at
// once the second is told so with 409.
func (p *Provider) changeRegistration(w http.ResponseWriter, r *http.Request) error {
	old, token, err := p.registered(r)
	if err != nil {
		return err
	}
	said, err := readMetadata(w, r)
	if err != nil {
		return err
	}
	if err := judgeChange(said, old); err != nil {
		return err
	}
	a := p.blank(old.ID)
	a.Registration, a.Created, a.Updated = old.Registration, old.Created, old.Updated
	a.Groups, a.People, a.RequireTOTP, a.Development = old.Groups, old.People, old.RequireTOTP, old.Development // an operator's word
	if err := a.describe(said); err != nil {
		return err
	}
	if err := p.chargeChange(r.Context(), a.ID); err != nil {
		return err
	}
	secret := a.credential(old.Secrets)
	if err := p.complete(r.Context(), &a); err != nil {
		return err
	}
	switch err := p.store.ChangeClient(r.Context(), a.Client, byItself(r, a)); {
	case errors.Is(err, storage.ErrConflict):
		return &web.Refused{Status: http.StatusConflict, Why: "the registration was changed by another request; read it again"}
	case err != nil:
		return fmt.Errorf("change registration: %w", err)
	}
	return web.WriteJSON(w, http.StatusOK, p.information(a, token, secret))
}

// judgeChange keeps what this server gives out of an application's hands (RFC 7592 §2.2).
func judgeChange(said map[string]json.RawMessage, old application) error {
	var id, secret string
	if json.Unmarshal(said["client_id"], &id) != nil || subtle.ConstantTimeCompare([]byte(id), []byte(old.ID)) == 0 {
		return metadataFault("client_id", "is not that of this registration")
	}
	for _, name := range []string{"registration_access_token", "registration_client_uri", "client_secret_expires_at", "client_id_issued_at"} {
		if _, has := said[name]; has {
			return metadataFault(name, "is given by this server")
		}
	}
	if value, has := said["client_secret"]; has && (json.Unmarshal(value, &secret) != nil || !keys.SameSecret(secret, old.Secrets[:]...)) {
		return metadataFault("client_secret", "is not that of this client")
	}
	return nil
}

// endRegistration answers DELETE (RFC 7592 §2.3): what people have allowed the application ends with it.
func (p *Provider) endRegistration(w http.ResponseWriter, r *http.Request) error {
	a, _, err := p.registered(r)
	if err != nil {
		return err
	}
	err = p.store.RemoveClient(r.Context(), a.ID, byItself(r, a))
	if err != nil && !errors.Is(err, storage.ErrNotFound) { // gone at this moment: as good
		return fmt.Errorf("end registration: %w", err)
	}
	w.WriteHeader(http.StatusNoContent)
	return nil
}

func byItself(r *http.Request, a application) storage.Event {
	ctx := r.Context()
	return storage.Event{Actor: "client:" + a.ID, Address: web.Address(ctx).String(), Reference: web.Reference(ctx)}
}
