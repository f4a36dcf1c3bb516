package main_test

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// full says that tests run at their stated volumes (make attack), not at the small ones of every day.
var full = os.Getenv("DOORWARD_ATTACK") != ""

// built is the program, built once, with the race detector where the test has it and as its packages are compiled. It lies beside the test's own binary, in a
// folder that go test removes.
var built = sync.OnceValues(func() (string, error) {
	self, err := os.Executable()
	if err != nil {
		return "", err
	}
	file := filepath.Join(filepath.Dir(self), "doorward-under-test")
	args := []string{"build", "-o", file}
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "-race" || s.Key == "-gcflags" { // which also has nothing compiled twice
				args = append(args, s.Key+"="+s.Value)
			}
		}
	}
	out, err := exec.Command("go", append(args, ".")...).CombinedOutput()
	if err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return file, nil
})

// command is the built program with arguments, without settings from this process's environment.
func command(t testing.TB, args ...string) *exec.Cmd {
	t.Helper()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	cmd := exec.Command(binary, args...)
	cmd.Env = slices.DeleteFunc(os.Environ(), func(s string) bool { return strings.HasPrefix(s, "DOORWARD_") })
	// Nothing that a test starts may outlive it, however the test ends.
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return cmd
}

// process is the running program and what it has said.
type process struct {
	t    testing.TB
	cmd  *exec.Cmd
	out  capture
	log  capture
	done chan struct{} // closed when it has ended, with err
	err  error
}

func start(t testing.TB, args ...string) *process {
	t.Helper()
	return launch(t, command(t, args...))
}

// launch starts a program, ours or another, that ends with the test.
func launch(t testing.TB, cmd *exec.Cmd) *process {
	t.Helper()
	p := &process{t: t, cmd: cmd, done: make(chan struct{})}
	p.cmd.Stdout, p.cmd.Stderr = &p.out, &p.log
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.cmd.Wait()
		close(p.done)
	}()
	t.Cleanup(func() {
		if t.Failed() {
			t.Logf("log of %s:\n%s", strings.Join(append([]string{filepath.Base(cmd.Path)}, cmd.Args[1:]...), " "), p.log.tail(4000))
		}
		p.stop()
	})
	return p
}

// stop ends the program as an operator does, and waits.
func (p *process) stop() { p.end(syscall.SIGTERM) }

// kill ends it as a power cut does.
func (p *process) kill() { p.end(syscall.SIGKILL) }

func (p *process) end(signal syscall.Signal) {
	if err := p.cmd.Process.Signal(signal); err != nil && !errors.Is(err, os.ErrProcessDone) {
		p.t.Error(err)
	}
	select {
	case <-p.done:
	case <-time.After(20 * time.Second):
		p.t.Error("the program did not end within 20 s")
		p.cmd.Process.Kill()
		<-p.done
	}
}

// until asks every few milliseconds, and ends the test when the program ends first or it takes too long.
func (p *process) until(what string, f func() bool) {
	p.t.Helper()
	end := time.Now().Add(30 * time.Second)
	for !f() {
		select {
		case <-p.done:
			p.t.Fatalf("waiting for %s: the program ended: %v", what, p.err)
		default:
		}
		if time.Now().After(end) {
			p.t.Fatalf("waited in vain for %s", what)
		}
		time.Sleep(10 * time.Millisecond)
	}
}

// demo is what `doorward dev --json` prints.
type demo struct {
	*process `json:"-"`
	Issuer   string
	App      string
	Mailbox  string
	People   []struct {
		Email          string
		CustomerNumber string `json:"customer_number"`
		Password       string
		Admin          bool
	}
	Clients []struct {
		ID           string   `json:"client_id"`
		Secret       string   `json:"client_secret"`
		RedirectURIs []string `json:"redirect_uris"`
	}
}

// startDev runs `doorward dev` on free ports with fresh data: the provider as localhost, the demo app as 127.0.0.1, so that a browser
// takes them for two sites, as they are in life.
func startDev(t testing.TB) *demo {
	t.Helper()
	return startDevOn(t, t.TempDir())
}

// startDevOn is startDev with what a folder holds already.
func startDevOn(t testing.TB, data string) *demo {
	t.Helper()
	p := start(t, "dev", "--json", "--verbose", "--data", data, "--listen", "localhost:0", "--app", "127.0.0.1:0")
	d := &demo{process: p}
	p.until("what dev prints", func() bool { return json.Unmarshal(p.out.bytes(), d) == nil })
	return d
}

// letter is one mail in the mailbox of dev.
type letter struct{ To, Subject, Text, HTML string }

// letters reads the mailbox, newest first.
func (d *demo) letters() []letter {
	d.t.Helper()
	r, err := http.NewRequest(http.MethodGet, d.Mailbox, nil)
	if err != nil {
		d.t.Fatal(err)
	}
	r.Header.Set("Accept", "application/json")
	response, err := http.DefaultClient.Do(r)
	if err != nil {
		d.t.Fatal(err)
	}
	defer response.Body.Close()
	var list []letter
	if err := json.NewDecoder(response.Body).Decode(&list); err != nil {
		d.t.Fatal(err)
	}
	return list
}

// capture keeps what a process writes. Safe for concurrent use.
type capture struct {
	mu   sync.Mutex
	kept bytes.Buffer
}

func (c *capture) Write(p []byte) (int, error) {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.kept.Write(p)
}

func (c *capture) bytes() []byte {
	c.mu.Lock()
	defer c.mu.Unlock()
	return bytes.Clone(c.kept.Bytes())
}

func (c *capture) tail(n int) []byte {
	b := c.bytes()
	return b[max(0, len(b)-n):]
}
