package login

import (
	"errors"
	"net/http"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Ask is what an application's request asks of the person. Its fields are the same as op.Ask's: cmd converts one to the other.
type Ask struct {
	Attempt    string   // id of the attempt to begin; the session it makes or raises carries it
	Back       string   // path and query on our origin to return to when it is done; "&error=access_denied" is added when the person refuses
	ClientID   string   // "" : opened directly
	ClientName string   // as pages name it
	LoginHint  string   // fills the first field; it never chooses the person
	Locales    []string // ui_locales
	UserID     string   // only this person may answer (id_token_hint); "": anybody
	Fresh      bool     // proofs are asked again though a session lives (prompt=login, max_age)
	Select     bool     // prompt=select_account
	Scopes     []string // that the application asked for, known ones alone: for the log
	Consent    []string // scopes to ask consent for; empty: none
	ACR        string   // level asked for (acr_values); "": any
	Must       bool     // ACR must be reached: who has no way to it yet is led to one
	AppHost    string   // host of the application, or the scheme of its own that a native one has, with a colon; "" unknown
}

// again says for what somebody who is signed in proves it again (see Enter): the first page of their account or of the console; "" for
// neither.
func (a Ask) again() string {
	switch {
	case !a.Fresh || a.UserID == "" || a.ClientID != "":
		return ""
	case a.Back == "/account", strings.HasPrefix(a.Back, "/account/"), strings.HasPrefix(a.Back, "/account?"):
		return "/account"
	case ofConsole(a.Back):
		return "/admin"
	}
	return ""
}

// maxTyped is the most bytes of an address or number that anybody types (RFC 5321 §4.5.3.1).
const maxTyped = 320

var errBack = errors.New("the way back is not a path of our own origin")

// Begin starts an attempt, binds it to the browser, and answers with 303 to its first page. It writes nothing.
func (s *Server) Begin(w http.ResponseWriter, r *http.Request, ask Ask) error {
	if !web.OwnPath(ask.Back) {
		return errBack
	}
	session, person, err := s.Session(r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	a := &Attempt{
		ID:      ask.Attempt,
		Browser: s.bind(w, r),
		Ask:     ask,
		Lang:    s.Site.Language(w, r, ask.Locales...),
		Started: s.Now().Unix(),
		Nobody:  person.ID == "",
	}
	if person.ID != "" && (ask.UserID == "" || ask.UserID == person.ID) {
		a.Session = session.ID
	}
	v := &visit{w: w, r: r, attempt: a, session: session, owner: person}
	if a.rests() {
		v.person = person
	}
	if s.next(v) == nil { // whoever asks for nothing gets proofs, not a circle of redirects
		a.Ask.Fresh, v.person = true, storage.User{}
	}
	if !a.rests() && !a.chooses() {
		a.Typed = prefill(ask, person)
	}
	a.Ask.LoginHint, a.Ask.Locales = hint(ask), nil
	to, err := s.address(a, s.next(v))
	if err != nil {
		return err
	}
	return s.setOff(w, r, a, to)
}

// prefill is the name that the second page starts with, "" where the person types it: of who is signed in here, where
// they may answer, unless the application hints at another. A person whom an id_token_hint names but who is not signed in
// here types it: an application knows people by sub alone, and whoever finds an old ID token must not learn an address.
func prefill(ask Ask, signedIn storage.User) string {
	switch {
	case ask.UserID != "" && ask.UserID == signedIn.ID:
		return signedIn.Email
	case ask.UserID != "" || ask.Select || hint(ask) != "":
		return hint(ask)
	}
	return signedIn.Email
}

// hint is login_hint where it can be a name (OIDC Core §3.1.2.1), else "".
func hint(ask Ask) string {
	if typed, ok := identifier(ask.LoginHint); ok {
		return typed
	}
	return ""
}

// identifier is an address or customer number in canonical form.
func identifier(typed string) (string, bool) {
	if len(typed) > maxTyped {
		return "", false
	}
	email, number, ok := storage.Identifier(typed)
	return email + number, ok
}
