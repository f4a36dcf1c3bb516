package main

import (
	"testing"
)

// RFC 7208 §4.6, §5.6: a line that is no record makes every letter of its domain fail.
func TestTheSPFLineToCopyIsARecord(t *testing.T) {
	t.Parallel()
	for host, want := range map[string]string{
		"smtp.example.com": "v=spf1 mx a:smtp.example.com -all", "smtp.example.com.": "v=spf1 mx a:smtp.example.com. -all",
		"192.0.2.7": "v=spf1 mx ip4:192.0.2.7 -all", "127.0.0.1": "v=spf1 mx ip4:127.0.0.1 -all", "::ffff:192.0.2.7": "v=spf1 mx ip4:192.0.2.7 -all",
		"2001:db8::7": "v=spf1 mx ip6:2001:db8::7 -all", "fe80::7%eth0": "v=spf1 mx ip6:fe80::7 -all",
		"localhost": "v=spf1 mx -all", "relay": "v=spf1 mx -all",
	} {
		if got := spfLine(host); got != want {
			t.Errorf("for %s: %q, want %q", host, got, want)
		}
	}
}

func TestTheSenderIsShownAsPeopleReadIt(t *testing.T) {
	t.Parallel()
	for _, c := range []struct{ company, from, want string }{
		{"Käßler GmbH", "no-reply@example.com", "Käßler GmbH <no-reply@example.com>"},
		{"Acme", "Müller <login@example.com>", "Müller <login@example.com>"},
		{"Acme", "=?utf-8?q?M=C3=BCller?= <login@example.com>", "Müller <login@example.com>"},
		{"", "login@example.com", "login@example.com"},
	} {
		config := defaults()
		config.Company, config.Mail.From, config.Mail.SMTP.Host = c.company, c.from, "smtp.example.com"
		house := deskHouse{&rooms{foundation: &foundation{config: config}, house: &house{}}}
		if got := house.Mail().From; got != c.want {
			t.Errorf("%q of %q is shown as %q, want %q", c.from, c.company, got, c.want)
		}
	}
}
