package login_test

import (
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// client adds an application.
func (h *house) client(id, name string) {
	h.t.Helper()
	c := thirdParty()
	c.ID, c.Name, c.Consent = id, name, false
	h.must(h.db.AddClient(h.t.Context(), c, storage.Event{Actor: "test"}))
}

// connect gives an application access on behalf of a person, as redeeming a code does. The access hangs on the session.
func (h *house) connect(person storage.User, session, client string, scopes ...string) storage.Grant {
	h.t.Helper()
	now := h.db.Now()
	g := storage.Grant{ID: storage.NewID(), Kind: "code", ClientID: client, UserID: person.ID, SessionID: session, CodeID: storage.NewID(), CodeIssued: now,
		Scopes: scopes, Claims: []byte("{}"), ACR: "urn:doorward:2fa", AMR: []string{"pwd"}, AuthTime: now, IdleUntil: now.Add(24 * time.Hour), Expires: now.Add(24 * time.Hour)}
	_, err := h.db.RedeemCode(h.t.Context(), g)
	h.must(err)
	return g
}

// sessions are the ids of a person's living sessions.
func (h *house) sessions(person storage.User) []string {
	h.t.Helper()
	all, err := h.db.SessionsOf(h.t.Context(), person.ID)
	h.must(err)
	return ids(all, func(s storage.Session) string { return s.ID })
}

func (h *house) apps(person storage.User) []string {
	h.t.Helper()
	all, err := h.db.Apps(h.t.Context(), person.ID)
	h.must(err)
	return ids(all, func(a storage.App) string { return a.ClientID })
}

func ids[T any](all []T, id func(T) string) []string {
	var list []string
	for _, one := range all {
		list = append(list, id(one))
	}
	return list
}

func (h *house) trusted(person storage.User) []storage.Trust {
	h.t.Helper()
	all, err := h.db.Trusts(h.t.Context(), person.ID)
	h.must(err)
	return all
}

// present is the person as they stand in the database.
func (h *house) present(person storage.User) storage.User {
	h.t.Helper()
	u, err := h.db.User(h.t.Context(), person.ID)
	h.must(err)
	return u
}

// posts sends a form of the account as its page would.
func posts(b *webtest.Browser, path, id string) *webtest.Browser {
	return b.Go(issuer+"/account").Post(path, url.Values{"id": {id}})
}

// letterTo is the newest letter to an address.
func (h *house) letterTo(address string) string {
	h.t.Helper()
	for _, l := range h.mailbox.Letters() {
		if l.To == address {
			return l.Text
		}
	}
	h.t.Fatalf("no letter to %s", address)
	return ""
}

// linkIn finds the address that begins like this in a letter.
func linkIn(t *testing.T, letter, begins string) string {
	t.Helper()
	for _, word := range strings.Fields(letter) {
		if strings.HasPrefix(word, issuer+begins) {
			return word
		}
	}
	t.Fatalf("no link to %s in %s", begins, letter)
	return ""
}

// text is a page as a person reads it.
func text(b *webtest.Browser) string {
	return html.UnescapeString(strings.Join(strings.Fields(tags.ReplaceAllString(b.Body(), " ")), " "))
}

// bold is what stands out on a page.
func bold(b *webtest.Browser) []string {
	var all []string
	for _, found := range strong.FindAllStringSubmatch(b.Body(), -1) {
		all = append(all, found[1])
	}
	return all
}

var (
	tags   = regexp.MustCompile(`(?s)<style>.*?</style>|<[^>]*>`)
	strong = regexp.MustCompile(`<strong[^>]*>([^<]*)</strong>`)
)

// browserOf is a browser with the cookies of another one but its session, at the application.
func (h *house) browserOf(b *webtest.Browser) *webtest.Browser {
	return b.Clone().Forget("__Host-session").Go(issuer + "/app")
}
