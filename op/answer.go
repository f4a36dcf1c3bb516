package op

import (
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

const codeLife = 60 * time.Second // RFC 6749 §4.1.2 allows ten minutes; a client needs a second

// field is one parameter of an authorization response.
type field struct{ Name, Value string }

// answer sends the code: what the person granted, sealed (RFC 6749 §4.1.2). Nothing is written.
func (p *Provider) answer(w http.ResponseWriter, r *http.Request, c *checked, v visit) error {
	session, redirect := v.session, sha256.Sum256([]byte(c.to.redirect))
	now := p.now()
	sealed, err := p.sealCode(code{
		ID: storage.NewID(), Client: c.client().ID, User: session.UserID, Session: session.ID,
		Scopes: c.scopes, Claims: c.claims, Resource: c.resource, Nonce: c.params["nonce"], PKCE: c.challenge, Redirect: redirect[:],
		AuthTime: session.AuthTime.Unix(), ACR: c.acrFor(v), AMR: session.AMR,
		Issued: now.UnixMicro(), Expires: now.Add(codeLife).Unix(),
	}, c.to.test)
	if err != nil {
		return fmt.Errorf("seal code: %w", err)
	}
	return p.send(w, r, c.to, []field{{"code", sealed}})
}

// send is the one way back to a client, with an answer or an error: in its response mode, with its state and our name
// (RFC 9207 §2).
func (p *Provider) send(w http.ResponseWriter, r *http.Request, to Destination, fields []field) error {
	if to.state != "" {
		fields = append(fields, field{"state", to.state})
	}
	fields = append(fields, field{"iss", p.site.Issuer})
	if to.mode == modeForm {
		return p.sendForm(w, r, to, fields)
	}
	seeOther(w, withQuery(to.redirect, fields))
	return nil
}

// withQuery appends the response to the registered address and leaves that as it is: its own query is neither sorted
// nor encoded anew (RFC 6749 §3.1.2).
func withQuery(redirect string, fields []field) string {
	var b strings.Builder
	b.WriteString(redirect)
	separator := "?"
	if strings.Contains(redirect, "?") {
		separator = "&"
	}
	for _, f := range fields {
		b.WriteString(separator + f.Name + "=" + url.QueryEscape(f.Value))
		separator = "&"
	}
	return b.String()
}

// seeOther answers 303, so that a POST never travels on with its body (RFC 9700 §4.12), and keeps the code out of caches
// and out of the Referer.
func seeOther(w http.ResponseWriter, location string) {
	noStore(w)
	w.Header().Set("Referrer-Policy", "no-referrer")
	w.Header().Set("Location", location)
	w.WriteHeader(http.StatusSeeOther)
}

// noStore keeps an answer out of every cache (RFC 6749 §5.1); the library writes tokens and does not.
func noStore(w http.ResponseWriter) {
	w.Header().Set("Cache-Control", "no-store")
	w.Header().Set("Pragma", "no-cache")
}

// formPost is the page form_post.html.
type formPost struct {
	Action string
	Fields []field
}

// submits sends the page's form where scripts run; elsewhere its button does. No field may be called submit: it would
// hide the form's own function.
const submits = "document.forms[0].submit()"

// sendForm answers with a page that posts the response (OAuth 2.0 Form Post Response Mode §2). Its policy names no
// form-action, since browsers apply that to the redirects of the client's answer too.
func (p *Provider) sendForm(w http.ResponseWriter, r *http.Request, to Destination, fields []field) error {
	lang, script := p.site.Language(w, r, to.locales...), ""
	if p.submitsItself(to, fields) {
		script = submits
	}
	return p.pages.Write(w, r, web.View{
		Name: "form_post", Lang: lang, Title: p.site.Texts.T(lang, "leave.title"),
		Data: formPost{Action: to.redirect, Fields: fields}, Abroad: true, Script: script,
	})
}

// submitsItself says whether a script may press the button. Whatever anybody has registered, it never does towards this server itself;
// and where a client registered itself, a person has to allow it something first: else it could name an address of another application
// of the company and, by a request that is refused, have a form posted there from the same site with nobody's doing (RFC 9700 §4.11.2).
func (p *Provider) submitsItself(to Destination, fields []field) bool {
	refusal := slices.ContainsFunc(fields, func(f field) bool { return f.Name == "error" })
	return !p.leadsHere(to.redirect) && !(refusal && to.client.Owner == "dynamic")
}
