package op

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// signedOutPath is the face's page for who is signed out, and accountPath the one for who stays.
const (
	signedOutPath = "/account/signed-out"
	accountPath   = "/account"
)

// endSession answers GET /end_session (OIDC RP-Initiated Logout §2).
//
//	hint of this browser's session, address registered or none   the session ends at once, the browser goes on (logout_told.go)
//	good hint, nobody signed in any more                         the browser goes on: the application waits for it
//	no hint, a broken one, another session's or person's, or
//	an address that is not registered                            the person is asked; nothing ends by GET
//
// A good hint proves that the application asks, which an <img> on some page cannot do. An address is proved by the hint's
// client alone: without that nobody is sent anywhere.
//
// What hangs on the session ends with it, on every node, as each use asks for it (storage: liveness): refresh without
// offline_access, userinfo, introspection. Grants with offline_access go on, as they were asked to (OIDC Core §11).
func (p *Provider) endSession(w http.ResponseWriter, r *http.Request) error {
	l, err := p.logoutByQuery(r)
	if err != nil {
		return err
	}
	session, person, err := p.signIn.Session(r)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		seeOther(w, l.goesTo())
		return nil
	case err != nil:
		return fmt.Errorf("session of the browser: %w", err)
	case !p.means(l, session) || l.to == "" && len(l.Redirect) > 0:
		return p.askToSignOut(w, r, l, visitor{session, person})
	}
	if err := p.signIn.SignOut(w, r, session); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return p.farewell(w, r, l, session)
}

// endSessionByPost answers POST /end_session. A form that another site posted arrives without our Lax cookies, so the
// request goes on, judged and sealed, as a GET, which carries them (see authorizeByPost).
func (p *Provider) endSessionByPost(w http.ResponseWriter, r *http.Request) error {
	l, err := p.logoutByForm(w, r)
	if err != nil {
		return err
	}
	sealed, err := p.sealLogout(l)
	if err != nil {
		return err
	}
	seeOther(w, "/end_session?resume="+sealed)
	return nil
}

type visitor struct {
	session storage.Session
	person  storage.User
}

// confirm is the page confirm.html.
type confirm struct {
	Person string
	Logout string // the request, sealed, bound to the session that the person was asked about
	Stay   string
	Code   string // of the fault in the request, where there is one
	Fault  string
}

// askToSignOut asks the person, in a form of our own.
func (p *Provider) askToSignOut(w http.ResponseWriter, r *http.Request, l logout, v visitor) error {
	l.Asked = v.session.ID
	sealed, err := p.sealLogout(l)
	if err != nil {
		return err
	}
	lang := p.site.Language(w, r, l.Locales...)
	page := confirm{Person: named(v.person), Logout: sealed, Stay: accountPath}
	if l.Fault != "" {
		page.Code, page.Fault = invalidRequest, l.Fault
	}
	return p.pages.Write(w, r, web.View{
		Name: "confirm", Lang: lang, Title: p.site.Texts.T(lang, "signout.title"), Switch: "/end_session?resume=" + sealed,
		Data: page,
	})
}

// named is a person as they know themselves.
func named(u storage.User) string {
	if name := u.Name(); name != u.Email {
		return name + " (" + u.Email + ")"
	}
	return u.Email
}

// confirmLogout takes the person's yes. The form ends the session that it was shown for, in the browser that has it, and no
// other: where somebody else has signed in meanwhile, it is asked again.
func (p *Provider) confirmLogout(w http.ResponseWriter, r *http.Request) error {
	form, err := web.ParseForm(w, r)
	if err != nil {
		return err
	}
	l, err := p.openLogout(r.Context(), form.Get("logout"))
	if err != nil {
		return err
	}
	session, _, err := p.signIn.Session(r)
	switch {
	case errors.Is(err, storage.ErrNotFound): // the form was sent twice
		return p.leave(w, r, l)
	case err != nil:
		return fmt.Errorf("session of the browser: %w", err)
	case session.ID != l.Asked:
		sealed, err := p.sealLogout(l)
		if err != nil {
			return err
		}
		seeOther(w, "/end_session?resume="+sealed)
		return nil
	}
	if err := p.signIn.SignOut(w, r, session); err != nil {
		return fmt.Errorf("sign out: %w", err)
	}
	return p.farewellByPost(w, r, l, session)
}

// leave goes on after our own form: away from our origin by web's page for it.
func (p *Provider) leave(w http.ResponseWriter, r *http.Request, l logout) error {
	if l.to == "" {
		seeOther(w, l.goesTo())
		return nil
	}
	lang := p.site.Language(w, r, l.Locales...)
	return p.pages.Leave(w, r, web.Away{To: l.goesTo(), Lang: lang, Title: p.site.Texts.T(lang, "signedout.title")})
}

// means says whether the hint names this very session of this person.
func (p *Provider) means(l logout, session storage.Session) bool {
	return l.Session != "" && l.Session == p.sessionOf(l.asks, session.ID) && l.User == p.subject(l.asks, session.UserID)
}

// goesTo is where the browser goes when nobody is signed in any more: to the proved address with the state byte for byte
// and nothing else (OIDC RP-Initiated Logout §3), or to our own page.
func (l logout) goesTo() string {
	switch {
	case l.to == "":
		return signedOutPath
	case len(l.State) == 0:
		return l.to
	}
	return withQuery(l.to, []field{{"state", string(l.State)}})
}
