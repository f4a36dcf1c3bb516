package main

import (
	"context"
	"errors"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// laidSettings lends the configuration to the desk. Where a house is open, deskSettings does.
type laidSettings struct{ *foundation }

// Settings implements admin.Settings. Where what is stored does not go with the configuration, it shows what holds.
func (l laidSettings) Settings(ctx context.Context) ([]admin.Setting, int64, error) {
	config, version, err := l.settled(ctx)
	if wrong := (faults)(nil); errors.As(err, &wrong) {
		config = l.config
		version, err = l.db.SettingsVersion(ctx)
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

// Plan implements admin.Settings.
func (l laidSettings) Plan(ctx context.Context, change map[string]*string) ([]admin.SettingStep, int64, error) {
	d, err := l.draft(ctx, change)
	var steps []admin.SettingStep
	for _, row := range d.write.Put {
		step := admin.SettingStep{Path: row.Name}
		if !row.Sealed {
			step.Value = row.Value
		}
		steps = append(steps, step)
	}
	return steps, d.write.Version, err
}

// Try implements admin.Settings.
func (l laidSettings) Try(ctx context.Context, change map[string]*string, to string) (admin.MailTest, error) {
	then, err := l.draft(ctx, change)
	if err != nil {
		return admin.MailTest{}, err
	}
	return sendTest(ctx, then.config, to), nil
}

// Change implements admin.Settings. Servers that run follow within a second.
func (l laidSettings) Change(ctx context.Context, change map[string]*string, version int64, e storage.Event) error {
	d, err := l.draftOf(ctx, change, version)
	if err != nil || d.empty() {
		return err
	}
	_, err = l.db.PutSettings(ctx, d.write, e)
	return err
}

// deskSettings lends the configuration of an open house to the console.
type deskSettings struct {
	laidSettings
	house *house
}

// Change implements admin.Settings. The house goes on by it at once.
func (d deskSettings) Change(ctx context.Context, change map[string]*string, version int64, e storage.Event) error {
	return d.house.changeSettings(ctx, change, version, e)
}
