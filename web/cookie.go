package web

import "net/http"

// Cookie is one of our cookies: HttpOnly, Path=/, no Domain, SameSite=Lax (Strict where said); over https
// Secure and named with __Host-.
type Cookie struct {
	Name   string // "session", "bind", "lang"
	Strict bool
	MaxAge int // seconds; 0: ends with the browser
}

// Set writes the cookie to the answer; an earlier one of that name in the same answer is replaced.
func (s *Site) SetCookie(w http.ResponseWriter, c Cookie, value string) { panic("stub") }

// ClearCookie removes it from the browser.
func (s *Site) ClearCookie(w http.ResponseWriter, c Cookie) { panic("stub") }

// CookieValue reads it: "" when absent, sent twice, or longer than 256 bytes.
func (s *Site) CookieValue(r *http.Request, c Cookie) string { panic("stub") }
