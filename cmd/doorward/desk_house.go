package main

import (
	"context"
	"errors"
	"net"
	netmail "net/mail"
	"net/netip"
	"strings"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
)

// Version is that of this binary.
func (d deskHouse) Version() string { return version() }

// Certificate is when it ends; zero where something in front ends TLS.
func (d deskHouse) Certificate() time.Time {
	if d.house.certificates == nil {
		return time.Time{}
	}
	return d.house.certificates.present.Load().Leaf.NotAfter
}

// Mail is how mail stands, as this node knows it.
func (d deskHouse) Mail() admin.MailHealth {
	h := admin.MailHealth{Configured: d.config.Mail.on() || d.house.parts.Mail != nil, From: d.config.Mail.From}
	if server, found := d.config.mailServer(); d.config.Mail.on() && len(found) == 0 {
		h.From, h.Server = readable(server.From), server.Address()
	}
	if d.outbox == nil {
		return h
	}
	s := d.outbox.Stats()
	h.Waiting, h.Oldest, h.Sent, h.Failed, h.LastError, h.Down = s.Waiting, s.Oldest, s.Sent, s.Failed, s.LastError, s.Down
	return h
}

// TestMail sends one letter as "doorward mail test" does.
func (d deskHouse) TestMail(ctx context.Context, to string) admin.MailTest {
	return sendTest(ctx, d.config, to)
}

func sendTest(ctx context.Context, c Config, to string) admin.MailTest {
	told := admin.MailTest{Dialogue: []string{}}
	if !c.Mail.on() {
		told.Where, told.Remedy = "Mail is not configured.", "Set the sender and the mail server first."
		return told
	}
	server, found := c.mailServer()
	if len(found) > 0 {
		told.Where, told.What = "The settings of mail are wrong.", found.Error()
		return told
	}
	server.Tell = func(line string) { told.Dialogue = append(told.Dialogue, line) }
	err := server.Deliver(ctx, mail.Post{ID: storage.NewID(), Written: time.Now(), Letter: testLetter(to, c)})
	var failure *mail.Failure
	switch {
	case errors.As(err, &failure):
		told.Where, told.What, told.Remedy = whereMailFailed[failure.Phase], failure.Error(), mailRemedy(failure, server)
	case err != nil:
		told.Where = "The letter was not sent."
	default:
		told.Sent = true
	}
	return told
}

// Sender asks what others find about letters of our sender, as the doctor does, and lays the missing lines out to copy.
func (d deskHouse) Sender(ctx context.Context) []admin.SenderRecord {
	server, found := d.config.mailServer()
	if !d.config.Mail.on() || len(found) > 0 {
		return nil
	}
	_, domain, _ := strings.Cut(server.From.Address, "@")
	look := &doctor{config: d.config, names: net.DefaultResolver}
	list := []admin.SenderRecord{
		record("MX", look.lookAtMX(ctx, domain), "", ""),
		record("SPF", look.lookAtSPF(ctx, domain), domain, spfLine(server.Host)),
		record("DKIM", look.lookAtDKIM(ctx, domain), "", ""),
		record("DMARC", look.lookAtDMARC(ctx, domain), "_dmarc."+domain, "v=DMARC1; p=quarantine; rua=mailto:postmaster@"+domain),
	}
	return list
}

// readable is a sender as people read it, the name decoded; a letter's head has it in ASCII (RFC 2047).
func readable(from netmail.Address) string {
	if from.Name == "" {
		return from.Address
	}
	return from.Name + " <" + from.Address + ">"
}

// spfLine is the record that lets letters come from the sender's own mail servers and from host. An address has mechanisms of its own
// (RFC 7208 §5.6), and a name without a dot is none there (§7.1): with either behind "a:" the whole record counts for nothing.
func spfLine(host string) string {
	address, err := netip.ParseAddr(host)
	address = address.Unmap().WithZone("")
	switch {
	case err == nil && address.Is4():
		return "v=spf1 mx ip4:" + address.String() + " -all"
	case err == nil:
		return "v=spf1 mx ip6:" + address.String() + " -all"
	case !strings.Contains(strings.TrimSuffix(host, "."), "."):
		return "v=spf1 mx -all"
	}
	return "v=spf1 mx a:" + host + " -all"
}

// record is what the doctor remarked, with the line to publish where there is none that serves.
func record(name string, remarks []remark, host, line string) admin.SenderRecord {
	r := admin.SenderRecord{Name: name, Grade: fine}
	for _, m := range remarks {
		r.Said = append(r.Said, m.Found)
		if m.Grade != fine {
			r.Grade = m.Grade
			r.Said = append(r.Said, m.Remedy)
		}
	}
	r.Found = strings.Join(r.Said, ". ")
	if r.Grade != fine {
		r.Host, r.Line = host, line
	}
	return r
}
