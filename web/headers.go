package web

import (
	"crypto/sha256"
	"encoding/base64"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

var (
	htmlType      = []string{"text/html; charset=utf-8"}
	ownReferrer   = []string{"same-origin"}
	denyFrames    = []string{"DENY"}
	noPermissions = []string{"camera=(), geolocation=(), microphone=()"}
)

// pageHeaders are those of every page. Referrer-Policy is same-origin and not no-referrer: with the latter browsers send
// "Origin: null" with our own forms. There is no Cross-Origin-Opener-Policy: it would cut an app that opened us in a
// popup off from its window (oidc-client-ts signinPopup), and nothing here trusts an opener.
func (l *look) headers(h http.Header, s *sheet) {
	h["Content-Type"] = htmlType
	h["Cache-Control"] = noStore
	h["Pragma"] = noCache
	h["Referrer-Policy"] = ownReferrer
	h["X-Frame-Options"] = denyFrames
	h["Permissions-Policy"] = noPermissions
	switch {
	case s.Abroad || s.Script != "" || len(s.Frames) > 0:
		h["Content-Security-Policy"] = []string{l.policy(s.View)}
	case s.Console != nil:
		h["Content-Security-Policy"] = l.console
	case s.scripted:
		h["Content-Security-Policy"] = l.scripted
	default:
		h["Content-Security-Policy"] = l.plain
	}
	if s.Leave != "" {
		h["Refresh"] = []string{strconv.Itoa(s.Stay) + "; url=" + s.Leave}
	}
}

// look is how all pages of a site look, and the policies that follow from it.
type look struct {
	style, icon     template.HTML
	styleSource     string
	plain, scripted []string // policies of a page without and with the script file
	console         []string // of the console's: its style sheet and scripts are files, and parts of it are read again
}

func (s *Site) look() look {
	css := s.Brand.css()
	l := look{style: template.HTML("<style>" + css + "</style>"), icon: template.HTML(s.Brand.icon()), styleSource: hashSource(css)}
	l.plain = []string{l.policy(&View{})}
	l.scripted = []string{strings.Replace(l.plain[0], "; img-src", "; script-src 'self'; img-src", 1)}
	l.console = []string{strings.NewReplacer(l.styleSource, l.styleSource+" 'self'", "; img-src", "; script-src 'self'; connect-src 'self'; img-src").Replace(l.plain[0])}
	return l
}

// policy allows images of our own origin for the logo, and for the icon, which browsers fetch under it too.
func (l *look) policy(v *View) string {
	action, script := "form-action 'self'; ", ""
	if v.Abroad {
		action = ""
	}
	if v.Script != "" {
		script = "script-src " + hashSource(v.Script) + "; "
	}
	return "default-src 'none'; style-src " + l.styleSource + "; " + script + frameSources(v.Frames) +
		"img-src 'self'; " + action + "frame-ancestors 'none'; base-uri 'none'"
}

// hashSource names the exact text of an inline element (CSP 3 §2.3.1).
func hashSource(text string) string {
	sum := sha256.Sum256([]byte(text))
	return "'sha256-" + base64.StdEncoding.EncodeToString(sum[:]) + "'"
}

// squeeze takes out of the style sheet what only its readers need: comments, indents, line breaks.
func squeeze(css string) string {
	var b strings.Builder
	for {
		before, after, found := strings.Cut(css, "/*")
		for line := range strings.SplitSeq(before, "\n") {
			b.WriteString(strings.TrimSpace(line))
		}
		if !found {
			return b.String()
		}
		_, css, _ = strings.Cut(after, "*/")
	}
}
