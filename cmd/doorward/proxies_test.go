package main_test

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"io"
	"maps"
	"math/big"
	"net"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/web/webtest"
	"golang.org/x/oauth2"
)

// proxied is a server behind one of the proxies of deploy/, under the very name that the examples have.
type proxied struct {
	server      *server
	dir         string // where the proxy may write
	front, http string // HOST:PORT of the proxy, for https and http
	certificate []byte
	cert, key   string // its files
}

const publicName = "https://login.example.com"

// TestProxyExamplesCarryASignOn starts each example of deploy/ in front of the built server, with no more than addresses and
// files replaced, and signs a person on by the longest request that there may be.
func TestProxyExamplesCarryASignOn(t *testing.T) {
	t.Parallel()
	for name, start := range map[string]func(t *testing.T, p *proxied){"nginx": startNginx, "caddy": startCaddy, "apache2": startApacheProxy} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			_, err := exec.LookPath("/usr/sbin/" + name)
			_, local := exec.LookPath("/usr/bin/" + name)
			needs(t, err != nil && local != nil, name)
			p := behindProxy(t)
			start(t, p)
			for protocol, second := range map[string]bool{"HTTP/1.1": false, "HTTP/2.0": true} {
				v := p.visitor(protocol, second)
				p.signOn(t, v)
				v.wantLongLines(t)
			}
			p.wantVisitorsInTheLog(t)
			p.wantRedirectToHTTPS(t)
		})
	}
}

// behindProxy is a server that believes a proxy on this machine, and the certificate for it.
func behindProxy(t *testing.T) *proxied {
	t.Helper()
	v := newServer(t, settings{
		"database": "sqlite:doorward.db", "trusted_proxies": []string{"127.0.0.1"},
		"login":   settings{"email_code": "never", "argon2": settings{}}, // where the issuer has a public name no hash is cheap
		"clients": []settings{application(t, "app", "client_secret_basic")},
	})
	text := example(t, v.file, map[string]string{`"issuer": "` + v.issuer + `"`: `"issuer": "` + publicName + `"`})
	if err := os.WriteFile(v.file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	v.addUser(annaEmail, annaPassword)
	v.start()
	p := &proxied{server: v, dir: readable(t), front: "127.0.0.1:" + freePort(t), http: "127.0.0.1:" + freePort(t)}
	p.certify(t)
	return p
}

// certify makes a certificate for the public name, which signs itself.
func (p *proxied) certify(t *testing.T) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), DNSNames: []string{"login.example.com"}, IsCA: true, BasicConstraintsValid: true,
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	if err != nil {
		t.Fatal(err)
	}
	secret, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		t.Fatal(err)
	}
	p.certificate = pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	p.cert = p.write(t, "cert.pem", string(p.certificate))
	p.key = p.write(t, "key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: secret})))
}

func (p *proxied) write(t *testing.T, name, text string) string {
	t.Helper()
	file := filepath.Join(p.dir, name)
	if err := os.WriteFile(file, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	return file
}

// example is a file of deploy/ whose backend is our server.
func (p *proxied) example(t *testing.T, file string, replace map[string]string) string {
	t.Helper()
	text := example(t, filepath.Join(root, "deploy", file), replace)
	return strings.ReplaceAll(text, "127.0.0.1:8080", strings.Replace(p.server.issuer, "http://localhost", "127.0.0.1", 1))
}

func startNginx(t *testing.T, p *proxied) {
	text := p.example(t, "nginx.conf", map[string]string{
		"listen 443 ": "listen " + p.front + " ", "listen 80;": "listen " + p.http + ";",
		"/etc/nginx/tls/login.example.com.pem": p.cert, "/etc/nginx/tls/login.example.com.key": p.key,
		"/var/log/nginx/doorward.log": filepath.Join(p.dir, "access.log"),
	})
	var around strings.Builder
	around.WriteString("daemon off;\nmaster_process off;\npid nginx.pid;\nerror_log stderr;\nevents {}\nhttp {\n")
	for _, kind := range []string{"client_body", "proxy", "fastcgi", "uwsgi", "scgi"} {
		around.WriteString(kind + "_temp_path " + filepath.Join(p.dir, kind) + ";\n")
	}
	file := p.write(t, "nginx.conf", around.String()+text+"}\n")
	p.launch(t, exec.Command("/usr/sbin/nginx", "-e", "stderr", "-p", p.dir, "-c", file))
}

func startApacheProxy(t *testing.T, p *proxied) {
	text := p.example(t, "apache.conf", map[string]string{
		"<VirtualHost *:443>": "<VirtualHost " + p.front + ">", "<VirtualHost *:80>": "Listen " + p.http + "\n<VirtualHost " + p.http + ">",
		"/etc/apache2/tls/login.example.com.pem": p.cert, "/etc/apache2/tls/login.example.com.key": p.key,
		"/var/log/apache2/doorward.log": filepath.Join(p.dir, "access.log"),
	})
	startApache(t, "http://"+p.front, "socache_shmcb ssl http2 alias headers proxy proxy_http", text)
}

func startCaddy(t *testing.T, p *proxied) {
	text := p.example(t, "Caddyfile", map[string]string{"login.example.com {\n": "login.example.com {\n\ttls " + p.cert + " " + p.key + "\n"})
	port := func(address string) string { return address[strings.LastIndex(address, ":")+1:] }
	around := "{\n\tadmin off\n\tdefault_bind 127.0.0.1\n\thttp_port " + port(p.http) + "\n\thttps_port " + port(p.front) + "\n}\n"
	cmd := exec.Command("/usr/bin/caddy", "run", "--adapter", "caddyfile", "--config", p.write(t, "Caddyfile", around+text))
	cmd.Env = append(os.Environ(), "HOME="+p.dir, "XDG_DATA_HOME="+p.dir, "XDG_CONFIG_HOME="+p.dir)
	p.launch(t, cmd)
}

func (p *proxied) launch(t *testing.T, cmd *exec.Cmd) {
	t.Helper()
	launch(t, cmd).until("the proxy to listen", func() bool { return listens("http://"+p.front) && listens("http://"+p.http) })
}

// traveller is the network of a visitor on another machine: whatever the name, it reaches the proxy.
type traveller struct {
	protocol string
	net      *http.Transport
	longest  map[string]int // what the lines of requests and answers measured at most
}

// visitorAddress is that of the other machine; all of 127.0.0.0/8 is this one.
const visitorAddress = "127.0.0.7"

func (p *proxied) visitor(protocol string, second bool) *traveller {
	roots := x509.NewCertPool()
	roots.AppendCertsFromPEM(p.certificate)
	dialer := net.Dialer{LocalAddr: &net.TCPAddr{IP: net.ParseIP(visitorAddress)}, Timeout: 5 * time.Second}
	next := []string{"http/1.1"}
	if second {
		next = []string{"h2"}
	}
	return &traveller{protocol: protocol, longest: map[string]int{}, net: &http.Transport{
		DialContext: func(ctx context.Context, network, _ string) (net.Conn, error) {
			return dialer.DialContext(ctx, network, p.front)
		},
		TLSClientConfig:   &tls.Config{RootCAs: roots, NextProtos: next},
		ForceAttemptHTTP2: second,
	}}
}

// RoundTrip measures what passes.
func (v *traveller) RoundTrip(r *http.Request) (*http.Response, error) {
	response, err := v.net.RoundTrip(r)
	if err != nil {
		return nil, err
	}
	if response.Proto != v.protocol {
		return nil, &url.Error{Op: r.Method, URL: r.URL.Path, Err: http.ErrNotSupported}
	}
	for line, length := range map[string]int{
		"request": len(r.URL.RequestURI()), "Referer": len(r.Header.Get("Referer")), "Location": len(response.Header.Get("Location")),
	} {
		v.longest[line] = max(v.longest[line], length)
	}
	return response, nil
}

// ServeHTTP lets a webtest.Browser travel so.
func (v *traveller) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	out := r.Clone(r.Context())
	out.RequestURI = ""
	response, err := v.RoundTrip(out)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadGateway)
		return
	}
	defer response.Body.Close()
	maps.Copy(w.Header(), response.Header)
	w.WriteHeader(response.StatusCode)
	_, _ = io.Copy(w, response.Body)
}

// wantLongLines shows that the proxies were asked for more than the 8 KiB that they take by themselves.
func (v *traveller) wantLongLines(t *testing.T) {
	t.Helper()
	for _, line := range []string{"request", "Referer", "Location"} {
		if v.longest[line] < 8<<10 {
			t.Errorf("%s: the longest %s was of %d bytes, so the test shows little", v.protocol, line, v.longest[line])
		}
	}
	t.Logf("%s: the longest lines were %v", v.protocol, v.longest)
}

// signOn signs Anna on by a request of exactly 4 KiB, through the browser's forms and the application's own requests.
func (p *proxied) signOn(t *testing.T, v *traveller) {
	t.Helper()
	query := url.Values{
		"client_id": {"app"}, "redirect_uri": {callback}, "response_type": {"code"}, "scope": {"openid email"}, "nonce": {"n"},
		"code_challenge": {oauth2.S256ChallengeFromVerifier(verifier)}, "code_challenge_method": {"S256"},
	}.Encode() + "&state="
	// Sent in one byte and sealed in three, each mark makes the address of the sign-in longer still.
	state := strings.Repeat("!", 490) + strings.Repeat("s", 4<<10-len(query)-490)
	b := webtest.New(t, v).StayOn(publicName).Set("X-Forwarded-For", "203.0.113.9") // which the visitor made up
	b.Go(publicName + "/authorize?" + query + state)
	signIn(b)
	answer := location(t, b)
	if answer.Get("state") != state || answer.Get("iss") != publicName {
		t.Errorf("%s: the application got a state of %d bytes, iss %q", v.protocol, len(answer.Get("state")), answer.Get("iss"))
	}

	ctx := context.WithValue(t.Context(), oauth2.HTTPClient, &http.Client{Transport: v})
	party, err := connectCoreos(ctx, publicName)
	if err != nil {
		t.Fatalf("%s: discovery: %v", v.protocol, err)
	}
	got, err := party.exchange(ctx, answer.Get("code"), "n", verifier)
	if err != nil || got.email != annaEmail {
		t.Errorf("%s: the tokens are about %q, %v", v.protocol, got.email, err)
	}
}

// wantVisitorsInTheLog: the server knows the visitor by the address from which the proxy was asked, and no log has a query.
func (p *proxied) wantVisitorsInTheLog(t *testing.T) {
	t.Helper()
	seen := 0
	for line := range bytes.Lines(p.server.log.bytes()) {
		if !bytes.Contains(line, []byte("path=")) || bytes.Contains(line, []byte("path=/readyz")) {
			continue
		}
		seen++
		if !bytes.Contains(line, []byte("address="+visitorAddress+" ")) {
			t.Errorf("a visitor from %s is logged as %s", visitorAddress, line)
		}
	}
	if seen < 10 {
		t.Errorf("the log has %d requests", seen)
	}
	access, err := os.ReadFile(filepath.Join(p.dir, "access.log"))
	if err != nil && !os.IsNotExist(err) { // Caddy keeps none
		t.Fatal(err)
	}
	if bytes.ContainsAny(access, "?") || bytes.Contains(access, []byte("sssss")) {
		t.Errorf("the proxy's log has queries: %.2000s", access)
	}
}

func (p *proxied) wantRedirectToHTTPS(t *testing.T) {
	t.Helper()
	r, err := http.NewRequest(http.MethodGet, "http://"+p.http+"/account", nil)
	if err != nil {
		t.Fatal(err)
	}
	r.Host = "login.example.com"
	response, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if to := response.Header.Get("Location"); to != publicName+"/account" {
		t.Errorf("http is answered %s, to %q", response.Status, to)
	}
}
