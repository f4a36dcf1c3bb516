package main

import (
	"cmp"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"strings"
	"time"
)

// staticClients are those that the suite is told to use where it does not register its own. A module that is not about being
// called back when a session ends takes such a call for a fault, so those that are have clients of their own.
var staticClients = []struct{ id, method, logout string }{
	{"suite", "client_secret_basic", ""},
	{"suite-2", "client_secret_basic", ""},
	{"suite-post", "client_secret_post", ""},
	{"suite-backchannel", "client_secret_basic", "backchannel_logout"},
	{"suite-frontchannel", "client_secret_basic", "frontchannel_logout"},
}

// configuration is the file of the house. No code is mailed, since the suite has no mailbox; its clients register themselves, know
// no PKCE where that is not what a module is about, and are called back on this machine.
func (h *house) configuration() string {
	var b strings.Builder
	fmt.Fprintf(&b, `issuer: %[1]s
listen: %[2]s
tls: {cert_file: cert.pem, key_file: key.pem}
login: {email_code: never}
registration: {mode: open, pkce: optional, hourly: 10000, allow: [%[3]s]}
outbound: {allow: [%[3]s], ca_file: suite.pem}
clients:
`, h.issuer, h.listen, h.suite.address)
	for _, c := range staticClients {
		at := h.suite.address + "/test/a/" + alias
		fmt.Fprintf(&b, `  - id: %[1]s
    name: Conformance suite
    auth_method: %[2]s
    secret_file: %[1]s.secret
    redirect_uris: [%[3]s/callback]
    post_logout_redirect_uris: [%[3]s/post_logout_redirect]
    require_pkce: false
`, c.id, c.method, at)
		if c.logout != "" {
			fmt.Fprintf(&b, "    %[1]s_uri: %[2]s/%[1]s\n    %[1]s_session: true\n", c.logout, at)
		}
	}
	return b.String()
}

// tell is what the suite is told about the house for a plan.
func (h *house) tell(p plan) map[string]any {
	return map[string]any{
		"alias":              alias,
		"description":        "Doorward: " + p.name,
		"server":             map[string]any{"discoveryUrl": h.issuer + "/.well-known/openid-configuration", "login_hint": person},
		"client":             h.client(cmp.Or(p.client, "suite")),
		"client2":            h.client("suite-2"),
		"client_secret_post": h.client("suite-post"),
		"browser":            visits(h, picture),
		"override":           overrides(h),
		"options":            map[string]any{"browsercontrol_css_enable": false},
	}
}

// client is a declared client as the suite is told of it.
func (h *house) client(id string) map[string]any {
	return map[string]any{"client_id": id, "client_secret": h.secrets[id]}
}

// selfSigned makes a certificate for localhost that is good for a day, and its key, as PEM.
func selfSigned() (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()), Subject: pkix.Name{CommonName: "localhost"}, DNSNames: []string{"localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	return inPEM("CERTIFICATE", der), inPEM("PRIVATE KEY", keyDER), nil
}

func inPEM(kind string, der []byte) string {
	return string(pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der}))
}
