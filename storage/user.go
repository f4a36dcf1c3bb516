package storage

import (
	"context"
	"time"
)

// User is a person.
type User struct {
	ID             string
	Email          string         // canonical, unique (see NormalEmail)
	CustomerNumber string         // digits only, unique; "" none
	Claims         map[string]any // OIDC Core §5.1 claims by name (name, given_name, locale, address, phone_number …), without sub, email and groups
	Groups         []string
	Role           string // "", "admin", "viewer", "helpdesk"
	State          string // "invited", "active", "disabled"
	Version        int64  // rises with every change of password, factor, address, link or state
	Created        time.Time
	Updated        time.Time
}

// Name is what pages call the person: the claim name, else the address.
func (u User) Name() string { panic("stub") }

// Check judges the record. The error joins *Invalid values.
func (u User) Check() error { panic("stub") }

// Identifier turns what a person typed into an address or a customer number in canonical form: outer and inner
// spaces, zero-width characters, hyphens in a number and letter case make no difference (S-10). ok is false
// where it can be neither. At most one of both is set.
func Identifier(typed string) (email, number string, ok bool) { panic("stub") }

// User reads a person by id. ErrNotFound.
func (db *DB) User(ctx context.Context, id string) (User, error) { panic("stub") }

// Login reads a person and the password hash ("" when none is set) by what was typed, in one statement. ErrNotFound.
func (db *DB) Login(ctx context.Context, typed string) (User, string, error) { panic("stub") }

// AddUser stores a new person with a password hash ("" for none). *Invalid; ErrConflict when address or number is taken.
func (db *DB) AddUser(ctx context.Context, u User, passwordHash string, e Event) error { panic("stub") }

// SetUserState changes the state and raises the version; "disabled" ends the person's sessions.
func (db *DB) SetUserState(ctx context.Context, id, state string, e Event) error { panic("stub") }

// SetPassword replaces the password, raises the version, ends all sessions but keep, and revokes all grants.
func (db *DB) SetPassword(ctx context.Context, id, hash, keep string, e Event) error { panic("stub") }

// Rehash replaces a password hash by one of the same password with present parameters, if it still is old; the version stays.
func (db *DB) Rehash(ctx context.Context, id, old, hash string) error { panic("stub") }
