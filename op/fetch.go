package op

import (
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// fetcher fetches what a client names. The origins that the operator vouches for are for clients that the operator knows: one that
// registered itself could name any path there, and learn by our answers what a network holds.
func (p *Provider) fetcher(client storage.Client) *web.Outbound {
	if client.Owner == "dynamic" {
		return p.forRegistered
	}
	return p.outbound
}
