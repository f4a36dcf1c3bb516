// Package login is the face: the steps by which a person signs in, and the person's own pages.
package login

import (
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// Options are what the face is built from.
type Options struct {
	Store     Store
	Keys      *keys.Keys
	Site      *web.Site
	Mail      mail.Mailer   // nil: mail does not work
	EmailCode string        // "untrusted", "always", "never"
	Idle      time.Duration // session idle end; 0: 12 h
	Absolute  time.Duration // session absolute end; 0: 30 d
	Now       func() time.Time
}

// Store is what the face needs of storage. (The owner of this room narrows it.)
type Store interface{}

// Server is the face.
type Server struct{}

// New builds the face; every page is parsed and checked.
func New(o Options) (*Server, error) { panic("stub") }

// Register adds the face's paths: /, /login…, /account…
func (s *Server) Register(router *mux.Router) { panic("stub") }

// Ask is what an application's request asks of the person. Its fields are the same as op.Ask's: cmd converts one to the other.
type Ask struct {
	Attempt    string // id of the attempt to begin; the session it makes or raises carries it
	Back       string // path and query on our origin to return to when it is done; "&error=access_denied" is added when the person refuses
	ClientID   string // "" : opened directly
	ClientName string
	LoginHint  string
	Locales    []string // ui_locales
	UserID     string   // only this person may answer (id_token_hint); "": anybody
	Fresh      bool     // proofs are asked again though a session lives (prompt=login, max_age)
	Select     bool     // prompt=select_account
	Consent    []string // scopes to ask consent for; empty: none
}

// Session tells who is signed in in the browser of r. storage.ErrNotFound when nobody is. It marks the session as seen every five minutes.
func (s *Server) Session(r *http.Request) (storage.Session, storage.User, error) { panic("stub") }

// Begin starts an attempt, binds it to the browser, and answers with 303 to its first page.
func (s *Server) Begin(w http.ResponseWriter, r *http.Request, ask Ask) error { panic("stub") }
