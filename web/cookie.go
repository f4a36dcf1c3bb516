package web

import (
	"net/http"
	"slices"
	"strings"
)

// maxCookie is the most bytes of a cookie's value: ours are 256-bit random, 43 characters.
const maxCookie = 256

// Cookie is one of our cookies: HttpOnly, Path=/, no Domain, SameSite=Lax (or Strict); over https Secure and named
// with __Host-, which a sibling host cannot set.
type Cookie struct {
	Name   string // "session", "bind", "lang"
	MaxAge int    // seconds; 0: ends with the browser
	Strict bool   // not even sent when a link elsewhere leads here
}

// SetCookie writes the cookie to the answer; an earlier one of that name in the same answer is replaced.
func (s *Site) SetCookie(w http.ResponseWriter, c Cookie, value string) {
	s.setCookie(w, c, value, c.MaxAge)
}

// ClearCookie removes it from the browser.
func (s *Site) ClearCookie(w http.ResponseWriter, c Cookie) { s.setCookie(w, c, "", -1) }

func (s *Site) setCookie(w http.ResponseWriter, c Cookie, value string, maxAge int) {
	site := http.SameSiteLaxMode
	if c.Strict {
		site = http.SameSiteStrictMode
	}
	cookie := http.Cookie{Name: s.cookieName(c), Value: value, Path: "/", MaxAge: maxAge,
		Secure: s.Secure(), HttpOnly: true, SameSite: site}
	h := w.Header()
	h["Set-Cookie"] = append(slices.DeleteFunc(h["Set-Cookie"], func(line string) bool {
		return strings.HasPrefix(line, cookie.Name+"=")
	}), cookie.String())
}

// CookieValue reads it: "" when absent, sent twice, or longer than 256 bytes. Of two cookies of one name the first may be
// an attacker's (cookie tossing), so neither is believed.
func (s *Site) CookieValue(r *http.Request, c Cookie) string {
	cookies := r.CookiesNamed(s.cookieName(c))
	if len(cookies) != 1 || len(cookies[0].Value) > maxCookie {
		return ""
	}
	return cookies[0].Value
}

// Cookies lists those of r whose names begin so, each once, in the order in which the browser sent them.
func (s *Site) Cookies(r *http.Request, prefix string) []Cookie {
	var list []Cookie
	before := s.cookieName(Cookie{})
	for _, sent := range r.Cookies() {
		name, ours := strings.CutPrefix(sent.Name, before)
		if c := (Cookie{Name: name}); ours && strings.HasPrefix(name, prefix) && !slices.Contains(list, c) {
			list = append(list, c)
		}
	}
	return list
}

func (s *Site) cookieName(c Cookie) string {
	if s.Secure() {
		return "__Host-" + c.Name
	}
	return c.Name
}
