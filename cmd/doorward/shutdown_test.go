package main_test

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/url"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"
)

// closingServer runs the built program with a machine as its client, which needs nobody to sign in.
func closingServer(t *testing.T, delay string) *server {
	t.Helper()
	machine := application(t, "machine", "client_secret_basic")
	machine["type"], machine["redirect_uris"] = "service", []string{}
	delete(machine, "id_token_on_refresh")
	v := newServer(t, settings{
		"database": "sqlite:" + filepath.Join(t.TempDir(), "doorward.db"), "login": settings{"email_code": "never"},
		"clients": []settings{machine}, "shutdown": settings{"delay": delay},
	})
	v.start()
	return v
}

// TestNobodySeesThatTheServerEndsUnderLoad: after SIGTERM every request is answered in full, on kept connections and on new ones, until
// nobody listens any more.
func TestNobodySeesThatTheServerEndsUnderLoad(t *testing.T) {
	t.Parallel()
	rounds := 2
	if full {
		rounds = 12
	}
	for range rounds {
		v := closingServer(t, "300ms")
		var answered, told atomic.Int64
		var visitors sync.WaitGroup
		for i := range 12 {
			visitors.Go(func() { visitUntilRefused(t, v, i%3 > 0, &answered, &told) })
		}
		time.Sleep(300 * time.Millisecond)
		v.stop()
		visitors.Wait()
		if v.err != nil {
			t.Errorf("the server ended with %v", v.err)
		}
		if answered.Load() < 100 || told.Load() < 8 {
			t.Errorf("%d answers, %d of them told to come no more: that was no load", answered.Load(), told.Load())
		}
	}
}

// visitUntilRefused asks without a pause, on one kept connection or on new ones, until the connection is refused. Any other
// error fails the test.
func visitUntilRefused(t *testing.T, v *server, keep bool, answered, told *atomic.Int64) {
	client := http.Client{Transport: &http.Transport{DisableKeepAlives: !keep}}
	defer client.CloseIdleConnections()
	for i := 0; ; i++ {
		r, _ := http.NewRequest(http.MethodGet, v.issuer+"/.well-known/openid-configuration", nil)
		if i%2 == 1 {
			form := url.Values{"grant_type": {"client_credentials"}}
			r, _ = http.NewRequest(http.MethodPost, v.issuer+"/token", io.NopCloser(strings.NewReader(form.Encode()))) // not to be sent twice
			r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
			r.SetBasicAuth("machine", appSecret)
		}
		response, err := client.Do(r)
		if errors.Is(err, syscall.ECONNREFUSED) {
			return
		}
		if err != nil {
			t.Errorf("kept connection: %v: %v", keep, err)
			return
		}
		body, err := io.ReadAll(response.Body)
		response.Body.Close()
		if err != nil || response.StatusCode != http.StatusOK {
			t.Errorf("%s %s, %v: %.200s", r.URL.Path, response.Status, err, body)
		}
		answered.Add(1)
		if keep && response.Close {
			told.Add(1)
		}
	}
}

// TestARequestUnderWayIsAnsweredThoughTheServerEnds: it has begun before SIGTERM and is whole only after the listener has closed.
func TestARequestUnderWayIsAnsweredThoughTheServerEnds(t *testing.T) {
	t.Parallel()
	v := closingServer(t, "0s")
	address := strings.TrimPrefix(v.issuer, "http://")
	conn, err := net.Dial("tcp", address)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	r, _ := http.NewRequest(http.MethodPost, v.issuer, nil)
	r.SetBasicAuth("machine", appSecret)
	const body = "grant_type=client_credentials"
	fmt.Fprintf(conn, "POST /token HTTP/1.1\r\nHost: %s\r\nAuthorization: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s",
		address, r.Header.Get("Authorization"), len(body), body[:10])
	time.Sleep(100 * time.Millisecond) // the server reads it
	ended := make(chan struct{})
	go func() { defer close(ended); v.stop() }()
	v.until("nobody to listen", func() bool {
		other, err := net.Dial("tcp", address)
		if err == nil {
			other.Close()
		}
		return errors.Is(err, syscall.ECONNREFUSED)
	})
	io.WriteString(conn, body[10:])
	response, err := http.ReadResponse(bufio.NewReader(conn), r)
	if err != nil {
		t.Fatal(err)
	}
	defer response.Body.Close()
	text, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK || !response.Close || !strings.Contains(string(text), "access_token") {
		t.Errorf("%s, %v, close: %v: %s", response.Status, err, response.Close, text)
	}
	<-ended
	if v.err != nil {
		t.Errorf("the server ended with %v", v.err)
	}
}

// TestABalancerHearsOfTheEndBeforeItComes: for the time of shutdown.delay /readyz says no while everybody is still answered.
func TestABalancerHearsOfTheEndBeforeItComes(t *testing.T) {
	t.Parallel()
	v := closingServer(t, "2s")
	go v.stop()
	v.until("/readyz to say no", func() bool {
		response, err := http.Get(v.issuer + "/readyz")
		if err != nil {
			t.Error(err)
			return true
		}
		defer response.Body.Close()
		text, _ := io.ReadAll(response.Body)
		return response.StatusCode == http.StatusServiceUnavailable && string(text) == "not ready: closing\n" && response.Header.Get("Cache-Control") == "no-store"
	})
	for _, path := range []string{"/healthz", "/jwks"} {
		response, err := http.Get(v.issuer + path)
		if err != nil {
			t.Fatal(err)
		}
		response.Body.Close()
		if response.StatusCode != http.StatusOK || !response.Close {
			t.Errorf("%s: %s, close: %v", path, response.Status, response.Close)
		}
	}
	<-v.done
}

// TestAHangUpEndsNothing: service managers send SIGHUP to reload, and a terminal that closes sends it too.
func TestAHangUpEndsNothing(t *testing.T) {
	t.Parallel()
	v := closingServer(t, "0s")
	for range 3 {
		if err := v.cmd.Process.Signal(syscall.SIGHUP); err != nil {
			t.Fatal(err)
		}
	}
	time.Sleep(50 * time.Millisecond)
	response, err := http.Get(v.issuer + "/healthz")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode != http.StatusOK {
		t.Errorf("/healthz: %s", response.Status)
	}
}
