package main

import (
	"errors"
	"fmt"
	"html"
	"time"

	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
)

type mailGroup struct {
	Test mailTest `cmd:"" help:"Send a letter to an address, and show the dialogue with the mail server."`
}

type mailTest struct {
	configured
	Address string `arg:"" help:"Whom to send it to."`
}

// Help is shown by "doorward mail test --help".
func (mailTest) Help() string {
	return `Sends one letter as the server would, at once and without the outbox, and prints the dialogue line by line: "C:" is Doorward,
"S:" the mail server. The password is not shown. When it fails, the last lines say in which phase, and what to do.

It opens neither the database nor the master key, so it works beside a running server.`
}

func (m mailTest) Run(o outside) error {
	config, err := loadConfig(m.Config, o.environ)
	if err != nil {
		return err
	}
	if !config.Mail.on() {
		return errors.New("mail is not configured: set mail.from and mail.smtp.host (see config.example.yaml)")
	}
	server, found := config.mailServer()
	if len(found) > 0 {
		return found
	}
	server.Tell = func(line string) { fmt.Fprintln(o.stdout, line) }
	err = server.Deliver(o.ctx, mail.Post{ID: storage.NewID(), Written: time.Now(), Letter: testLetter(m.Address, config)})
	var failure *mail.Failure
	if errors.As(err, &failure) {
		return fmt.Errorf("the letter was not sent. %s\n  what happened: %s\n  what to do:    %s", whereMailFailed[failure.Phase], failure, mailRemedy(failure, server))
	}
	_, err = fmt.Fprintf(o.stdout, "The server has taken the letter for %s. Look whether it arrives, and whether it lies in the spam folder.\n", m.Address)
	return err
}

func testLetter(to string, c Config) mail.Letter {
	text := fmt.Sprintf("This letter was sent by \"doorward mail test\" of %s.\n\nWhoever reads it can be sent sign-in codes. There is nothing to do.\n", c.Issuer)
	return mail.Letter{
		To: to, Subject: "Test letter of " + c.Company, Text: text,
		HTML: "<!doctype html><html lang=\"en\"><head><title>Test letter</title></head><body><p>" + html.EscapeString(text) + "</p></body></html>",
	}
}

var whereMailFailed = map[mail.Phase]string{
	mail.PhaseLetter:    "It cannot travel.",
	mail.PhaseConnect:   "The mail server cannot be reached.",
	mail.PhaseGreeting:  "The server did not greet.",
	mail.PhaseTLS:       "There is no connection that others cannot read.",
	mail.PhaseAuth:      "The server did not take user name and password.",
	mail.PhaseSender:    "The server does not let letters come from this address.",
	mail.PhaseRecipient: "The server does not take letters for this address.",
	mail.PhaseContent:   "The server did not take the letter itself.",
}

// mailRemedy is what an operator can do about a failure.
func mailRemedy(f *mail.Failure, s *mail.Server) string {
	switch {
	case f.Phase == mail.PhaseLetter:
		return "give another address, one like name@example.com"
	case f.Phase == mail.PhaseConnect:
		return fmt.Sprintf("check mail.smtp.host and mail.smtp.port (%s), and whether a firewall lets this machine go there", s.Address())
	case f.Phase == mail.PhaseGreeting && s.TLS != mail.ImplicitTLS:
		return "check mail.smtp.port; if the server wants TLS at once (port 465), set mail.smtp.tls to implicit"
	case f.Phase == mail.PhaseTLS:
		return tlsRemedy(f, s)
	case f.Phase == mail.PhaseAuth && f.Code == 0:
		return "leave mail.smtp.username out if the server asks for none; else use its submission port, usually 587 or 465"
	case f.Phase == mail.PhaseAuth:
		return "check mail.smtp.username and its password; some providers want a password made for one program (app password)"
	case f.Phase == mail.PhaseSender:
		return fmt.Sprintf("check mail.from (%s): the account must be allowed to send as it; if the server asks for authentication, set mail.smtp.username", s.From.Address)
	case f.Phase == mail.PhaseRecipient:
		return "check the address; if the server says that it does not relay, set mail.smtp.username, or let it know this machine"
	case f.Code/100 == 5:
		return "the server's words above say why; often mail.from lacks SPF or DKIM at its domain, or the server takes it for spam"
	}
	return "try again in some minutes; the server's words above say more, where it gave any"
}

func tlsRemedy(f *mail.Failure, s *mail.Server) string {
	switch {
	case f.UnknownAuthority():
		return "if it is your company's own authority, put its certificate into a file and name that in mail.smtp.ca_file"
	case f.ForeignName():
		return fmt.Sprintf("set mail.smtp.host to a name that stands in the certificate; it is %q now", s.Host)
	case s.TLS == mail.StartTLS:
		return "use the server's submission port (usually 587); if it wants TLS at once (port 465), set mail.smtp.tls to implicit"
	}
	return "check mail.smtp.port; if the server wants STARTTLS (port 587), set mail.smtp.tls to starttls"
}
