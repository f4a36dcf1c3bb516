package op

import (
	"fmt"
	"net/url"
	"slices"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// addressLife is how long an address that was met may be added.
const addressLife = 10 * time.Minute

// Address is a redirect URI that a client sent and has not registered, as an administrator was shown it. It travels sealed to the
// console's page that adds it, so that this adds what stood on our page and nothing else, and only for whom it was shown to.
type Address struct {
	Client   string `json:"c"`
	Redirect string `json:"r"`
	Session  string `json:"s"` // of the administrator; who adds it has the same
	Expires  int64  `json:"e"` // Unix seconds
}

// OpenAddress reads a sealed address. An error means that it is not ours, or too old.
func OpenAddress(box *keys.Box, sealed string, now time.Time) (Address, error) {
	var a Address
	err := box.Open(keys.ForAddress, sealed, &a)
	if err == nil && now.Unix() >= a.Expires {
		err = keys.ErrRefused
	}
	if err != nil {
		return Address{}, fmt.Errorf("address to add: %w", err)
	}
	return a, nil
}

// offer gives an administrator what the console can do about a refusal: a link to the page where it is changed, and one to that which
// adds the address. Neither changes anything.
func (p *Provider) offer(f *web.Failure, refused *refusal, session storage.Session) {
	at := refused.at
	if refused.redirect != "" {
		at = "/admin/apps/" + refused.client.ID
	}
	if at != "" {
		f.Facts = append(slices.Clone(f.Facts), web.Fact{Label: "error.console", Text: at, Link: p.consoleAt(at)})
	}
	if !addable(refused.client, refused.redirect) {
		return
	}
	a := Address{Client: refused.client.ID, Redirect: refused.redirect, Session: session.ID, Expires: p.now().Add(addressLife).Unix()}
	sealed, err := p.keys.Box.Seal(keys.ForAddress, a)
	if err != nil { // too long to travel: it is typed
		return
	}
	f.Act = &web.Act{URL: p.consoleAt(at) + "/redirects?sealed=" + sealed, Text: "error.add-address"}
}

// consoleAt is a page of the console.
func (p *Provider) consoleAt(path string) string { return p.console + path }

// addable says whether an administrator may add the address by one button: where the record would be good with it. Never plain http
// that leaves this machine, whatever a record may hold; and what others keep, they change themselves.
func addable(client storage.Client, redirect string) bool {
	u, err := url.Parse(redirect)
	if redirect == "" || client.Owner != "" || err != nil || u.Scheme == "http" && !slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname()) {
		return false
	}
	client.RedirectURIs = append(slices.Clone(client.RedirectURIs), redirect)
	return client.Check() == nil
}
