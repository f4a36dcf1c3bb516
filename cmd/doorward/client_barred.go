package main

import (
	"context"
	"fmt"
	"slices"

	"github.com/doorward/doorward/storage"
)

// barred is an address of an application that the server would have to ask, and does not.
type barred struct {
	field, address string // the field as RFC 7591 §2 and its relatives name it
}

// letIn is what to do about it.
const letIn = "add its origin to outbound.allow, if it is meant so"

func (b barred) String() string {
	return b.address + " is never fetched: it is not https on port 443 of a public host"
}

// barred judges an application's addresses as they are written. Names may yet lead where nothing is fetched.
func (c OutboundConfig) barred(client storage.Client) []barred {
	fetcher, err := c.fetcher(false)
	if err != nil {
		return nil // the configuration is at fault, and says so
	}
	named := []barred{
		{"jwks_uri", client.JWKSURI}, {"backchannel_logout_uri", client.BackchannelURI}, {"logo_uri", client.LogoURI},
	}
	for _, uri := range client.RequestURIs {
		named = append(named, barred{"request_uris", uri})
	}
	return slices.DeleteFunc(named, func(b barred) bool { return b.address == "" || !fetcher.Bars(b.address) })
}

// lookAtFetches leaves out who registered itself: strangers may name what they like.
func lookAtFetches(ctx context.Context, d *doctor) []remark {
	clients, err := d.db.Clients(ctx)
	if err != nil {
		return bad(wrong, "see whether the database works", "%v", err)
	}
	var found []remark
	for _, client := range clients {
		if client.Disabled || client.Owner == "dynamic" {
			continue
		}
		for _, b := range d.config.Outbound.barred(client) {
			found = append(found, bad(wrong, letIn, "client %s: %s %s", client.ID, b.field, b)...)
		}
	}
	if len(found) == 0 {
		return ok("none that applications name is barred")
	}
	return found
}

// warn tells of what was added and will not work as it is, or not be safe. The application is there all the same: outbound.allow may follow.
func (c clientAdd) warn(o outside, f *foundation, record storage.Client) error {
	for _, b := range f.config.Outbound.barred(record) {
		if _, err := fmt.Fprintf(o.stderr, "warning: --%s: %s; %s\n", flagNamed(b.field), b, letIn); err != nil {
			return err
		}
	}
	for _, address := range f.config.ownHost(record) {
		if _, err := fmt.Fprintf(o.stderr, "warning: --redirect-uri: %s %s\n", address, apart); err != nil {
			return err
		}
	}
	return nil
}
