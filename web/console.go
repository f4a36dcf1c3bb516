package web

import (
	"html/template"
	"strconv"
	"strings"
)

// Console is the frame of a page of the console: where else one can go, and who is here.
type Console struct {
	Nav    []NavLink
	Person string // who is signed in, as pages call them
	// Account is the address of their own page: where the console has an origin of its own, it is on another one.
	Account string
}

// NavLink is a place of the console.
type NavLink struct {
	Text, Path string
	Here       bool
}

// The console's own looks and its script are files beside the page, and not in it: people who sign in do not pay for them.
var (
	consoleStyle  = newAsset("console.css", "text/css; charset=utf-8", []byte(squeeze(embedded("console.css"))))
	consoleScript = newAsset("console.js", "text/javascript; charset=utf-8", []byte(unremarked(embedded("console.js"))))
)

// StyleLink is the console's style sheet, which stands behind the one of all pages; nothing on other pages.
func (s *sheet) StyleLink() template.HTML {
	if s.Console == nil {
		return ""
	}
	return template.HTML(`<link rel="stylesheet" href="` + consoleStyle.path + `">` + "\n")
}

// Renews marks an element, which must have an id, whose content is read again every so many seconds while somebody looks; without
// scripts the page is as good, and has a link that loads it again: <section id="tail" {{.Renews 5}}>. It is read from the page's own
// address, or, where that was posted to, from another page of ours that has the element too; a page that was posted to and names none
// stays as it is, since to load it again would be to post it again.
func (s *sheet) Renews(seconds int, from ...string) template.HTMLAttr {
	other := strings.Join(from, "")
	if s.renews = other != "" || s.Switch != ""; !s.renews {
		return ""
	}
	return attribute("data-renew", strconv.Itoa(seconds)) + attribute("data-from", other) + s.words("data-over", "script.over", "data-again", "script.again")
}

// Reload is where a page with such a part is loaded again without scripts; "" where it has none, or was posted to.
func (s *sheet) Reload() string {
	if !s.renews {
		return ""
	}
	return s.Switch
}
