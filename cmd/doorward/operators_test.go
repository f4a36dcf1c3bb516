package main

import (
	"io"
	"net"
	"net/http"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/web"
	"github.com/google/go-cmp/cmp"
)

// asked is the status and the body that a listener answers with.
func asked(t *testing.T, address, path string) (int, string) {
	t.Helper()
	response, err := http.Get("http://" + address + path)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	if err != nil {
		t.Fatal(err)
	}
	return response.StatusCode, string(body)
}

func TestOperatorsHaveAListenerOfTheirOwn(t *testing.T) {
	t.Parallel()
	h, log := openHouse(t, write(t, freely+"metrics: {listen: \"127.0.0.1:0\"}\n", nil), parts{})
	theirs := h.operators.listener.Addr().String()
	for path, want := range map[string]string{
		"/metrics": "\ndoorward_build_info{", "/healthz": "ok\n", "/readyz": "ready\n", "/debug/pprof/": "goroutine", "/debug/pprof/goroutine?debug=1": "goroutine profile",
		"/debug/pprof/heap": "", "/debug/pprof/cmdline": "doorward",
	} {
		if status, body := asked(t, theirs, path); status != http.StatusOK || !strings.Contains(body, want) {
			t.Errorf("%s answers %d: %.200s", path, status, body)
		}
	}
	for _, path := range []string{"/metrics", "/debug/pprof/", "/debug/pprof/heap"} {
		if status, _ := asked(t, h.Addr(), path); status != http.StatusNotFound {
			t.Errorf("visitors get %s: %d", path, status)
		}
	}
	for _, path := range []string{"/", "/authorize", "/login"} {
		if status, _ := asked(t, theirs, path); status != http.StatusNotFound {
			t.Errorf("the operators' listener has %s: %d", path, status)
		}
	}
	h.draining.Store(true)
	for _, address := range []string{h.Addr(), theirs} {
		if status, body := asked(t, address, "/readyz"); status != http.StatusServiceUnavailable || body != "not ready: closing\n" {
			t.Errorf("/readyz answers %d: %s", status, body)
		}
	}
	eventually(t, "both to log the cause", func() bool {
		return strings.Count(log.String(), `"not_ready":"closing","cause":"the house was told to end"`) == 2
	})
	if err := h.Close(); err != nil {
		t.Error(err)
	}
	if _, err := http.Get("http://" + theirs + "/healthz"); err == nil {
		t.Error("the operators' listener outlives the house")
	}
}

func TestWithoutTheSettingNobodyCountsAndNobodyListens(t *testing.T) {
	t.Parallel()
	h, _ := openHouse(t, write(t, freely, nil), parts{})
	if h.operators != nil || h.metrics != nil || h.present().site.Observe != nil {
		t.Error("something counts")
	}
	if status, _ := asked(t, h.Addr(), "/jwks"); status != http.StatusOK {
		t.Errorf("/jwks answers %d", status)
	}
}

func TestAnAddressThatIsTakenEndsTheStartAndLeavesNothingOpen(t *testing.T) {
	t.Parallel()
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer taken.Close()
	for _, text := range []string{
		strings.Replace(freely, "127.0.0.1:0", taken.Addr().String(), 1) + "metrics: {listen: \"127.0.0.1:0\"}\n",
		freely + "metrics: {listen: \"" + taken.Addr().String() + "\"}\n",
	} {
		file := write(t, text, nil)
		code, out := command(t, "", "serve", "--config", file)
		if code != exitFailed || !strings.Contains(out, "address already in use") {
			t.Errorf("%d\n%s", code, out)
		}
		if code, out := command(t, "", "check", "--config", file); code != 0 { // the database is free again
			t.Errorf("%d\n%s", code, out)
		}
	}
}

func TestTheCertificateAndTheOutboxAreMeasured(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(30*24*time.Hour+time.Minute))
	text := secured + "metrics: {listen: \"127.0.0.1:0\"}\nmail: {from: sso@example.com, smtp: {host: 127.0.0.1, port: 1, tls: none}}\n"
	h, _ := openHouse(t, write(t, text, map[string]string{"cert.pem": cert, "key.pem": key}), parts{})
	_, body := asked(t, h.operators.listener.Addr().String(), "/metrics")
	for _, line := range []string{
		"doorward_certificate_days_left 30.0", "doorward_outbox_letters 0\n", "doorward_outbox_oldest_seconds 0\n", "doorward_mail_down 0\n",
		`doorward_letters_total{result="sent"} 0`, `doorward_letters_total{result="failed"} 0`, `doorward_letters_total{result="expired"} 0`,
		"doorward_logouts_waiting 0\n", "doorward_logouts_oldest_seconds 0\n",
		`doorward_logouts_total{result="delivered"} 0`, `doorward_logouts_total{result="retried"} 0`, `doorward_logouts_total{result="failed"} 0`,
	} {
		if !strings.Contains(body, "\n"+line) {
			t.Errorf("the metrics lack %s", line)
		}
	}
}

func TestTheDocumentTellsOfEveryMetricAndOfNoOther(t *testing.T) {
	t.Parallel()
	cert, key := certificate(t, time.Now().Add(time.Hour))
	text := secured + "metrics: {listen: \"127.0.0.1:0\"}\nmail: {from: sso@example.com, smtp: {host: 127.0.0.1, port: 1, tls: none}}\n"
	h, _ := openHouse(t, write(t, text, map[string]string{"cert.pem": cert, "key.pem": key}), parts{})
	h.metrics.request(web.Observation{Route: "/", Method: "GET", Status: 200})
	h.metrics.tried(login.Outcome{Kind: "a", Result: "b", Methods: []string{"c"}})
	h.metrics.minted("d")
	_, body := asked(t, h.operators.listener.Addr().String(), "/metrics")
	document, err := os.ReadFile("../../docs/operating.md")
	if err != nil {
		t.Fatal(err)
	}
	sorted := func(found [][]byte) []string {
		var names []string
		for _, name := range found {
			names = append(names, strings.TrimPrefix(strings.Trim(string(name), "`"), "# HELP "))
		}
		slices.Sort(names)
		return slices.Compact(names)
	}
	told := sorted(regexp.MustCompile("`doorward_[a-z_]+`").FindAll(document, -1))
	counted := sorted(regexp.MustCompile(`(?m)^# HELP doorward_[a-z_]+`).FindAll([]byte(body), -1))
	if diff := cmp.Diff(counted, told); diff != "" {
		t.Errorf("docs/operating.md differs from /metrics (-metrics +document):\n%s", diff)
	}
}

func TestFaultsOfMetricsAndShutdownNameTheirSetting(t *testing.T) {
	for text, want := range map[string]string{
		"metrics: {listen: \":9090\"}":     "config.yaml:2: metrics.listen: must name the address, like 127.0.0.1:9090: metrics and profiles are shown to all who reach it",
		"metrics: {listen: here}":          `config.yaml:2: metrics.listen: "here" is not HOST:PORT or :PORT`,
		"shutdown: {delay: soon}":          `config.yaml:2: shutdown.delay: "soon" is not a time from 0s to 1m0s, like 500ms or 10s`,
		"shutdown: {delay: -1s}":           `config.yaml:2: shutdown.delay: "-1s" is not a time from 0s to 1m0s, like 500ms or 10s`,
		"shutdown: {delay: 2m}":            `config.yaml:2: shutdown.delay: "2m" is not a time from 0s to 1m0s, like 500ms or 10s`,
		"shutdown: {delay: 5}":             "config.yaml:2: shutdown.delay: must be text, not 5 (put text in quotes)",
		"metrics: {address: \"[::1]:90\"}": "config.yaml:2: metrics.address: there is no such setting",
	} {
		if got := faultsOf(t, write(t, minimal+text+"\n", nil)); len(got) != 1 || got[0] != want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for address, open := range map[string]bool{"127.0.0.1:9090": false, "[::1]:9090": false, "localhost:9090": false, "10.0.0.1:9090": true, "0.0.0.0:9090": true} {
		c, err := loadConfig(write(t, minimal+"metrics: {listen: \""+address+"\"}\n", nil), []string{"DOORWARD_SHUTDOWN_DELAY=3s"})
		if err != nil || c.Shutdown.delay() != 3*time.Second {
			t.Fatal(err)
		}
		if got := slices.ContainsFunc(c.warnings(), func(s string) bool { return strings.HasPrefix(s, "metrics.listen is open") }); got != open {
			t.Errorf("%s: warned %v", address, got)
		}
	}
}
