package main

import (
	"bytes"
	"crypto/tls"
	"crypto/x509"
	"encoding/json"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// patient is a house that runs at its own issuer's address, and the doctor who looks at it.
type patient struct {
	*doctor
	file string
}

// newPatient serves a configuration; settings may change it. In it ISSUER stands for the address that the house listens at.
func newPatient(t *testing.T, settings string, neighbours map[string]string) *patient {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ := net.SplitHostPort(listener.Addr().String())
	if !strings.Contains(settings, "issuer:") {
		settings += "issuer: http://localhost:PORT\n"
	}
	text := strings.ReplaceAll(settings, "PORT", port) + "listen: 127.0.0.1:0\nlogin: {email_code: never}\n"
	p := &patient{file: write(t, text, neighbours)}
	config, err := loadConfig(p.file, nil)
	if err != nil {
		t.Fatal(err)
	}
	h, err := newHouse(t.Context(), config, parts{Log: slog.New(slog.DiscardHandler), Listener: listener})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	var out bytes.Buffer
	p.doctor = &doctor{outside: outside{ctx: t.Context(), stdout: &out, stderr: &out}, config: config, names: nameServer(t, nil), now: time.Now}
	return p
}

// wants looks for a remark of this grade about a thing.
func (p *patient) wants(t *testing.T, about, grade, text string) {
	t.Helper()
	found := p.examine()
	for _, r := range found {
		if r.About == about && r.Grade == grade && strings.Contains(r.Found, text) && (grade == fine) == (r.Remedy == "") {
			return
		}
	}
	t.Errorf("no remark %s %s %q with its remedy in %+v", grade, about, text, found)
}

func TestTheDoctorFindsNothingWrongWithAHouseInGoodOrder(t *testing.T) {
	t.Parallel()
	for name, database := range map[string]string{"sqlite": "sqlite:d.db", "postgres": storagetest.PostgresURL(t)} {
		t.Run(name, func(t *testing.T) {
			p := newPatient(t, "database: '"+database+"'\n", nil)
			for _, r := range p.examine() {
				if r.Grade == wrong && !strings.HasPrefix(r.Found, "file system:") { // this test may run in memory
					t.Errorf("%+v", r)
				}
			}
			p.wants(t, "issuer", fine, "answers as itself")
			p.wants(t, "visitors", fine, "the server saw 127.0.0.1")
			p.wants(t, "database", fine, "with the schema of this version")
			p.wants(t, "signing keys", fine, "ES256: in use for 0 days")
			p.wants(t, "backup", hint, "none was made")
			p.wants(t, "mail", hint, "not configured")
			if code, out := command(t, "", "backup", filepath.Join(t.TempDir(), "b"), "--config", p.file); code != 0 {
				t.Fatal(out)
			}
			p.wants(t, "backup", fine, "the last one is of")
			p.now = func() time.Time { return time.Now().Add(40 * 24 * time.Hour) }
			p.wants(t, "backup", hint, "40 days old")
			p.wants(t, "signing keys", wrong, "in use for 40 days")
			p.wants(t, "clock", wrong, "differ by 960h")
		})
	}
}

func TestTheDoctorEndsWithOneWhenSomethingIsWrong(t *testing.T) {
	t.Parallel()
	p := newPatient(t, "", nil)
	var found []remark
	code, out := command(t, "", "doctor", "--json", "--config", p.file)
	if err := json.Unmarshal([]byte(out), &found); err != nil || code != 0 || len(found) < 10 {
		t.Errorf("%d, %v\n%s", code, err, out)
	}
	if err := os.Chmod(p.config.MasterKeyFile, 0o644); err != nil {
		t.Fatal(err)
	}
	code, out = command(t, "", "doctor", "--config", p.file)
	if code != exitFailed || !strings.Contains(out, "wrong    master key: ") || !strings.Contains(out, "has mode 0644") || !strings.Contains(out, "doorward: 1 of ") {
		t.Errorf("%d\n%s", code, out)
	}
}

func TestTheDoctorSaysWhatIsNotThere(t *testing.T) {
	t.Parallel()
	file := write(t, "issuer: http://localhost:1\n", nil)
	code, out := command(t, "", "doctor", "--config", file)
	if code != exitFailed || !strings.Contains(out, "wrong    database: it is not there yet") || !strings.Contains(out, "wrong    issuer: ") || strings.Contains(out, "signing keys") {
		t.Errorf("%d\n%s", code, out)
	}
	if left, err := os.ReadDir(filepath.Dir(file)); err != nil || len(left) != 1 {
		t.Errorf("the doctor left %v, %v", left, err)
	}
}

func TestTheDoctorSeesWhoElseAnswersAtTheIssuer(t *testing.T) {
	t.Parallel()
	for text, answer := range map[string]http.HandlerFunc{
		"302 Found to https://elsewhere.example/": func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://elsewhere.example/", http.StatusFound)
		},
		"502 Bad Gateway": func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) },
		"is no JSON":      func(w http.ResponseWriter, _ *http.Request) { fmt.Fprint(w, "<h1>It works!</h1>") },
		`calls itself "https://other.example"`: func(w http.ResponseWriter, _ *http.Request) {
			fmt.Fprint(w, `{"issuer": "https://other.example"}`)
		},
	} {
		p := newPatient(t, "", nil)
		other := httptest.NewServer(answer)
		defer other.Close()
		p.config.Issuer = other.URL
		p.wants(t, "issuer", wrong, text)
	}
}

func TestTheDoctorSeesWhomTheServerTakesVisitorsFor(t *testing.T) {
	t.Parallel()
	p := newPatient(t, "trusted_proxies: [127.0.0.0/8]\n", nil)
	p.wants(t, "proxies", hint, "nothing seems to be in front")
	p.wants(t, "visitors", hint, "is a trusted proxy itself")
	p.config.TrustedProxies = nil // what is written is not what the server was started with
	p.wants(t, "visitors", wrong, "is believed")

	p = newPatient(t, "trusted_proxies: [127.0.0.9]\n", nil)
	inside, _ := url.Parse(p.config.Issuer)
	proxy := httputil.NewSingleHostReverseProxy(inside)
	proxy.Transport = &http.Transport{DialContext: (&net.Dialer{LocalAddr: &net.TCPAddr{IP: net.IPv4(127, 0, 0, 2)}}).DialContext}
	listener, err := net.Listen("tcp", "127.0.0.2:0")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("CI without the address 127.0.0.2: ", err)
	}
	if err != nil {
		t.Skip("this machine has no address 127.0.0.2: ", err)
	}
	front := &httptest.Server{Listener: listener, Config: &http.Server{Handler: proxy}}
	front.Start()
	defer front.Close()
	p.config.Issuer = front.URL
	p.wants(t, "visitors", wrong, "takes visitors for the proxy, 127.0.0.2")
}

func TestTheDoctorJudgesTrustedProxies(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ text, grade, want string }{
		{"issuer: https://login.example.com\n", wrong, "no proxy is trusted"},
		{"issuer: https://login.example.com\ntrusted_proxies: [10.0.0.0/8]\n", fine, "1 trusted"},
		{"issuer: https://login.example.com\ntrusted_proxies: [10.0.0.0/8, 0.0.0.0/0]\n", wrong, "trusts everybody"},
		{"issuer: http://localhost:1\n", fine, "0 trusted"},
	} {
		config, err := loadConfig(write(t, c.text, nil), nil)
		if err != nil {
			t.Fatal(err)
		}
		got := lookAtProxies(t.Context(), &doctor{config: config})
		if len(got) != 1 || got[0].Grade != c.grade || !strings.Contains(got[0].Found, c.want) {
			t.Errorf("%s: %+v", c.text, got)
		}
	}
}

func TestTheDoctorShakesHandsAsBrowsersDo(t *testing.T) {
	t.Parallel()
	soon, late := time.Now().Add(10*24*time.Hour), time.Now().Add(60*24*time.Hour)
	for name, c := range map[string]struct {
		end         time.Time
		trusted     bool
		grade, want string
	}{
		"good":          {late, true, fine, "valid for localhost until " + late.UTC().Format("2 January 2006")},
		"ends soon":     {soon, true, hint, "(9 days)"},
		"has ended":     {time.Now().Add(-time.Hour), true, wrong, "expired"},
		"is not signed": {late, false, wrong, "browsers refuse it"},
	} {
		t.Run(name, func(t *testing.T) {
			cert, key := certificate(t, c.end)
			p := newPatient(t, "issuer: https://localhost:PORT\ntls: {cert_file: cert.pem, key_file: key.pem}\n", map[string]string{"cert.pem": cert, "key.pem": key})
			if c.trusted {
				roots := x509.NewCertPool()
				roots.AppendCertsFromPEM([]byte(cert))
				p.tls = &tls.Config{RootCAs: roots}
			}
			p.wants(t, "certificate", c.grade, c.want)
		})
	}
}

func TestPlainHTTPInARedirectURIIsWrong(t *testing.T) {
	t.Parallel()
	found, names := judgeRedirects([]storage.Client{
		{ID: "wiki", RedirectURIs: []string{"https://wiki.example/cb", "https://192.0.2.1/cb"}, PostLogoutRedirectURIs: []string{"http://wiki.example/bye"}},
		{ID: "app", RedirectURIs: []string{"http://127.0.0.1/cb", "http://localhost/cb", "com.example.app:/cb"}},
		{ID: "gone", Disabled: true, RedirectURIs: []string{"http://gone.example/cb"}},
	})
	if len(found) != 1 || found[0].Grade != wrong || !strings.Contains(found[0].Found, "client wiki: codes travel to http://wiki.example/bye") {
		t.Errorf("%+v", found)
	}
	if len(names) != 1 || names["wiki.example"] != "wiki" {
		t.Errorf("%v", names)
	}
}
