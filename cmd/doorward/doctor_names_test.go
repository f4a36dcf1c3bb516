package main

import (
	"context"
	"net"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/dns/dnsmessage"
)

// nameServer answers from a table "TYPE name" -> values, and knows no other name. A nil table is a server that never answers.
func nameServer(t *testing.T, table map[string][]string) *net.Resolver {
	t.Helper()
	conn, err := net.ListenPacket("udp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	if table != nil {
		go serveNames(conn, table)
	}
	return &net.Resolver{PreferGo: true, Dial: func(ctx context.Context, _, _ string) (net.Conn, error) {
		return (&net.Dialer{}).DialContext(ctx, "udp", conn.LocalAddr().String())
	}}
}

func serveNames(conn net.PacketConn, table map[string][]string) {
	buffer := make([]byte, 1500)
	for {
		n, from, err := conn.ReadFrom(buffer)
		if err != nil {
			return
		}
		var m dnsmessage.Message
		if m.Unpack(buffer[:n]) != nil || len(m.Questions) != 1 {
			continue
		}
		q := m.Questions[0]
		name := strings.TrimSuffix(q.Name.String(), ".")
		answer := dnsmessage.Message{Header: dnsmessage.Header{ID: m.ID, Response: true, RecursionAvailable: true}, Questions: m.Questions}
		known := false
		for key, values := range table {
			kind, of, _ := strings.Cut(key, " ")
			known = known || of == name
			if of != name || "Type"+kind != q.Type.String() {
				continue
			}
			for _, value := range values {
				answer.Answers = append(answer.Answers, dnsmessage.Resource{
					Header: dnsmessage.ResourceHeader{Name: q.Name, Type: q.Type, Class: q.Class, TTL: 1}, Body: resource(kind, value)})
			}
		}
		if !known {
			answer.RCode = dnsmessage.RCodeNameError
		}
		packed, err := answer.Pack()
		if err != nil {
			return
		}
		_, _ = conn.WriteTo(packed, from) // who asked may have gone
	}
}

func resource(kind, value string) dnsmessage.ResourceBody {
	switch kind {
	case "MX":
		return &dnsmessage.MXResource{Pref: 10, MX: dnsmessage.MustNewName(value + ".")}
	case "TXT":
		return &dnsmessage.TXTResource{TXT: []string{value}}
	}
	return &dnsmessage.AResource{A: [4]byte(net.ParseIP(value).To4())}
}

func TestTheDoctorAsksAboutTheSendersDomain(t *testing.T) {
	t.Parallel()
	config, err := loadConfig(write(t, "issuer: http://localhost:1\nmail: {from: Example <login@example.com>, smtp: {host: smtp.example.com}}\n", nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	const mx, a, txt, dmarc = "MX example.com", "A example.com", "TXT example.com", "TXT _dmarc.example.com"
	for name, c := range map[string]struct {
		names map[string][]string
		want  []string // grade and a part of the text
	}{
		"in good order": {map[string][]string{mx: {"mx.example.com"}, txt: {"other", "v=spf1 mx -all"}, dmarc: {"v=DMARC1; p=reject"}},
			[]string{"ok example.com takes mail (MX mx.example.com.)", "ok example.com has an SPF record", "ok example.com has a DMARC record", "hint example.com has no DKIM key under a usual name"}},
		"bare": {map[string][]string{a: {"192.0.2.1"}},
			[]string{"hint example.com has no MX record", "wrong example.com has no SPF record", "hint example.com has no DMARC record"}},
		"unknown":       {map[string][]string{}, []string{"wrong example.com has neither MX nor address"}},
		"two policies":  {map[string][]string{mx: {"mx.example.com"}, txt: {"v=spf1 mx -all", "v=spf1 -all"}}, []string{"wrong example.com has 2 SPF records"}},
		"open to all":   {map[string][]string{mx: {"mx.example.com"}, txt: {"v=spf1 +all"}}, []string{"wrong example.com lets the whole world"}},
		"nobody to ask": {nil, []string{"hint could not ask for example.com MX", "hint could not ask for example.com TXT", "hint could not ask for _dmarc.example.com TXT"}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			began := time.Now()
			found := lookAtMail(t.Context(), &doctor{config: config, names: nameServer(t, c.names)})
			var lines []string
			for _, r := range found {
				lines = append(lines, r.Grade+" "+r.Found)
				wantGerman(t, r.Found, r.Remedy)
			}
			all := strings.Join(lines, "\n")
			for _, want := range c.want {
				if !strings.Contains(all, want) {
					t.Errorf("no %q in\n%s", want, all)
				}
			}
			if took := time.Since(began); took > 5*nameFor {
				t.Errorf("it took %v", took)
			}
		})
	}
}

func TestANameThatThisMachineDoesNotKnowIsOnlyAHint(t *testing.T) {
	t.Parallel()
	p := newPatient(t, "clients: [{id: wiki, type: browser, redirect_uris: [\"https://wiki.example/cb\", \"https://known.example/cb\"]}]\n", nil)
	p.names = nameServer(t, map[string][]string{"A known.example": {"192.0.2.1"}})
	p.wants(t, "redirect URIs", hint, "client wiki: this machine does not know the name wiki.example")
	for _, r := range p.examine() {
		if strings.Contains(r.Found, "known.example") && !strings.Contains(r.Found, "wiki.example") {
			t.Errorf("%+v", r)
		}
	}
	p.names = nameServer(t, nil)
	p.wants(t, "redirect URIs", hint, "could not ask for known.example")
}
