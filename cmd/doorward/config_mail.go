package main

import (
	"errors"
	"fmt"
	"net"
	"os"
	"strings"

	"github.com/doorward/doorward/login/mail"
)

// MailConfig is how letters leave the house; without a host none does.
type MailConfig struct {
	From string     `yaml:"from"`
	SMTP SMTPConfig `yaml:"smtp"`
}

// SMTPConfig names the server that takes our letters.
type SMTPConfig struct {
	Host         string `yaml:"host"`
	Port         int    `yaml:"port"` // 0: by tls
	Username     string `yaml:"username"`
	PasswordFile string `yaml:"password_file"`
	TLS          string `yaml:"tls"` // starttls, implicit, none
	CAFile       string `yaml:"ca_file"`

	password string // from the environment
}

// on says whether mail is configured.
func (c MailConfig) on() bool { return c.SMTP.Host != "" }

// server is the mail server of the configuration; company is the name that letters come from where mail.from gives none. Its error
// joins faults of the settings that are named in it.
func (c Config) mailServer() (*mail.Server, faults) {
	var found faults
	blame := func(path string, err error) {
		if err != nil {
			found = append(found, c.places.fault("mail."+path, "%s", err))
		}
	}
	smtp := c.Mail.SMTP
	s := &mail.Server{Host: smtp.Host, Port: smtp.Port, Username: smtp.Username, TLS: smtp.TLS}
	var err error
	if s.From, err = mail.ParseFrom(c.Mail.From); c.Mail.From == "" {
		err = errors.New("is missing; letters come from it")
	}
	blame("from", err)
	if s.From.Name == "" {
		s.From.Name = c.Company
	}
	blame("smtp.host", checkHost(smtp.Host))
	if smtp.Port < 0 || smtp.Port > 65535 {
		blame("smtp.port", errors.New("must be 1 to 65535, or 0 for the usual one"))
	}
	blame("smtp.tls", checkSecrecy(smtp))
	s.Password, err = smtp.readPassword()
	blame("smtp.password_file", err)
	if smtp.CAFile != "" {
		if s.Roots, err = mail.ReadAuthorities(smtp.CAFile); err != nil {
			blame("smtp.ca_file", errors.New(plain(err)))
		}
	}
	return s, found
}

// checkMail judges mail where any of it is set.
func (c Config) checkMail() faults {
	if c.Mail == defaults().Mail {
		return nil
	}
	_, found := c.mailServer()
	return found
}

func checkHost(host string) error {
	switch {
	case host == "":
		return errors.New("is missing; it is the server that takes letters, like smtp.example.com")
	case strings.ContainsAny(host, "/ @[]") || strings.Contains(host, ":") && net.ParseIP(host) == nil:
		return fmt.Errorf("%q is not the name or address of a machine; the port stands in mail.smtp.port", host)
	}
	return nil
}

// secrecies are how a letter can travel to the mail server.
var secrecies = []string{mail.StartTLS, mail.ImplicitTLS, mail.NoTLS}

// checkSecrecy lets nothing leave this machine that others on its way could read.
func checkSecrecy(c SMTPConfig) error {
	if err := oneOf(c.TLS, secrecies...); err != nil {
		return err
	}
	if c.TLS == mail.NoTLS && !mail.OnThisMachine(c.Host) {
		return fmt.Errorf("none is for a server on this machine only (localhost, 127.0.0.1, ::1): codes would travel to %s for all to read", c.Host)
	}
	return nil
}

func (c SMTPConfig) readPassword() (mail.Password, error) {
	text, given := c.password, c.password != "" || c.PasswordFile != ""
	switch {
	case given && c.Username == "":
		return "", errors.New("is given, but mail.smtp.username is not")
	case !given && c.Username != "":
		return "", errors.New("is missing, but mail.smtp.username is given: name a file here, or set DOORWARD_MAIL_SMTP_PASSWORD")
	case text == "" && c.PasswordFile != "":
		data, err := os.ReadFile(c.PasswordFile) //nolint:gosec // the operator names the file
		if err != nil {
			return "", errors.New(plain(err))
		}
		if text = strings.TrimRight(string(data), "\r\n"); text == "" {
			return "", errors.New("is empty")
		}
	}
	return mail.Password(text), nil
}
