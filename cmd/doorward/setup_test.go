package main

import (
	"bytes"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

var setupLine = regexp.MustCompile(`^Open (http://localhost:\d+/setup)\?t=(dwu_[A-Za-z0-9_-]+) \(works once, 30 min\)\n$`)

func TestAHouseWithoutPeoplePrintsTheLinkOfItsSetupAndNeverLogsIt(t *testing.T) { // LG-01
	t.Parallel()
	h, log := openHouse(t, write(t, freely, nil), parts{})
	var out bytes.Buffer
	if err := h.greet(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	said := setupLine.FindStringSubmatch(out.String())
	if said == nil {
		t.Fatalf("it prints %q", out.String())
	}
	link, err := h.keys.Box.OpenSetup(said[2], h.db.Now())
	if err != nil || !link.First {
		t.Errorf("the link is %+v, %v", link, err)
	}
	if status, page := asked(t, h.Addr(), "/setup?t="+said[2]); status != http.StatusOK || !strings.Contains(page, `name="password"`) {
		t.Errorf("the link leads to %d: %s", status, page)
	}
	if strings.Contains(log.String(), said[2][:30]) {
		t.Error("the log holds the link")
	}
	if err := h.db.AddUser(t.Context(), storage.User{ID: storage.NewID(), Email: "anna@example.com", State: "active"}, "", storage.Event{}); err != nil {
		t.Fatal(err)
	}
	out.Reset()
	if err := h.greet(t.Context(), &out); err != nil || out.Len() > 0 {
		t.Errorf("with people it prints %q, %v", out.String(), err)
	}
}

func TestBesideARunningHouseAnAdministratorIsRecoveredByALink(t *testing.T) {
	t.Parallel()
	file := write(t, freely, nil)
	if code, out := command(t, "", "admin", "recover", "--config", file); strings.Contains(out, "dwu_") {
		t.Errorf("without a database it ends with %d and prints %s", code, out)
	}
	h := testHouse(t, file)
	if err := h.db.AddUser(t.Context(), storage.User{ID: storage.NewID(), Email: "anna@example.com", State: "active"}, "", storage.Event{}); err != nil {
		t.Fatal(err)
	}
	code, out := command(t, "", "admin", "recover", "--config", file)
	said := setupLine.FindStringSubmatch(out)
	if code != 0 || said == nil {
		t.Fatalf("it ends with %d and prints %s", code, out)
	}
	link, err := h.keys.Box.OpenSetup(said[2], h.db.Now())
	if err != nil || link.First {
		t.Errorf("the link is %+v, %v", link, err)
	}
}

// Whoever is locked out because no letter leaves the house is told how they come in, before they have made themselves an administrator in vain.
func TestWhoeverRecoversIsToldHowTheyComeInWhileMailIsDown(t *testing.T) {
	t.Parallel()
	text := strings.Replace(freely, "login: {email_code: never}\n", "mail: {from: login@example.com, smtp: {host: 127.0.0.1, port: 2525}}\n", 1)
	file := write(t, text, nil)
	h := testHouse(t, file)
	if err := h.db.AddUser(t.Context(), storage.User{ID: storage.NewID(), Email: "anna@example.com", State: "active"}, "", storage.Event{}); err != nil {
		t.Fatal(err)
	}
	code, out := command(t, "", "admin", "recover", "--config", file)
	line, words, _ := strings.Cut(out, "\n")
	said := setupLine.FindStringSubmatch(line + "\n")
	if code != 0 || said == nil || words != "You sign in by a code that is mailed to you. If mail does not work, set login.email_code to never in "+file+
		" (it wins over the console)\nand start the server again; take the line out again when mail works.\n" {
		t.Fatalf("it ends with %d and prints %s", code, out)
	}
	if _, page := asked(t, h.Addr(), "/setup?t="+said[2]); !strings.Contains(page, "It takes this one page; then you sign in.") || strings.Contains(page, "three short pages") {
		t.Errorf("the link leads to %s", page)
	}
	set(t, h, map[string]string{"login.email_code": "never"})
	if _, out := command(t, "", "admin", "recover", "--config", file); !setupLine.MatchString(out) {
		t.Errorf("where the console has turned the code off it prints %s", out)
	}
	set(t, h, map[string]string{"login.email_code": "always"}) // what the console has set is what the file wins over
	if err := os.WriteFile(file, []byte(text+"login: {email_code: never}\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	c, err := loadConfig(file, nil)
	if err != nil {
		t.Fatal(err)
	}
	stored, _, err := h.db.Settings(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if then, err := c.settle(stored, h.keys.Box); err != nil || then.Login.EmailCode != "never" {
		t.Errorf("after that a code is asked for %s, %v", then.Login.EmailCode, err)
	}
	if _, out := command(t, "", "admin", "recover", "--config", file); !setupLine.MatchString(out) {
		t.Errorf("then it prints %s", out)
	}
}

func TestTheConsoleMayHaveAnAddressOfItsOwn(t *testing.T) {
	t.Parallel()
	h, _ := openHouse(t, write(t, freely+"console: {listen: \"localhost:0\"}\n", nil), parts{})
	var out bytes.Buffer
	if err := h.greet(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	said := setupLine.FindStringSubmatch(out.String())
	if said == nil {
		t.Fatalf("it prints %q", out.String())
	}
	own := h.console.listener.Addr().String()
	for _, c := range []struct {
		address, path string
		status        int
	}{
		{own, "/setup?t=" + said[2], http.StatusOK}, {h.Addr(), "/setup?t=" + said[2], http.StatusNotFound}, {h.Addr(), "/admin", http.StatusNotFound},
		{h.Addr(), "/admin/api/v1/clients", http.StatusNotFound}, {own, "/authorize", http.StatusNotFound}, {own, "/token", http.StatusNotFound},
		{own, "/login", http.StatusNotFound}, {own, "/metrics", http.StatusNotFound},
	} {
		if status, _ := asked(t, c.address, c.path); status != c.status {
			t.Errorf("%s at %s answers %d, want %d", c.path, c.address, status, c.status)
		}
	}
	stay := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	response, err := stay.Get("http://" + own + "/admin")
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if to, err := url.Parse(response.Header.Get("Location")); err != nil || to.Host != "localhost:1" {
		t.Errorf("who enters is led to %s, %v; the face is at the issuer", to, err)
	}
}

func TestTheLogIsVerifiedBesideARunningHouse(t *testing.T) {
	t.Parallel()
	file := write(t, freely, nil)
	h := testHouse(t, file)
	set(t, h, map[string]string{"company": "Acme"})
	eventually(t, "the change to be chained", func() bool {
		_, err := h.db.ChainEvents(t.Context(), 100, h.keys.Chain())
		report, err2 := h.db.VerifyChain(t.Context(), 0, h.keys.Chain(), func(storage.ChainFault) error { return nil })
		return err == nil && err2 == nil && report.Events > 0
	})
	code, out := command(t, "", "audit", "verify", "--config", file)
	if code != 0 || !regexp.MustCompile(`(?m)^\d+ events are chained since \S+(, \d+ wait to be)?; position \d+, link [0-9a-f]+$`).MatchString(out) {
		t.Errorf("it ends with %d and prints %s", code, out)
	}
}
