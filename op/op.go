// Package op is the protocol: what relying parties call.
package op

import (
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// Ask is what an authorization request asks of the person (see login.Ask: same fields, cmd converts).
type Ask struct {
	Attempt    string
	Back       string
	ClientID   string
	ClientName string
	LoginHint  string
	Locales    []string
	UserID     string
	Fresh      bool
	Select     bool
	Consent    []string
}

// SignIn is what the protocol asks of the face.
type SignIn interface {
	Session(r *http.Request) (storage.Session, storage.User, error)
	Begin(w http.ResponseWriter, r *http.Request, ask Ask) error
}

// Options are what the protocol is built from.
type Options struct {
	Store  Store
	Keys   *keys.Keys
	Site   *web.Site
	SignIn SignIn
	Now    func() time.Time
}

// Store is what the protocol needs of storage. (The owner of this room narrows it.)
type Store interface{}

// Provider is the protocol.
type Provider struct{}

// New builds the protocol's door.
func New(o Options) (*Provider, error) { panic("stub") }

// Register adds the paths that relying parties call.
func (p *Provider) Register(router *mux.Router) { panic("stub") }
