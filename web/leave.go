package web

import (
	"net/http"
	"net/url"
	"path"
	"strings"
	"unicode"
)

// Away is where a browser goes next, and the page that sends it there.
type Away struct {
	To    string // an absolute URL, checked before: whoever is sent there trusts us
	Lang  string
	Title string // already translated
}

// Leave leads a browser on after a form of ours. That cannot be a redirect, since browsers hold the whole chain of
// redirects against form-action: it is a page that goes on by itself, with a link where that does not work.
func (p *Pages) Leave(w http.ResponseWriter, r *http.Request, away Away) error {
	return p.Write(w, r, View{Name: "leave", Lang: away.Lang, Title: away.Title, Leave: away.To})
}

// leavable wants a scheme that leads to another program or site, and none that runs or reads something here.
func leavable(url string) bool {
	scheme, rest, found := strings.Cut(url, ":")
	if !found || rest == "" || strings.ContainsFunc(url, func(c rune) bool { return c <= ' ' || c == 0x7f || c == '"' || c == '\\' }) {
		return false
	}
	switch strings.ToLower(scheme) {
	case "javascript", "data", "vbscript", "file", "about", "blob", "filesystem", "view-source":
		return false
	}
	for i, c := range scheme {
		letter := c|0x20 >= 'a' && c|0x20 <= 'z'
		if !letter && (i == 0 || !strings.ContainsRune("0123456789+-.", c)) {
			return false
		}
	}
	return scheme != ""
}

// OwnPath says whether to is an absolute path of our own origin, however a browser reads it: "//host", "/\host",
// "/%09/host" and "/..//host" are not.
func OwnPath(to string) bool {
	if !strings.HasPrefix(to, "/") || strings.ContainsFunc(to, func(c rune) bool { return c <= ' ' || c > '~' || c == '\\' }) {
		return false
	}
	u, err := url.Parse(to)
	if err != nil || u.Host != "" || u.Scheme != "" || u.Fragment != "" {
		return false
	}
	odd := func(c rune) bool { return unicode.IsControl(c) || c == '\\' } // written as %09 or %5c
	return path.Clean(u.Path) == u.Path && !strings.ContainsFunc(u.Path, odd)
}
