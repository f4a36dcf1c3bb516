package main

import (
	"context"
	"errors"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// lookAtProxies judges trusted_proxies as it is written.
func lookAtProxies(_ context.Context, d *doctor) []remark {
	proxies := d.config.proxies()
	for _, p := range proxies {
		if p.Bits() == 0 {
			return bad(wrong, "name the proxies' own addresses in trusted_proxies", "%s trusts everybody: any visitor may claim any address, and no limit holds", p)
		}
	}
	behind := strings.HasPrefix(d.config.Issuer, "https:") && d.config.TLS.CertFile == ""
	switch {
	case d.config.unnamedProxy():
		return bad(wrong, "name the proxy's address in trusted_proxies", "TLS ends in front of Doorward, but no proxy is trusted: all visitors count as one, and share its limits")
	case !behind && len(proxies) > 0:
		return bad(hint, "leave trusted_proxies empty unless something in front passes requests on", "proxies are trusted, though nothing seems to be in front")
	}
	return ok("%d trusted", len(proxies))
}

// forged is an address for documents (RFC 5737): no visitor has it.
const forged = "203.0.113.77"

// lookAtVisitors asks the token endpoint, through whatever is in front of it, as a client that does not exist and claims to come from
// elsewhere. The server charges such a failure to the address that it takes the visitor for; the doctor looks which one that was.
func lookAtVisitors(ctx context.Context, d *doctor) []remark {
	began := d.db.Now().Add(-time.Second)
	own, peer, err := d.knock(ctx)
	if err != nil {
		return nil // said about the issuer
	}
	charged := func(address netip.Addr) bool {
		at, err := d.db.Charged(ctx, "client-auth:"+block(address))
		return err == nil && at.After(began)
	}
	trusted := slices.ContainsFunc(d.config.proxies(), func(p netip.Prefix) bool { return p.Contains(own) })
	switch believed := charged(netip.MustParseAddr(forged)); {
	case believed && trusted:
		return bad(hint, "none, if a request from another machine has its own address in the log",
			"this machine (%s) is a trusted proxy itself, and what it writes into X-Forwarded-For is believed: no more can be seen from here", own)
	case believed:
		return bad(wrong, "let the proxy set X-Forwarded-For itself, and take all from trusted_proxies that is no proxy of yours",
			"a visitor who writes X-Forwarded-For: %s is believed: limits can be passed by, and the log lies", forged)
	case charged(own):
		return ok("an X-Forwarded-For that a visitor writes is not believed: the server saw %s", own)
	}
	for _, other := range append(d.proxyAddresses(), peer) {
		if charged(other) {
			return bad(wrong, "name it in trusted_proxies, and let it set X-Forwarded-For", "the server takes visitors for the proxy, %s: all share its limits", other)
		}
	}
	return bad(hint, "see in the log which address a request of yours has", "which address the server saw could not be found out")
}

// knock sends one request with a forged header, and says between which addresses it went.
func (d *doctor) knock(ctx context.Context) (netip.Addr, netip.Addr, error) {
	var own, peer netip.Addr
	trace := &httptrace.ClientTrace{GotConn: func(c httptrace.GotConnInfo) {
		own, peer = address(c.Conn.LocalAddr()), address(c.Conn.RemoteAddr())
	}}
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"doorward-doctor"}, "client_secret": {storage.NewID()}}
	r, err := http.NewRequestWithContext(httptrace.WithClientTrace(ctx, trace), http.MethodPost, d.config.Issuer+"/token", strings.NewReader(form.Encode()))
	if err != nil {
		return own, peer, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("X-Forwarded-For", forged)
	response, err := d.client().Do(r)
	if err != nil {
		return own, peer, err
	}
	if err := response.Body.Close(); err != nil {
		return own, peer, err
	}
	if !own.IsValid() || !peer.IsValid() {
		return own, peer, errors.New("the way of the request is unknown")
	}
	return own, peer, nil
}

func address(a net.Addr) netip.Addr {
	if tcp, ok := a.(*net.TCPAddr); ok {
		return tcp.AddrPort().Addr().Unmap()
	}
	return netip.Addr{}
}

// proxyAddresses are where a proxy may sit that nobody named: on this machine.
func (d *doctor) proxyAddresses() []netip.Addr {
	list := []netip.Addr{netip.MustParseAddr("127.0.0.1"), netip.IPv6Loopback()}
	for _, p := range d.config.proxies() {
		if p.IsSingleIP() {
			list = append(list, p.Addr().Unmap())
		}
	}
	own, _ := net.InterfaceAddrs() // none: then only the loopback
	for _, a := range own {
		if prefix, err := netip.ParsePrefix(a.String()); err == nil {
			list = append(list, prefix.Addr().Unmap())
		}
	}
	return list
}

// block is what limits count an address as (see web.AddressBlock).
func block(a netip.Addr) string {
	if a.Is4() {
		return a.String()
	}
	return netip.PrefixFrom(a, 64).Masked().String()
}
