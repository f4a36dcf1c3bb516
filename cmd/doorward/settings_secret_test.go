package main

import (
	"slices"
	"testing"

	"github.com/doorward/doorward/storage"
)

// Who has stolen an administrator's session would else have the password sent to a machine of their own.
func TestAStoredSecretIsSentElsewhereOnlyByWhoTypesItAgain(t *testing.T) { // AD-08
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	set(t, h, map[string]string{
		"google.client_id": "a.apps.googleusercontent.com", "google.client_secret": "canary-google-secret",
		"mail.from": "a@example.com", "mail.smtp.host": "smtp.example.com", "mail.smtp.username": "a", "mail.smtp.password": "canary-mail-password",
	})
	for path, value := range map[string]string{
		"mail.smtp.host": "smtp.evil.example", "mail.smtp.port": "2525", "mail.smtp.username": "b", "mail.smtp.tls": "implicit", "google.client_id": "b.apps.googleusercontent.com",
	} {
		secret := "mail.smtp.password"
		if path == "google.client_id" {
			secret = "google.client_secret"
		}
		if err := trySet(h, map[string]string{path: value}); !slices.Equal(wrongPaths(err), []string{secret}) {
			t.Errorf("%s: %v", path, err)
		}
	}
	version, err := h.db.SettingsVersion(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if err := h.changeSettings(t.Context(), map[string]*string{"mail.smtp.username": nil}, version, storage.Event{}); !slices.Contains(wrongPaths(err), "mail.smtp.password") {
		t.Errorf("back to the default: %v", err)
	}
	if c := h.present().config; c.Mail.SMTP.Host != "smtp.example.com" || c.Mail.SMTP.password != "canary-mail-password" || c.Google.secret != "canary-google-secret" {
		t.Errorf("something was lost, or moved: %+v", c.Mail.SMTP.Host)
	}
	set(t, h, map[string]string{"mail.from": "b@example.com", "mail.smtp.host": "smtp.example.com"}) // which it is already
	set(t, h, map[string]string{"mail.smtp.host": "smtp.new.example", "mail.smtp.password": "another"})
	if c := h.present().config.Mail.SMTP; c.Host != "smtp.new.example" || c.password != "another" {
		t.Errorf("who knows the password cannot move it: it goes to %s", c.Host)
	}
}

func TestWhoGivesASecretGivesToWhomItIsSent(t *testing.T) { // AD-08
	t.Parallel()
	file := write(t, freely+"mail: {from: a@example.com, smtp: {host: smtp.example.com, username: a}}\ngoogle: {client_id: a.apps.googleusercontent.com}\n", nil)
	c, err := loadConfig(file, []string{"DOORWARD_MAIL_SMTP_PASSWORD=canary-mail-password", "DOORWARD_GOOGLE_CLIENT_SECRET=canary-google-secret"})
	if err != nil {
		t.Fatal(err)
	}
	got, err := c.settle([]storage.Setting{{Name: "mail.smtp.port", Value: "2525"}, {Name: "mail.smtp.tls", Value: "implicit"}, {Name: "company", Value: "Acme"}}, nil)
	if err != nil || got.Mail.SMTP.Port != 0 || got.Mail.SMTP.TLS != "starttls" || got.Company != "Acme" {
		t.Errorf("the console sends the password to port %d by %s, %v", got.Mail.SMTP.Port, got.Mail.SMTP.TLS, err)
	}
	f := &foundation{given: c}
	for path, owner := range map[string]string{"mail.smtp.port": byEnvironment, "mail.smtp.tls": byEnvironment, "mail.smtp.host": byFile, "google.client_id": byFile, "mail.smtp.password": byEnvironment} {
		s, err := f.settable(path)
		if !slices.Equal(wrongPaths(err), []string{path}) || got.owner(s) != owner {
			t.Errorf("%s is given by %s, %v", path, got.owner(s), err)
		}
	}
	if _, err := f.settable("google.hosted_domain"); err != nil {
		t.Error(err)
	}
}
