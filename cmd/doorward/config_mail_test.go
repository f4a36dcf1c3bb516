package main

import (
	"fmt"
	"net"
	"testing"

	"github.com/doorward/doorward/login/mail/mailtest"
)

func TestFaultsOfMailNameTheirSetting(t *testing.T) {
	t.Parallel()
	const from = "mail:\n  from: login@example.com\n"
	neighbours := map[string]string{"password": "pass word\n", "empty": "\n", "ca.pem": "no certificate"}
	for text, want := range map[string]string{
		"mail: {smtp: {host: smtp.example.com}}":                 "config.yaml:2: mail.from: is missing; letters come from it",
		"mail:\n  from: login\n  smtp: {host: smtp.example.com}": "config.yaml:3: mail.from: is not an address like login@example.com or Login <login@example.com>",
		from: "config.yaml:2: mail.smtp.host: is missing; it is the server that takes letters, like smtp.example.com",
		from + "  smtp: {host: \"smtp.example.com:587\"}":      `config.yaml:4: mail.smtp.host: "smtp.example.com:587" is not the name or address of a machine; the port stands in mail.smtp.port`,
		from + "  smtp: {host: smtp.example.com, port: 70000}": "config.yaml:4: mail.smtp.port: must be 1 to 65535, or 0 for the usual one",
		from + "  smtp: {host: smtp.example.com, tls: maybe}":  `config.yaml:4: mail.smtp.tls: must be starttls, implicit or none, not "maybe"`,
		from + "  smtp: {host: smtp.example.com, tls: none}": "config.yaml:4: mail.smtp.tls: none is for a server on this machine only (localhost, 127.0.0.1, ::1): " +
			"codes would travel to smtp.example.com for all to read",
		from + "  smtp: {host: 10.0.0.1, tls: none}": "config.yaml:4: mail.smtp.tls: none is for a server on this machine only (localhost, 127.0.0.1, ::1): " +
			"codes would travel to 10.0.0.1 for all to read",
		from + "  smtp: {host: smtp.example.com, username: door}": "config.yaml:4: mail.smtp.password_file: is missing, but mail.smtp.username is given: " +
			"name a file here, or set DOORWARD_MAIL_SMTP_PASSWORD",
		from + "  smtp: {host: smtp.example.com, password_file: password}":              "config.yaml:4: mail.smtp.password_file: is given, but mail.smtp.username is not",
		from + "  smtp: {host: smtp.example.com, username: door, password_file: gone}":  "config.yaml:4: mail.smtp.password_file: cannot open it: no such file or directory",
		from + "  smtp: {host: smtp.example.com, username: door, password_file: empty}": "config.yaml:4: mail.smtp.password_file: is empty",
		from + "  smtp: {host: smtp.example.com, ca_file: ca.pem}":                      "config.yaml:4: mail.smtp.ca_file: holds no certificate in PEM",
		from + "  smtp: {host: smtp.example.com, password: hunter2}":                    "config.yaml:4: mail.smtp.password: there is no such setting",
	} {
		if got := faultsOf(t, write(t, minimal+text, neighbours)); len(got) != 1 || got[0] != want {
			t.Errorf("%s\ngot  %q\nwant %q", text, got, want)
		}
	}
}

func TestMailIsReadAsItStands(t *testing.T) {
	t.Parallel()
	authority := mailtest.New(t, mailtest.Options{}).CAFile
	const text = "company: Acme\nmail: {from: login@example.com, smtp: {host: localhost, username: door, ca_file: %s%s}}\n"
	for name, c := range map[string]struct {
		more    string
		environ []string
		want    string // port
	}{
		"password in a file":            {", password_file: password", nil, "587"},
		"password in the environment":   {", tls: implicit", []string{"DOORWARD_MAIL_SMTP_PASSWORD=pass word"}, "465"},
		"a port, and nothing encrypted": {", tls: none, port: 2525, password_file: password", nil, "2525"},
		"nothing encrypted":             {", tls: none, password_file: password", nil, "25"},
	} {
		file := write(t, minimal+fmt.Sprintf(text, authority, c.more), map[string]string{"password": "pass word\r\n"})
		config, err := loadConfig(file, c.environ)
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		got, found := config.mailServer()
		if len(found) > 0 || string(got.Password) != "pass word" || got.Username != "door" || got.Roots == nil || got.From.Name != "Acme" || got.Address() != net.JoinHostPort("localhost", c.want) {
			t.Errorf("%s: %+v at %s, %v", name, got, got.Address(), found)
		}
	}
}

func TestOnlyAnOutboxOfOurOwnSendsAndOnlyWhereMailIsConfigured(t *testing.T) {
	t.Parallel()
	if h := testHouse(t, write(t, freely, nil)); h.present().outbox != nil {
		t.Error("there is an outbox, and no mail server")
	}
	h := testHouse(t, write(t, freely+"mail: {from: login@example.com, smtp: {host: localhost, port: 1, tls: none}}\n", nil))
	if h.present().outbox == nil || h.present().outbox.Stats().Down {
		t.Error("there is no outbox, or it is down before it was tried")
	}
}
