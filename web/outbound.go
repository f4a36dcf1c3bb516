package web

import (
	"cmp"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"mime"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"os"
	"slices"
	"strings"
	"syscall"
	"time"
)

// Limits of what is fetched from elsewhere.
const (
	outboundDial = 3 * time.Second
	outboundTime = 5 * time.Second // in all, the body included
	outboundSize = 256 << 10       // bytes of a body
	outboundHead = 16 << 10        // bytes of an answer's headers
)

// Outbound asks addresses that strangers name: a client's keys, its request objects, its logout endpoint. It goes to public
// addresses, over https on port 443, follows no redirect, uses no proxy and sends nothing of ours. The address is judged when it is
// connected to, so that a name which leads elsewhere a moment later gains nothing (security: outbound). Safe for concurrent use.
type Outbound struct {
	vouched  []string // origins that the operator vouches for
	setting  string   // where they stand
	loopback bool
	client   *http.Client
}

// OutboundOptions are the operator's exceptions.
type OutboundOptions struct {
	Allow   []string // origins like "https://apps.corp.test:8443" or "http://127.0.0.1:9000": their address, port and scheme are not judged
	Setting string   // where Allow stands, for the words of ErrBarred; "": outbound.allow
	CAFile  string   // PEM: certificates that are believed besides those of the system; "": none

	Loopback bool // this machine may be asked at any port, over plain http too: for development
}

// ErrOutbound is what every failure is: the address is not allowed, or does not answer as it should. Its text names neither the
// address nor what stands there, so that nobody learns by us what a network holds.
var ErrOutbound = errors.New("the address cannot be fetched")

// Kinds of ErrOutbound. What a name leads to is no stranger's business: who is told of their own address hears ErrUnreached in place of
// ErrBarred, whose words are for the operator.
var (
	ErrUnreached = fmt.Errorf("%w: no connection, or not over TLS as it should be", ErrOutbound)
	ErrBarred    = errors.New("its origin has to be allowed by name")

	errNotPublic = errors.New("it is not public")
	errNotHTTPS  = errors.New("it is not https on port 443")
)

// barredBy is ErrBarred with what the operator can do about it.
type barredBy struct {
	why     error
	setting string
}

func (b barredBy) Error() string {
	return fmt.Sprintf("%s: %s: add its origin to %s", ErrOutbound, b.why, b.setting)
}

func (barredBy) Unwrap() []error { return []error{ErrOutbound, ErrBarred} }

// NewOutbound checks the options.
func NewOutbound(o OutboundOptions) (*Outbound, error) {
	for _, origin := range o.Allow {
		if err := CheckOrigin(origin); err != nil {
			return nil, err
		}
	}
	roots, err := moreRoots(o.CAFile)
	if err != nil {
		return nil, err
	}
	dialer := &net.Dialer{Timeout: outboundDial, ControlContext: judgeAddress}
	return &Outbound{vouched: o.Allow, setting: cmp.Or(o.Setting, "outbound.allow"), loopback: o.Loopback, client: &http.Client{
		Timeout: outboundTime,
		Transport: &http.Transport{
			DialContext:            dialer.DialContext,
			TLSClientConfig:        &tls.Config{MinVersion: tls.VersionTLS12, RootCAs: roots},
			TLSHandshakeTimeout:    outboundDial,
			ResponseHeaderTimeout:  outboundTime,
			MaxResponseHeaderBytes: outboundHead,
			DisableKeepAlives:      true, // a connection that stands would be judged no more
			DisableCompression:     true, // a small body that grows
		},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}, nil
}

func moreRoots(file string) (*x509.CertPool, error) {
	if file == "" {
		return nil, nil
	}
	pem, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	roots, err := x509.SystemCertPool()
	if err != nil {
		roots = x509.NewCertPool()
	}
	if !roots.AppendCertsFromPEM(pem) {
		return nil, fmt.Errorf("%s holds no certificate", file)
	}
	return roots, nil
}

// CheckOrigin wants scheme, host and port, and nothing else.
func CheckOrigin(origin string) error {
	u, err := url.Parse(origin)
	if err != nil || originOf(u) != origin || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" {
		return fmt.Errorf("%q is not an origin like https://apps.example.com:8443", origin)
	}
	return nil
}

func originOf(u *url.URL) string { return u.Scheme + "://" + u.Host }

// reach is where a connection may lead to.
type reach int

const (
	reachPublic   reach = iota // public addresses, port 443
	reachLoopback              // this machine
	reachAny                   // an origin that the operator vouches for
)

type reachKey struct{}

// judgeAddress stands between the resolver and the connection: what it sees is where the connection really goes.
func judgeAddress(ctx context.Context, _, address string, _ syscall.RawConn) error {
	to, err := netip.ParseAddrPort(address)
	if err != nil {
		return err
	}
	may, _ := ctx.Value(reachKey{}).(reach)
	if may == reachAny || may == reachLoopback && to.Addr().Unmap().IsLoopback() || to.Port() == 443 && public(to.Addr()) {
		return nil
	}
	return errNotPublic
}

// unicast6 is all that is given out of IPv6 so far: everything beside it reaches this machine, its neighbours, or IPv4 in disguise
// (RFC 4291 §2.4, RFC 6052, RFC 7915).
var unicast6 = netip.MustParsePrefix("2000::/3")

// notPublic are networks that IsGlobalUnicast and IsPrivate let pass all the same (RFC 6890 and its registries).
var notPublic = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")

func prefixes(texts ...string) []netip.Prefix {
	list := make([]netip.Prefix, len(texts))
	for i, text := range texts {
		list[i] = netip.MustParsePrefix(text)
	}
	return list
}

func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && ip.Zone() == "" && (ip.Is4() || unicast6.Contains(ip)) &&
		!slices.ContainsFunc(notPublic, func(p netip.Prefix) bool { return p.Contains(ip) })
}

// Get fetches a document of one of the media types; none named: of any. Only 200 is an answer. ErrOutbound.
func (o *Outbound) Get(ctx context.Context, address string, types ...string) ([]byte, error) {
	r, err := o.request(ctx, http.MethodGet, address, nil)
	if err != nil {
		return nil, err
	}
	if len(types) > 0 {
		r.Header.Set("Accept", strings.Join(types, ", "))
	}
	answer, err := o.client.Do(r)
	if err != nil {
		return nil, o.failed(err)
	}
	defer answer.Body.Close()
	if answer.StatusCode != http.StatusOK {
		return nil, fmt.Errorf("%w: it answers %d", ErrOutbound, answer.StatusCode)
	}
	if kind, _, err := mime.ParseMediaType(answer.Header.Get("Content-Type")); len(types) > 0 && (err != nil || !slices.Contains(types, kind)) {
		return nil, fmt.Errorf("%w: it is none of %s", ErrOutbound, strings.Join(types, ", "))
	}
	body, err := io.ReadAll(io.LimitReader(answer.Body, outboundSize+1))
	switch {
	case err != nil:
		return nil, o.failed(err)
	case len(body) > outboundSize:
		return nil, fmt.Errorf("%w: it is larger than 256 KiB", ErrOutbound)
	}
	return body, nil
}

// PostForm posts a form and tells the status of the answer, whose body nobody reads. ErrOutbound where none came.
func (o *Outbound) PostForm(ctx context.Context, address string, form url.Values) (int, error) {
	r, err := o.request(ctx, http.MethodPost, address, strings.NewReader(form.Encode()))
	if err != nil {
		return 0, err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	answer, err := o.client.Do(r)
	if err != nil {
		return 0, o.failed(err)
	}
	return answer.StatusCode, answer.Body.Close()
}

func (o *Outbound) reaches(u *url.URL) reach {
	ip, err := netip.ParseAddr(u.Hostname())
	switch {
	case slices.Contains(o.vouched, originOf(u)):
		return reachAny
	case o.loopback && (u.Hostname() == "localhost" || err == nil && ip.Unmap().IsLoopback()):
		return reachLoopback
	}
	return reachPublic
}

// request judges the address as it is written; where it leads to is judged by the dialer.
func (o *Outbound) request(ctx context.Context, method, address string, body io.Reader) (*http.Request, error) {
	u, err := url.Parse(address)
	if err != nil || u.User != nil || u.Hostname() == "" || strings.ContainsFunc(address, func(r rune) bool { return r <= ' ' || r >= 0x7f }) {
		return nil, fmt.Errorf("%w: it is not an address", ErrOutbound)
	}
	if may := o.reaches(u); may != reachPublic {
		ctx = context.WithValue(ctx, reachKey{}, may)
	} else if !standard(u) {
		return nil, barredBy{errNotHTTPS, o.setting}
	}
	r, err := http.NewRequestWithContext(ctx, method, address, body)
	if err != nil {
		return nil, fmt.Errorf("%w: it is not an address", ErrOutbound)
	}
	r.Header.Set("User-Agent", "Doorward")
	return r, nil
}

// Bars says whether an address is refused as it is written: it names no public address, or not https on port 443, and the operator does
// not vouch for its origin. A name that is not barred may yet lead to an address that is.
func (o *Outbound) Bars(address string) bool {
	u, err := url.Parse(address)
	if err != nil || o.reaches(u) != reachPublic {
		return err != nil
	}
	ip, err := netip.ParseAddr(u.Hostname())
	return !standard(u) || err == nil && !public(ip) || u.Hostname() == "localhost" || strings.HasSuffix(u.Hostname(), ".localhost")
}

// standard says whether an address is https on its usual port.
func standard(u *url.URL) bool { return u.Scheme == "https" && (u.Port() == "" || u.Port() == "443") }

// failed keeps of a failure what kind it is.
func (o *Outbound) failed(err error) error {
	if errors.Is(err, errNotPublic) {
		return barredBy{errNotPublic, o.setting}
	}
	if timeout := (net.Error)(nil); errors.As(err, &timeout) && timeout.Timeout() {
		return fmt.Errorf("%w: it does not answer in time", ErrOutbound)
	}
	return ErrUnreached
}
