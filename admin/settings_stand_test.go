package admin_test

import (
	"context"
	"strconv"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// settings stands for the configuration: a few of its settings, kept in the database as the house keeps them. What file names stands
// in a file. A port that is no number is a fault, as there.
type settings struct {
	db   *storage.DB
	file map[string]string

	tried    int    // how often
	password string // that was tried last
}

var someSettings = []admin.Setting{
	{Path: "company", Value: "Doorward", Kind: "text"},
	{Path: "contact", Kind: "text"},
	{Path: "brand.accent", Kind: "text"},
	{Path: "login.email_code", Value: "untrusted", Kind: "choice", Options: []string{"untrusted", "always", "never"}},
	{Path: "login.trust_days", Value: "90", Kind: "number"},
	{Path: "google.client_id", Kind: "text"},
	{Path: "google.client_secret", Kind: "secret", Secret: true},
	{Path: "mail.from", Kind: "text"},
	{Path: "mail.smtp.host", Kind: "text"},
	{Path: "mail.smtp.port", Value: "0", Kind: "number"},
	{Path: "mail.smtp.tls", Value: "starttls", Kind: "choice", Options: []string{"starttls", "tls", "none"}},
	{Path: "mail.smtp.username", Kind: "text"},
	{Path: "mail.smtp.password", Kind: "secret", Secret: true},
}

func (s *settings) Settings(ctx context.Context) ([]admin.Setting, int64, error) {
	stored, version, err := s.db.Settings(ctx)
	var list []admin.Setting
	for _, set := range someSettings {
		set.Owner = "default"
		for _, row := range stored {
			if row.Name == set.Path {
				set.Owner, set.Value, set.Given = "console", row.Value, true
			}
		}
		if value, ok := s.file[set.Path]; ok {
			set.Owner, set.Value, set.Given = "file", value, true
		}
		if set.Secret {
			set.Value = ""
		}
		list = append(list, set)
	}
	return list, version, err
}

func (s *settings) Plan(ctx context.Context, change map[string]*string) ([]admin.SettingStep, int64, error) {
	var steps []admin.SettingStep
	for path, value := range change {
		steps = append(steps, admin.SettingStep{Path: path, Value: *value})
	}
	version, err := s.db.SettingsVersion(ctx)
	return steps, version, err
}

func (s *settings) Try(ctx context.Context, change map[string]*string, to string) (admin.MailTest, error) {
	s.tried++
	if port := change["mail.smtp.port"]; port != nil {
		if _, err := strconv.Atoi(*port); err != nil {
			return admin.MailTest{}, &storage.Invalid{Field: "mail.smtp.port", Why: "is not a number"}
		}
	}
	if password := change["mail.smtp.password"]; password != nil {
		s.password = *password
	}
	return program{}.TestMail(ctx, to), nil
}

func (s *settings) Change(ctx context.Context, change map[string]*string, version int64, e storage.Event) error {
	c := storage.SettingsChange{Version: version}
	for path, value := range change {
		if value == nil {
			c.Remove = append(c.Remove, path)
			continue
		}
		if _, err := strconv.Atoi(*value); err != nil && path == "mail.smtp.port" {
			return &storage.Invalid{Field: path, Why: "is not a number"}
		}
		c.Put = append(c.Put, storage.Setting{Name: path, Value: *value, Sealed: path == "mail.smtp.password" || path == "google.client_secret"})
	}
	_, err := s.db.PutSettings(ctx, c, e)
	return err
}
