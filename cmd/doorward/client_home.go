package main

import (
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// ownHost are the redirect URIs at the issuer's own host, of whatever port and scheme. Cookies know no ports: whoever serves a page
// there is sent the cookies of everybody who is signed in here. On this machine everything is one host, which is known.
func (c Config) ownHost(client storage.Client) []string {
	own, err := url.Parse(c.Issuer)
	if err != nil || loopback(own.Hostname()) {
		return nil
	}
	return slices.DeleteFunc(slices.Clone(client.RedirectURIs), func(address string) bool {
		u, err := url.Parse(address)
		return err != nil || !strings.EqualFold(u.Hostname(), own.Hostname())
	})
}

// apart is why that is a warning.
const apart = "is at this server's own host: whoever serves pages there gets the cookies of everybody who is signed in; give the application a host of its own"
