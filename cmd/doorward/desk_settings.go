package main

import (
	"context"
	"errors"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// deskSettings lends the configuration to the console.
type deskSettings struct{ *rooms }

// Settings implements admin.Settings. Where what is stored does not go with the configuration, it shows what holds.
func (d deskSettings) Settings(ctx context.Context) ([]admin.Setting, int64, error) {
	config, version, err := d.settled(ctx)
	if wrong := (faults)(nil); errors.As(err, &wrong) {
		config = d.config
		version, err = d.db.SettingsVersion(ctx)
	}
	if err != nil {
		return nil, 0, err
	}
	list := make([]admin.Setting, 0, len(settables))
	for _, s := range config.show() {
		list = append(list, admin.Setting{
			Path: s.path, Value: s.value, Kind: s.kind, Options: s.options, Owner: s.owner, Secret: s.sealed(), Given: s.given,
		})
	}
	return list, version, nil
}

// Try implements admin.Settings.
func (d deskSettings) Try(ctx context.Context, change map[string]*string, to string) (admin.MailTest, error) {
	then, err := d.house.draft(ctx, change)
	if err != nil {
		return admin.MailTest{}, err
	}
	return sendTest(ctx, then.config, to), nil
}

// Change implements admin.Settings.
func (d deskSettings) Change(ctx context.Context, change map[string]*string, version int64, e storage.Event) error {
	return d.house.changeSettings(ctx, change, version, e)
}
