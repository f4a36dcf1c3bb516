package login

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// noteLife is how long the account says what has just been done.
const noteLife = 5 * time.Minute

// notes are what can have been done. The address of the page carries one with our stamp, for one session and a few minutes: no
// link from elsewhere can make the page say that something happened.
var notes = map[string]string{
	"session":  "account.done-session",
	"sessions": "account.done-sessions",
	"browser":  "account.done-browser",
	"browsers": "account.done-browsers",
	"app":      "account.done-app",
	"profile":  "account.done-profile",
	"password": "account.done-password",
	"address":  "account.done-address",
	"alarm":    "account.done-alarm",

	"authenticator":         "account.done-authenticator",
	"authenticator-removed": "account.done-authenticator-removed",

	"google":           "account.done-google",
	"google-removed":   "account.done-google-removed",
	"google-cancelled": "google.cancelled",
}

const noteOf = "note:"

// done goes back to the account, which then says what was done.
func (s *Server) done(w http.ResponseWriter, r *http.Request, session storage.Session, note string) error {
	to, err := s.noted("/account", session, note)
	if err != nil {
		return err
	}
	http.Redirect(w, r, to, http.StatusSeeOther)
	return nil
}

// noted is the address of a page of ours that will say what was done.
func (s *Server) noted(path string, session storage.Session, note string) (string, error) {
	stamp, err := s.Keys.Box.Stamp(keys.ForAttempt, noteOf+note+":"+session.ID+":"+strconv.FormatInt(s.Now().Unix(), 10))
	return path + "?done=" + url.QueryEscape(stamp), err
}

// said is what was just done in this session, in words; "" nothing.
func (p *ownPage) said() string {
	query, err := web.ParseQuery(p.r)
	if err != nil {
		return ""
	}
	payload, err := p.Keys.Box.Unstamp(keys.ForAttempt, query.Get("done"))
	rest, ours := strings.CutPrefix(payload, noteOf)
	said := strings.Split(rest, ":")
	if err != nil || !ours || len(said) != 3 || said[1] != p.session.ID {
		return ""
	}
	at, err := strconv.ParseInt(said[2], 10, 64)
	if err != nil || p.Now().Sub(time.Unix(at, 0)) >= noteLife {
		return ""
	}
	return p.t(notes[said[0]])
}
