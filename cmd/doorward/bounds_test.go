package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gorilla/mux"
)

// What holds for every route of the house, as its router has them: methods, bounds, headers.

var inPath = regexp.MustCompile(`\{[^}]*\}`)

// walked is a whole house and each path of its router; where a path has a name in it, there is an x.
func walked(t *testing.T) (*house, []string) {
	t.Helper()
	c, err := loadConfig(write(t, freely+"registration: {mode: open}\n", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	h, err := newHouse(t.Context(), c, parts{Log: slog.New(slog.DiscardHandler), Extra: func(_ *rooms, router *mux.Router) error {
		return router.Walk(func(route *mux.Route, _ *mux.Router, _ []*mux.Route) error {
			template, err := route.GetPathTemplate()
			paths = append(paths, inPath.ReplaceAllString(template, "x"))
			return err
		})
	}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := h.Close(); err != nil {
			t.Error(err)
		}
	})
	for _, known := range []string{"/token", "/authorize", "/login/password", "/account", "/register/x"} {
		if !slices.Contains(paths, known) {
			t.Fatalf("%s is not among %v", known, paths)
		}
	}
	return h, paths
}

// askPast sends a request past the network.
func askPast(h *house, method, path string, body io.Reader, headers ...string) *httptest.ResponseRecorder {
	r := httptest.NewRequest(method, "http://localhost:1"+path, body)
	for i := 0; i+1 < len(headers); i += 2 {
		r.Header.Set(headers[i], headers[i+1])
	}
	w := httptest.NewRecorder()
	h.server.Handler.ServeHTTP(w, r)
	return w
}

// The methods that a path has beyond GET, HEAD and POST.
var others = map[string][]string{
	"/register/x": {http.MethodPut, http.MethodDelete},                                                      // RFC 7592 §2
	"/token":      {http.MethodOptions}, "/revoke": {http.MethodOptions}, "/userinfo": {http.MethodOptions}, // scripts ask first (Fetch §3.2.2)
}

func TestEveryRouteAnswersToItsMethodsAlone(t *testing.T) { // RQ-01
	t.Parallel()
	h, paths := walked(t)
	for _, path := range paths {
		for _, method := range []string{"PUT", "DELETE", "TRACE", "PATCH", "OPTIONS", "PROPFIND", "get"} {
			if slices.Contains(others[path], method) {
				continue
			}
			w := askPast(h, method, path, nil)
			if strings.HasPrefix(path, "/admin/api/v1/") && w.Code == http.StatusUnauthorized { // a call of its table, which asks for a token first
				continue
			}
			if allow := w.Header().Get("Allow"); w.Code != http.StatusMethodNotAllowed || allow == "" || slices.Contains(strings.Split(allow, ", "), method) {
				t.Errorf("%s %s: %d, Allow %q", method, path, w.Code, allow)
			}
		}
	}
	for _, path := range []string{"/token", "/introspect", "/revoke", "/register"} {
		for _, method := range []string{"GET", "HEAD"} {
			if w := askPast(h, method, path+"?grant_type=client_credentials", nil); w.Code != http.StatusMethodNotAllowed {
				t.Errorf("%s %s: %d", method, path, w.Code)
			}
		}
	}
}

func TestNoAnswerNamesItsMaker(t *testing.T) { // HD-09
	t.Parallel()
	h, paths := walked(t)
	for _, path := range append(paths, "/nowhere") {
		for _, method := range []string{"GET", "POST", "PUT"} {
			w := askPast(h, method, path, nil, "Accept", "text/html")
			for _, name := range []string{"Server", "X-Powered-By", "Via", "X-Aspnet-Version", "X-Runtime"} {
				if got := w.Header().Get(name); got != "" {
					t.Errorf("%s %s: %s: %s", method, path, name, got)
				}
			}
			if body := strings.ToLower(w.Body.String()); w.Code >= 400 && (strings.Contains(body, "go1.") || strings.Contains(body, "gorilla") || strings.Contains(body, version())) {
				t.Errorf("%s %s: the page names a version: %.300s", method, path, body)
			}
		}
	}
}

// endless is a body without an end, and counts what was read of it.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.read += len(p)
	return len(p), nil
}

// A body may be read to 64 KiB, and by the buffers of whoever reads a little more; nothing of it is laid on the disk.
func TestNoRouteReadsABodyBeyondItsBound(t *testing.T) { // RQ-04
	folder := t.TempDir()
	t.Setenv("TMPDIR", folder)
	h, paths := walked(t)
	for _, path := range paths {
		for _, kind := range []string{"multipart/form-data; boundary=x", "application/x-www-form-urlencoded", "application/json", "text/plain"} {
			for _, packed := range []string{"", "gzip"} {
				body := &endless{}
				w := askPast(h, "POST", path, body, "Content-Type", kind, "Content-Encoding", packed, "Origin", "http://localhost:1", "Sec-Fetch-Site", "same-origin")
				if w.Code < 400 && body.read > 0 || body.read > 2*64<<10 {
					t.Errorf("%s as %s: %d, after %d bytes", path, kind, w.Code, body.read)
				}
			}
		}
	}
	if left, err := os.ReadDir(folder); err != nil || len(left) > 0 {
		t.Errorf("%v lies in the temporary folder, %v", left, err)
	}
}

// firstLine sends bytes to the house as they are, and gives the first line of its answer.
func firstLine(t *testing.T, h *house, request ...string) string {
	t.Helper()
	conn, err := net.Dial("tcp", h.Addr())
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if err := conn.SetDeadline(time.Now().Add(10 * time.Second)); err != nil {
		t.Fatal(err)
	}
	go func() {
		for _, part := range request {
			if _, err := io.WriteString(conn, part); err != nil {
				return // refused before all of it was sent
			}
		}
	}()
	line, err := bufio.NewReader(conn).ReadString('\n')
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(line)
}

func TestHeadersHaveABound(t *testing.T) { // RQ-03
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	const begin = "GET /healthz HTTP/1.1\r\nHost: localhost:1\r\n"
	for name, request := range map[string][]string{
		"a header of 1 MB": {begin, "X-Long: ", strings.Repeat("x", 1<<20), "\r\n\r\n"},
		"20,000 headers":   {begin, strings.Repeat("X-Many: x\r\n", 20_000), "\r\n"},
		"a cookie of 1 MB": {begin, "Cookie: session=", strings.Repeat("x", 1<<20), "\r\n\r\n"},
		"a URL of 64 KiB":  {"GET /" + strings.Repeat("a", 64<<10) + " HTTP/1.1\r\nHost: localhost:1\r\n\r\n"},
	} {
		if line := firstLine(t, h, request...); line != "HTTP/1.1 431 Request Header Fields Too Large" {
			t.Errorf("%s: %s", name, line)
		}
	}
}

func TestManyWhoOnlyStayConnectedKeepNobodyOut(t *testing.T) { // RQ-13
	h := testHouse(t, write(t, freely, nil))
	idle := 500
	if os.Getenv("DOORWARD_ATTACK") != "" {
		idle = 9_000 // both ends are open files of this process
	}
	for range idle {
		conn, err := net.Dial("tcp", h.Addr())
		if err != nil {
			t.Fatal(err)
		}
		defer conn.Close()
		fmt.Fprint(conn, "GET /healthz HTTP/1.1\r\nHost: localhost:1\r\n\r\n")
		if line, err := bufio.NewReader(conn).ReadString('\n'); err != nil || !strings.HasPrefix(line, "HTTP/1.1 200") {
			t.Fatalf("%q, %v", line, err)
		}
	}
	began := time.Now()
	jar, err := cookiejar.New(nil)
	if err != nil {
		t.Fatal(err)
	}
	response, err := (&http.Client{Jar: jar}).Get("http://" + h.Addr() + "/account")
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if took := time.Since(began); err != nil || response.StatusCode != http.StatusOK || !strings.Contains(string(body), `name="username"`) || took > 2*time.Second {
		t.Errorf("somebody new gets %s after %v, %v: %.200s", response.Status, took, err, body)
	}
}

// There is no listener of plain HTTP beside TLS: who speaks it to the one that there is gets its 400 from net/http, before any
// handler sees what they sent.
func TestPlainHTTPIsNotServedWhereThereIsTLS(t *testing.T) { // HD-11
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(time.Hour))
	h := testHouse(t, write(t, secured, map[string]string{"cert.pem": cert, "key.pem": key}))
	for _, request := range []string{
		"GET /login HTTP/1.1\r\nHost: localhost\r\n\r\n",
		"POST /token HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic YTpi\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 29\r\n\r\ngrant_type=client_credentials",
	} {
		if line := firstLine(t, h, request); !strings.HasPrefix(line, "HTTP/1.0 400") {
			t.Errorf("%.12s: %s", request, line)
		}
	}
}
