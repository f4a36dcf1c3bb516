package web_test

import (
	"crypto/tls"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/doorward/doorward/web"
)

// elsewhere is a server that somebody names; who is vouched for by its origin is reached.
type elsewhere struct {
	*httptest.Server
	asked atomic.Int32
	last  atomic.Pointer[http.Request]
}

func newElsewhere(t *testing.T, answer http.HandlerFunc) *elsewhere {
	t.Helper()
	e := &elsewhere{}
	e.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		e.asked.Add(1)
		e.last.Store(r)
		answer(w, r)
	}))
	t.Cleanup(e.Close)
	return e
}

func outbound(t *testing.T, o web.OutboundOptions) *web.Outbound {
	t.Helper()
	out, err := web.NewOutbound(o)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func vouching(t *testing.T, origins ...string) *web.Outbound {
	t.Helper()
	return outbound(t, web.OutboundOptions{Allow: origins})
}

func says(body string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, body)
	}
}

func TestADocumentIsFetchedWithNothingOfOurs(t *testing.T) {
	e := newElsewhere(t, says(`{"keys":[]}`))
	body, err := vouching(t, e.URL).Get(t.Context(), e.URL+"/jwks?a=b", "application/json", "application/jwk-set+json")
	if err != nil || string(body) != `{"keys":[]}` {
		t.Fatalf("%q, %v", body, err)
	}
	sent := e.last.Load()
	if sent.Method != http.MethodGet || sent.RequestURI != "/jwks?a=b" || sent.Header.Get("Accept") != "application/json, application/jwk-set+json" {
		t.Errorf("%s %s %v", sent.Method, sent.RequestURI, sent.Header)
	}
	for name := range sent.Header {
		if name != "Accept" && name != "User-Agent" && name != "Connection" {
			t.Errorf("it sends %s", name)
		}
	}
}

func TestAFormIsPostedAndItsStatusTold(t *testing.T) {
	for _, status := range []int{200, 204, 302, 400, 500} {
		e := newElsewhere(t, func(w http.ResponseWriter, r *http.Request) {
			if r.PostFormValue("logout_token") != "a+b" {
				t.Errorf("the form is %v", r.PostForm)
			}
			w.Header().Set("Location", "/again")
			w.WriteHeader(status)
		})
		got, err := vouching(t, e.URL).PostForm(t.Context(), e.URL, url.Values{"logout_token": {"a+b"}})
		if err != nil || got != status || e.asked.Load() != 1 {
			t.Errorf("%d, %v after %d requests instead of %d", got, err, e.asked.Load(), status)
		}
	}
}

func TestNothingIsReachedButWhatIsVouchedForByteForByte(t *testing.T) { // SR-02, SR-05, C.9 item 68
	e := newElsewhere(t, says("{}"))
	host := strings.TrimPrefix(e.URL, "http://")
	_, port, _ := net.SplitHostPort(host)
	out := vouching(t, e.URL)
	for _, address := range []string{
		"http://localhost:" + port + "/", "https://" + host + "/", "http://" + host + "0/", "http://" + host + ".evil.test/", "http://127.0.0.1/", "http://127.0.0.1:0" + port + "/",
		"http://a@" + host + "/", "http://a:b@" + host + "/", "http://" + host + "@127.0.0.1:" + port + "/", "HTTP://127.0.0.1.:" + port + "/",
		"http://0.0.0.0:" + port + "/", "http://[::ffff:127.0.0.1]:" + port + "/", "http://2130706433:" + port + "/", "http://127.1:" + port + "/", "//" + host + "/", host,
		"file:///etc/passwd", "file://127.0.0.1/etc/passwd", "gopher://" + host + "/", "ftp://" + host + "/", "ws://" + host + "/", "data:,{}", "about:blank", "",
		"https://10.0.0.1/", "https://169.254.169.254/latest/meta-data", "https://[fd00:ec2::254]/", "https://[fe80::1%25lo]/", "https://[::1]/", "https://localhost/", "https://127.0.0.1/",
		"https://93.184.215.14:22/", "https://93.184.215.14:25/", "https://93.184.215.14:6379/", "https://93.184.215.14:0443/", "http://93.184.215.14/", "http://93.184.215.14:443/",
		e.URL + "/\r\nX: y", e.URL + "/a b", e.URL + "/\x00", e.URL + "/ü", "http://" + host + "\\@evil.test/", "http:///" + host, "https://:443/", "https://",
	} {
		body, err := out.Get(t.Context(), address)
		if !errors.Is(err, web.ErrOutbound) || body != nil {
			t.Errorf("%q: %q, %v", address, body, err)
		}
		if _, err := out.PostForm(t.Context(), address, nil); !errors.Is(err, web.ErrOutbound) {
			t.Errorf("%q is posted to: %v", address, err)
		}
	}
	if n := e.asked.Load(); n != 0 {
		t.Errorf("it was asked %d times", n)
	}
	if _, err := out.Get(t.Context(), e.URL+"/#fragment"); err != nil || strings.Contains(e.last.Load().RequestURI, "#") {
		t.Errorf("the address itself: %v", err)
	}
}

func TestWhatIsBarredNamesTheSettingThatCouldAllowIt(t *testing.T) {
	for setting, want := range map[string]string{"": "outbound.allow", "registration.allow": "registration.allow"} {
		out, err := web.NewOutbound(web.OutboundOptions{Setting: setting})
		if err != nil {
			t.Fatal(err)
		}
		for address, why := range map[string]string{"https://10.0.0.1/x": "it is not public", "http://rp.test/x": "it is not https on port 443"} {
			_, err := out.Get(t.Context(), address)
			if _, posted := out.PostForm(t.Context(), address, nil); err == nil || posted == nil || posted.Error() != err.Error() || err.Error() != "the address cannot be fetched: "+why+": add its origin to "+want {
				t.Errorf("%s: %v, %v", address, err, posted)
			}
		}
	}
}

func TestAnAddressThatIsBarredIsToldFromOneThatDoesNotAnswer(t *testing.T) {
	e := newElsewhere(t, says("{}"))
	gone := newElsewhere(t, says("{}"))
	gone.Close()
	out := vouching(t, e.URL, gone.URL, "https://10.0.0.8:8443")
	for address, barred := range map[string]bool{
		"https://10.0.0.1/x": true, "https://127.0.0.1/x": true, "https://[::1]/x": true, "https://[fd00::1]/x": true, "https://localhost/x": true,
		"https://app.localhost/x": true, "https://rp.test:8443/x": true, "http://rp.test/x": true, "http://localhost:9292/x": true,
		e.URL + "/x": false, gone.URL + "/x": false,
	} {
		_, err := out.Get(t.Context(), address)
		if errors.Is(err, web.ErrBarred) != barred && !strings.Contains(address, "app.localhost") { // which resolvers need not know
			t.Errorf("%s: %v", address, err)
		}
		if out.Bars(address) != barred {
			t.Errorf("%s: barred as it is written: %v", address, !barred)
		}
	}
	for _, address := range []string{"https://rp.test/x", "https://rp.test:443/x", "https://93.184.215.14/x", "https://10.0.0.8:8443/x"} {
		if out.Bars(address) {
			t.Errorf("%s is barred", address)
		}
	}
	if _, err := out.Get(t.Context(), gone.URL); !errors.Is(err, web.ErrUnreached) {
		t.Errorf("who is not there: %v", err)
	}
}

func TestOnlyAnOriginCanBeVouchedFor(t *testing.T) { // C.9 item 68
	for _, origin := range []string{
		"", "127.0.0.1:80", "https://", "https://a.test/", "https://a.test/path", "https://a.test?", "https://a.test#", "https://u@a.test", "ftp://a.test", "https://*.a.test/*", "//a.test", "null",
	} {
		if _, err := web.NewOutbound(web.OutboundOptions{Allow: []string{"https://good.test", origin}}); err == nil {
			t.Errorf("%q is taken", origin)
		}
	}
}

func TestDevelopmentReachesThisMachineAndNoOther(t *testing.T) { // C.9 item 68
	e := newElsewhere(t, says("{}"))
	out := outbound(t, web.OutboundOptions{Loopback: true})
	for _, address := range []string{e.URL, strings.Replace(e.URL, "127.0.0.1", "localhost", 1)} {
		if _, err := out.Get(t.Context(), address); err != nil {
			t.Errorf("%s: %v", address, err)
		}
	}
	for _, address := range []string{"http://10.0.0.1/", "https://10.0.0.1/", "http://93.184.215.14/", "http://localhost.evil.test/", "file://localhost/etc/passwd"} {
		if _, err := out.Get(t.Context(), address); !errors.Is(err, web.ErrOutbound) {
			t.Errorf("%s: %v", address, err)
		}
	}
}

func TestNoRedirectIsFollowed(t *testing.T) { // SR-03
	target := newElsewhere(t, says("{}"))
	for _, status := range []int{301, 302, 303, 307, 308} {
		e := newElsewhere(t, func(w http.ResponseWriter, r *http.Request) { http.Redirect(w, r, target.URL, status) })
		if _, err := vouching(t, e.URL, target.URL).Get(t.Context(), e.URL); !errors.Is(err, web.ErrOutbound) {
			t.Errorf("%d: %v", status, err)
		}
	}
	if target.asked.Load() != 0 {
		t.Error("a redirect was followed")
	}
}

func TestADocumentOfAnotherKindIsNone(t *testing.T) { // SR-06
	for media, want := range map[string]bool{
		"application/json": true, "Application/JSON; charset=utf-8": true, "text/html": false, "application/json+x": false, "application/json, text/html": false, "": false,
	} {
		e := newElsewhere(t, func(w http.ResponseWriter, _ *http.Request) {
			w.Header()["Content-Type"] = []string{media}
			fmt.Fprint(w, "{}")
		})
		out := vouching(t, e.URL)
		if _, err := out.Get(t.Context(), e.URL, "application/json"); (err == nil) != want {
			t.Errorf("%q: %v", media, err)
		}
		if _, err := out.Get(t.Context(), e.URL); err != nil {
			t.Errorf("%q where any will do: %v", media, err)
		}
	}
	for _, status := range []int{201, 204, 206, 304, 401, 404, 500, 503} {
		e := newElsewhere(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) })
		if _, err := vouching(t, e.URL).Get(t.Context(), e.URL); !errors.Is(err, web.ErrOutbound) {
			t.Errorf("%d is an answer: %v", status, err)
		}
	}
}

func TestOnlyCertificatesThatAreKnownAreBelieved(t *testing.T) {
	s := httptest.NewUnstartedServer(says("{}"))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.StartTLS()
	t.Cleanup(s.Close)
	if _, err := vouching(t, s.URL).Get(t.Context(), s.URL); !errors.Is(err, web.ErrOutbound) {
		t.Errorf("a certificate of nobody: %v", err)
	}
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := outbound(t, web.OutboundOptions{Allow: []string{s.URL}, CAFile: file}).Get(t.Context(), s.URL); err != nil {
		t.Errorf("a certificate of ca_file: %v", err)
	}
	other := strings.Replace(s.URL, "127.0.0.1", "localhost", 1) // which the certificate does not name
	if _, err := outbound(t, web.OutboundOptions{Allow: []string{other}, CAFile: file}).Get(t.Context(), other); !errors.Is(err, web.ErrOutbound) {
		t.Errorf("a certificate of another name: %v", err)
	}
	for _, wrong := range []string{filepath.Join(t.TempDir(), "none"), os.DevNull} {
		if _, err := web.NewOutbound(web.OutboundOptions{CAFile: wrong}); err == nil {
			t.Errorf("%s is taken for certificates", wrong)
		}
	}
}

func TestNothingOlderThanTLS12IsSpoken(t *testing.T) {
	s := httptest.NewUnstartedServer(says("{}"))
	s.Config.ErrorLog = log.New(io.Discard, "", 0)
	s.TLS = &tls.Config{MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}
	s.StartTLS()
	t.Cleanup(s.Close)
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: s.Certificate().Raw}), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := outbound(t, web.OutboundOptions{Allow: []string{s.URL}, CAFile: file}).Get(t.Context(), s.URL); !errors.Is(err, web.ErrOutbound) {
		t.Errorf("TLS 1.1: %v", err)
	}
}

func TestAFailureTellsNothingOfTheAddress(t *testing.T) {
	closed := httptest.NewServer(nil)
	closed.Close()
	answers := newElsewhere(t, func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusTeapot) })
	out := vouching(t, closed.URL, answers.URL)
	for _, address := range []string{closed.URL + "/secret-path", answers.URL + "/secret-path", "https://10.1.2.3/secret-path", "https://secret-name.invalid/", "http://u:secret-word@127.0.0.1/"} {
		_, err := out.Get(t.Context(), address)
		if err == nil {
			t.Fatalf("%s answers", address)
		}
		for _, told := range []string{"secret", "127.0.0.1", "10.1.2.3", "refused", "dial", "lookup"} {
			if strings.Contains(err.Error(), told) {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}
