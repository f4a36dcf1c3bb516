package storage

import (
	"context"
	"encoding/json"
	"time"
)

// Client is an application that people sign in to, or a machine (RFC 6749 §2; RFC 7591 §2 names most fields).
type Client struct {
	ID       string
	Name     string
	Owner    string // "" made by command or console; "file" declared in the configuration
	Disabled bool
	Secrets  [2][]byte // SHA-256 of each secret valid now (two while rotating); nil where there is none

	Type                   string // "web", "browser" (single-page), "native", "service"
	AuthMethod             string // token_endpoint_auth_method: client_secret_basic, client_secret_post, none (private_key_jwt later)
	RedirectURIs           []string
	PostLogoutRedirectURIs []string
	GrantTypes             []string // authorization_code, refresh_token, client_credentials
	Scopes                 []string // what it may ask for; empty: every scope that we know
	RequirePKCE            bool     // always true in effect for public clients
	IDTokenAlg             string   // id_token_signed_response_alg: RS256, ES256, EdDSA
	IDTokenClaims          bool     // scope claims also in the ID token
	IDTokenOnRefresh       bool
	Refresh                string // "offline": refresh tokens with offline_access only; "session": also without, ending with the session; "never"
	TokenFormat            string // access tokens: "opaque" or "jwt"
	Consent                bool   // third party: the person is asked before the first answer
	Introspect             bool   // may call /introspect
	Profile                string // "" or "fapi2"
	Sector                 string // sector identifier host for pairwise subjects; "" for public
	JWKS                   json.RawMessage
	JWKSURI                string

	Created, Updated time.Time
}

// Public says whether the client cannot keep a secret (RFC 6749 §2.1).
func (c Client) Public() bool { return c.AuthMethod == "none" }

// Check judges the record by the rules of its type; every door uses it. The error joins *Invalid values.
func (c Client) Check() error { panic("stub") }

// Client reads a client by id; cached for a second at most, absence never. ErrNotFound.
func (db *DB) Client(ctx context.Context, id string) (Client, error) { panic("stub") }

// Clients lists all clients by id.
func (db *DB) Clients(ctx context.Context) ([]Client, error) { panic("stub") }

// AddClient stores a new client. *Invalid; ErrConflict when the id is taken.
func (db *DB) AddClient(ctx context.Context, c Client, e Event) error { panic("stub") }

// DeclareClients makes the clients owned by "file" exactly these: adds, changes, removes; others are left
// alone. ErrConflict when an id belongs to another owner. An unchanged list writes nothing.
func (db *DB) DeclareClients(ctx context.Context, list []Client, e Event) error { panic("stub") }

// SetClientDisabled switches a client off or on; its grants stop living at once.
func (db *DB) SetClientDisabled(ctx context.Context, id string, off bool, e Event) error {
	panic("stub")
}
