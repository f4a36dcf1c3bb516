package main

import (
	"log/slog"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/web"
)

// The house shows its face to visitors; a command that writes to people needs it too, without one.

// newSite is what the doors know of the place they are in, as the configuration says.
func (f *foundation) newSite(log *slog.Logger) (*web.Site, error) {
	c := f.config
	texts, err := web.LoadTexts()
	if err != nil {
		return nil, err
	}
	texts.Zone = c.zone()
	brand, found := c.brand()
	if len(found) > 0 {
		return nil, found // the logo has changed since it was checked
	}
	return &web.Site{
		Issuer: c.Issuer, Company: c.Company, Contact: c.Contact, Default: c.Language, Brand: brand, Proxies: c.proxies(),
		Log: log, Now: f.db.Now, Texts: texts,
	}, nil
}

// newOutbox takes letters where mail is configured; nil where it is not. It sends them while its Run runs.
func (f *foundation) newOutbox(log *slog.Logger) (*mail.Outbox, error) {
	if !f.config.Mail.on() {
		return nil, nil
	}
	server, found := f.config.mailServer()
	if len(found) > 0 {
		return nil, found
	}
	return mail.NewOutbox(mail.Options{Store: f.db, Box: f.keys.Box, Server: server, Log: log, Now: f.db.Now}), nil
}

// newWriter is the face of a command that writes to people: its letters leave when the server runs. Where mail is not configured
// it has no Mail.
func (f *foundation) newWriter(log *slog.Logger) (*login.Server, error) {
	site, err := f.newSite(log)
	if err != nil {
		return nil, err
	}
	letters, err := f.newOutbox(log)
	if err != nil {
		return nil, err
	}
	if letters == nil { // not a mailer that holds no outbox
		return f.newFace(site, nil)
	}
	return f.newFace(site, letters)
}

// newFace builds the face; letters is nil where mail does not work.
func (f *foundation) newFace(site *web.Site, letters mail.Mailer) (*login.Server, error) {
	c := f.config
	var google *login.Google
	if c.Google.on() {
		var found faults
		if google, found = c.google(); len(found) > 0 {
			return nil, found
		}
	}
	return login.New(login.Options{
		Store: f.db, Keys: f.keys, Site: site, Mail: letters, EmailCode: c.Login.EmailCode,
		TrustFor: c.Login.trustFor(), Google: google, TOTPAfterGoogle: c.Login.TOTPAfterGoogle, Now: f.db.Now,
		Idle: lifetime(c.Login.SessionIdle), Absolute: lifetime(c.Login.SessionMax), TOTPRequired: c.Login.TOTPRequired, Console: c.consoleOrigin(),
	})
}
