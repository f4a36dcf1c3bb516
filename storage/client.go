package storage

import (
	"context"
	"encoding/json"
	"slices"
	"strings"
	"time"
)

// Client is an application that people sign in to, or a machine (RFC 6749 §2; RFC 7591 §2 names most fields).
type Client struct {
	ID       string
	Name     string
	Owner    string // "" made by command or console; "file" declared in the configuration; "applied" by a file of its own; "dynamic" registered itself (RFC 7591)
	Disabled bool
	Secrets  [2][]byte // SHA-256 of each secret valid now (two while rotating); nil where there is none

	Type                   string // "web", "browser" (single-page), "native", "service"
	AuthMethod             string // token_endpoint_auth_method: client_secret_basic, client_secret_post, private_key_jwt, none
	RedirectURIs           []string
	PostLogoutRedirectURIs []string
	GrantTypes             []string // authorization_code, refresh_token, client_credentials
	Scopes                 []string // what it may ask for; empty: every scope that we know
	RequirePKCE            bool     // always true in effect for public clients
	IDTokenAlg             string   // id_token_signed_response_alg: RS256, PS256, ES256, EdDSA
	IDTokenClaims          bool     // scope claims also in the ID token
	IDTokenOnRefresh       bool
	Refresh                string // "offline": refresh tokens with offline_access only; "session": also without, ending with the session; "never"
	TokenFormat            string // access tokens: "opaque" or "jwt"
	Consent                bool   // third party: the person is asked before the first answer
	Introspect             bool   // may call /introspect
	Profile                string // "" or "fapi2"
	Sector                 string // sector identifier host for pairwise subjects; "" for public
	SectorURI              string // sector_identifier_uri, from which Sector came; "" where it is the host of the redirect URIs
	JWKS                   json.RawMessage
	JWKSURI                string
	Resources              []string // resource indicators that it may ask tokens for (RFC 8707 §2)

	AuthAlg      string   // token_endpoint_auth_signing_alg: the one by which it signs assertions; "" any of ours
	RequestAlg   string   // request_object_signing_alg: the one by which it signs request objects; "" any of ours
	RequestURIs  []string // request_uris: where its request objects lie (OIDC Core §6.2)
	UserinfoAlg  string   // userinfo_signed_response_alg: userinfo comes as a JWT; "" as JSON
	MaxAge       int64    // default_max_age, seconds; 0: none
	ACRValues    []string // default_acr_values
	LogoURI      string   // what people are shown at sign-in: client_uri, logo_uri, policy_uri, tos_uri
	HomeURI      string
	PolicyURI    string
	TermsURI     string
	Contacts     []string
	InitiateURI  string // initiate_login_uri: where a sign-in from elsewhere begins (OIDC Core §4)
	Registration []byte // SHA-256 of the registration access token; nil: it cannot be changed by itself (RFC 7592 §3)

	BackchannelURI      string // backchannel_logout_uri
	BackchannelSession  bool   // backchannel_logout_session_required: sid stands in its logout tokens in any case
	FrontchannelURI     string // frontchannel_logout_uri
	FrontchannelSession bool   // frontchannel_logout_session_required: iss and sid are added

	Groups      []string // who may sign in: members of these, and
	People      []string // those of these ids; both empty: everybody
	RequireTOTP bool     // only with an authenticator app
	Development bool     // its developer sees errors in full, whoever that is
	Tile        string   // what the console made it from; "" none

	SecretsMade [2]time.Time `json:",omitzero"` // when each of Secrets came; storage writes it

	Created, Updated time.Time // Updated tells which record a change was made from
}

// Public says whether the client cannot keep a secret (RFC 6749 §2.1).
func (c Client) Public() bool { return c.AuthMethod == "none" }

// Declared says whether a file owns the client: then it is changed there alone.
func (c Client) Declared() bool { return c.Owner == "file" || c.Owner == "applied" }

// record is what stands in the one JSON column: all but the columns and the times.
func (c Client) record() (string, error) {
	c.ID, c.Name, c.Owner, c.Disabled, c.Created, c.Updated = "", "", "", false, time.Time{}, time.Time{}
	return encoded(c, false)
}

const clientColumns = `id, name, owner, disabled, record, created, updated`

// scan reads clientColumns.
func (c *Client) scan(scan func(...any) error) error {
	var record Client
	err := scan(&c.ID, &c.Name, &c.Owner, &c.Disabled, parsed{&record}, at(&c.Created), at(&c.Updated))
	record.ID, record.Name, record.Owner, record.Disabled = c.ID, c.Name, c.Owner, c.Disabled
	record.Created, record.Updated = c.Created, c.Updated
	if string(record.JWKS) == "null" { // as raw JSON that is nil is written
		record.JWKS = nil
	}
	*c = record
	return err
}

// addTo scans each row into a list.
func addTo(all *[]Client) func(scan func(...any) error) error {
	return func(scan func(...any) error) error {
		var c Client
		err := c.scan(scan)
		*all = append(*all, c)
		return err
	}
}

// Client reads a client by id; cached for a second at most, absence never. ErrNotFound. The lists in it are
// shared: they are not to be changed.
func (db *DB) Client(ctx context.Context, id string) (Client, error) {
	if c, ok := db.clients.find(id); ok {
		return c, nil
	}
	seen := db.clients.changes.Load()
	var c Client
	err := db.readRows(ctx, selectClient, []any{id}, c.scan)
	if err == nil && c.ID == "" {
		err = ErrNotFound
	}
	if err != nil {
		return Client{}, wrap("read client", err)
	}
	db.clients.keep(c, seen)
	return c, nil
}

// Clients lists all clients by id, byte by byte. They are read again where one was changed, on whatever node. The list and those in it are
// shared: they are not to be changed.
func (db *DB) Clients(ctx context.Context) ([]Client, error) {
	changes, err := db.ClientChanges(ctx)
	if err != nil {
		return nil, err
	}
	if known := db.clients.all.Load(); known != nil && known.changes == changes {
		return known.list, nil
	}
	var all []Client
	if err := db.readRows(ctx, selectClients, nil, addTo(&all)); err != nil {
		return nil, wrap("read clients", err)
	}
	slices.SortFunc(all, func(a, b Client) int { return strings.Compare(a.ID, b.ID) }) // a database orders by its own locale
	all = slices.Clip(all)
	db.clients.keepAll(clientList{all, changes})
	return all, nil
}

// ClientChanges counts the changes of clients, on whatever node: while it stays the same, so does what Clients tells.
func (db *DB) ClientChanges(ctx context.Context) (int64, error) {
	var n int64
	err := db.readRow(ctx, countChanges, nil, &n)
	return n, wrap("read changes of clients", err)
}

// holdClients comes first in each unit of work that changes a client: it lets one at a time pass, and counts the change.
func (u *unit) holdClients() error {
	_, err := u.exec(holdClients)
	return err
}

const (
	holdClients   = `update meta set value = value + 1 where name = 'clients'`
	countChanges  = `select value from meta where name = 'clients'`
	selectClient  = `select ` + clientColumns + ` from clients where id = $1`
	selectClients = `select ` + clientColumns + ` from clients order by id`
	insertClient  = `insert into clients (` + clientColumns + `) values ($1, $2, $3, $4, $5, $6, $6) on conflict do nothing`
	updateClient  = `update clients set name = $2, disabled = $3, record = $4, updated = $5 where id = $1`
)

// AddClient stores a new client. *Invalid; ErrConflict when the id is taken.
func (db *DB) AddClient(ctx context.Context, c Client, e Event) error {
	if err := c.Check(); err != nil {
		return err
	}
	defer db.clients.forget()
	return wrap("add client", db.tx(ctx, func(u *unit) error {
		if err := u.holdClients(); err != nil {
			return err
		}
		return u.addClient(db, c, e)
	}))
}

func (u *unit) addClient(db *DB, c Client, e Event) error {
	record, err := c.dated(Client{}, db.Now()).record()
	if err != nil {
		return err
	}
	n, err := u.exec(insertClient, c.ID, c.Name, c.Owner, c.Disabled, record, micros(db.Now()))
	if err != nil {
		return err
	}
	if n == 0 {
		return ErrConflict
	}
	return u.record(db, e.or(Event{Kind: ClientAdded, Client: c.ID}))
}

// SetClientDisabled switches a client off or on; its grants stop living at once. ErrNotFound.
func (db *DB) SetClientDisabled(ctx context.Context, id string, off bool, e Event) error {
	kind := ClientEnabled
	if off {
		kind = ClientDisabled
	}
	defer db.clients.forget()
	return wrap("disable client", db.tx(ctx, func(u *unit) error {
		if err := u.holdClients(); err != nil {
			return err
		}
		n, err := u.exec(`update clients set disabled = $2, updated = $3 where id = $1`, id, off, micros(db.Now()))
		if err != nil {
			return err
		}
		if n == 0 {
			return ErrNotFound
		}
		return u.record(db, e.or(Event{Kind: kind, Client: id}))
	}))
}
