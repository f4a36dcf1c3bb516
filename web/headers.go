package web

import (
	"crypto/sha256"
	"encoding/base64"
	"net/http"
	"strings"
)

var (
	htmlType      = []string{"text/html; charset=utf-8"}
	ownReferrer   = []string{"same-origin"}
	denyFrames    = []string{"DENY"}
	plainPolicy   = []string{(&View{}).policy()}
	noPermissions = []string{"camera=(), geolocation=(), microphone=()"}
)

// pageHeaders are those of every page. Referrer-Policy is same-origin and not no-referrer: with the latter browsers send
// "Origin: null" with our own forms. There is no Cross-Origin-Opener-Policy: it would cut an app that opened us in a
// popup off from its window (oidc-client-ts signinPopup), and nothing here trusts an opener.
func pageHeaders(h http.Header, v *View) {
	h["Content-Type"] = htmlType
	h["Cache-Control"] = noStore
	h["Pragma"] = noCache
	h["Referrer-Policy"] = ownReferrer
	h["X-Frame-Options"] = denyFrames
	h["Permissions-Policy"] = noPermissions
	h["Content-Security-Policy"] = plainPolicy
	if v.Abroad || v.Script != "" {
		h["Content-Security-Policy"] = []string{v.policy()}
	}
	if v.Leave != "" {
		h["Refresh"] = []string{"0; url=" + v.Leave}
	}
}

func (v *View) policy() string {
	action, script := "form-action 'self'; ", ""
	if v.Abroad {
		action = ""
	}
	if v.Script != "" {
		script = "script-src " + hashSource(v.Script) + "; "
	}
	return "default-src 'none'; style-src " + hashSource(style) + "; " + script +
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
