package main

import (
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"time"
)

// askFor is how long the doctor waits for the house.
const askFor = 5 * time.Second

// client asks as browsers do, but follows no redirect: what answers must be the issuer itself.
func (d *doctor) client() *http.Client {
	return &http.Client{
		Timeout:       askFor,
		Transport:     &http.Transport{TLSClientConfig: d.tls, DisableKeepAlives: true, ForceAttemptHTTP2: true},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
}

// discovery asks the issuer who it is.
func (d *doctor) discovery(ctx context.Context) (*http.Response, []byte, error) {
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, d.config.Issuer+"/.well-known/openid-configuration", nil)
	if err != nil {
		return nil, nil, err
	}
	response, err := d.client().Do(r)
	if err != nil {
		return nil, nil, err
	}
	defer func() { _ = response.Body.Close() }()
	body, err := io.ReadAll(io.LimitReader(response.Body, 64<<10))
	return response, body, err
}

// lookAtIssuer wants discovery at the issuer's address to name that issuer (OIDC Discovery §4.3).
func lookAtIssuer(ctx context.Context, d *doctor) []remark {
	began := time.Now()
	response, body, err := d.discovery(ctx)
	if err != nil {
		return bad(wrong, "start the server, and let the name and the proxy lead to "+d.config.Listen+
			"; where this machine alone cannot reach its own public address, run the doctor on another", "%v", plainly(err))
	}
	if response.StatusCode != http.StatusOK {
		found := response.Status
		if to := response.Header.Get("Location"); to != "" {
			found += " to " + to
		}
		return bad(wrong, "let the proxy pass every path of this name on, without a redirect and without a sign-in of its own", "discovery answers %s", found)
	}
	var says struct{ Issuer string }
	if err := json.Unmarshal(body, &says); err != nil {
		return bad(wrong, "let the proxy pass requests on to Doorward", "something else answers at %s: its discovery is no JSON", d.config.Issuer)
	}
	if says.Issuer != d.config.Issuer {
		return bad(wrong, "give both the same issuer, and start the server again", "who answers at %s calls itself %q", d.config.Issuer, says.Issuer)
	}
	return ok("%s answers as itself, in %v", d.config.Issuer, time.Since(began).Round(time.Millisecond))
}

// plainly is why a request failed, without its address.
func plainly(err error) error {
	if u := (*url.Error)(nil); errors.As(err, &u) {
		return u.Err
	}
	return err
}

// lookAtCertificate shakes hands as browsers do.
func lookAtCertificate(ctx context.Context, d *doctor) []remark {
	issuer, err := url.Parse(d.config.Issuer)
	if err != nil || issuer.Scheme != "https" {
		return ok("none is needed for %s", d.config.Issuer)
	}
	port := issuer.Port()
	if port == "" {
		port = "443"
	}
	ctx, cancel := context.WithTimeout(ctx, askFor)
	defer cancel()
	conn, err := (&tls.Dialer{Config: d.tls}).DialContext(ctx, "tcp", net.JoinHostPort(issuer.Hostname(), port))
	if unverified := (*tls.CertificateVerificationError)(nil); errors.As(err, &unverified) {
		return bad(wrong, "renew it for this name, and give the whole chain in cert_file", "browsers refuse it: %v", unverified.Err)
	}
	if err != nil {
		return bad(hint, "see what stands about the issuer", "it could not be seen: %v", err)
	}
	defer func() { _ = conn.Close() }()
	state := conn.(*tls.Conn).ConnectionState() // a tls.Dialer makes no other
	end := state.PeerCertificates[0].NotAfter
	left := end.Sub(d.now())
	found := fmt.Sprintf("valid for %s until %s (%d days), %s", issuer.Hostname(), end.Format("2 January 2006"), int(left.Hours()/24), tls.VersionName(state.Version))
	if left < soon {
		return bad(hint, "renew it", "%s", found)
	}
	return ok("%s", found)
}

const (
	goodClock = 5 * time.Second  // beside the second that a Date header counts in
	badClock  = 30 * time.Second // signed requests of applications fail before that
)

// lookAtDate compares our clock with that of who answers at the issuer's address.
func lookAtDate(ctx context.Context, d *doctor) []remark {
	response, _, err := d.discovery(ctx)
	if err != nil {
		return nil // said about the issuer
	}
	date, err := http.ParseTime(response.Header.Get("Date"))
	if err != nil {
		return bad(hint, "let the proxy pass the Date header on", "the issuer's answer tells no time")
	}
	off := d.now().Sub(date).Round(time.Second).Abs()
	const remedy = "let both machines follow the same time servers (NTP)"
	switch {
	case off > badClock:
		return bad(wrong, remedy, "this machine and the issuer's differ by %v", off)
	case off > goodClock:
		return bad(hint, remedy, "this machine and the issuer's differ by %v", off)
	}
	return ok("this machine agrees with the issuer's Date")
}
