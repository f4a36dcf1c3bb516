package login

import (
	"net/http"
	"strings"

	"github.com/doorward/doorward/web"
)

// place is the address of a path of ours, as a link on our pages has it. The console may have an origin of its own, on the same host: our
// cookies are there too, and our pages are not.
func (s *Server) place(path string) string {
	if s.Console != "" && ofConsole(path) {
		return s.Console + path
	}
	return path
}

// ofConsole says whether a path of ours is one of the console.
func ofConsole(path string) bool {
	path, _, _ = strings.Cut(path, "?")
	return path == "/admin" || strings.HasPrefix(path, "/admin/")
}

// leave goes to a path of ours that may lead on to another origin: after a form post by web's page for it.
func (s *Server) leave(w http.ResponseWriter, r *http.Request, away elsewhere) error {
	to := s.place(away.to)
	if r.Method != http.MethodPost {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	if to == away.to {
		to = s.Site.Issuer + to
	}
	return s.pages.Leave(w, r, web.Away{To: to, Lang: away.lang, Title: s.Site.Texts.T(away.lang, "leave.title")})
}

// setOff leads from a page to the first step of an attempt, which stands at the issuer's origin wherever that page does.
func (s *Server) setOff(w http.ResponseWriter, r *http.Request, a *Attempt, to string) error {
	if s.place(a.Ask.Back) == a.Ask.Back {
		http.Redirect(w, r, to, http.StatusSeeOther)
		return nil
	}
	if r.Method != http.MethodPost {
		http.Redirect(w, r, s.Site.Issuer+to, http.StatusSeeOther)
		return nil
	}
	return s.leave(w, r, elsewhere{to, a.Lang})
}
