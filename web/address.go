package web

import (
	"context"
	"net/http"
	"net/netip"
	"strings"
)

// Address is the visitor's address: the right-most hop that is not a trusted proxy. The zero Addr when nobody knows.
func Address(ctx context.Context) netip.Addr {
	if rec := recordOf(ctx); rec != nil {
		return rec.address
	}
	return netip.Addr{}
}

// AddressBlock is what limits count by: the IPv4 address, the IPv6 /64, which one household holds alone. Visitors without
// an address share one block: in doubt they are limited.
func AddressBlock(ctx context.Context) string {
	addr := Address(ctx)
	if !addr.IsValid() {
		return "unknown"
	}
	if addr.Is4() {
		return addr.String()
	}
	return netip.PrefixFrom(addr, 64).Masked().String()
}

// addressOf reads X-Forwarded-For from right to left, as far as trusted proxies have written it. A hop that is no address
// makes the whole header worthless: then the peer is the visitor, and no policy is skipped.
func (s *Site) addressOf(r *http.Request) netip.Addr {
	peer, ok := hop(r.RemoteAddr)
	if !ok || !s.trusted(peer) {
		return peer
	}
	addr := peer
	lines := r.Header["X-Forwarded-For"]
	for i := len(lines) - 1; i >= 0; i-- {
		for rest := lines[i]; ; {
			comma := strings.LastIndexByte(rest, ',')
			next, ok := hop(rest[comma+1:])
			if !ok {
				return peer
			}
			addr = next
			if !s.trusted(addr) {
				return addr
			}
			if comma < 0 {
				break
			}
			rest = rest[:comma]
		}
	}
	return addr
}

func (s *Site) trusted(addr netip.Addr) bool {
	for _, prefix := range s.Proxies {
		if prefix.Contains(addr) {
			return true
		}
	}
	return false
}

// hop reads an address with or without port; an IPv4 address in IPv6 form is the IPv4 address, a zone is dropped.
func hop(text string) (netip.Addr, bool) {
	text = strings.TrimSpace(text)
	if withPort, err := netip.ParseAddrPort(text); err == nil {
		return withPort.Addr().Unmap().WithZone(""), true
	}
	addr, err := netip.ParseAddr(strings.TrimSuffix(strings.TrimPrefix(text, "["), "]"))
	return addr.Unmap().WithZone(""), err == nil
}
