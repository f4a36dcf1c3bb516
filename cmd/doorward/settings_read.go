package main

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"maps"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// settle lays what was set in the console under what file and environment give, which must be right by itself. A setting that this
// release does not know is left out. The error is faults.
func (c Config) settle(stored []storage.Setting, box *keys.Box) (Config, error) {
	settled := c
	settled.places = maps.Clone(c.places)
	var found faults
	for _, row := range stored {
		s, known := settableNamed(row.Name)
		if !known || s.path != row.Name || c.owner(s) != byDefault {
			continue
		}
		text, err := openSetting(box, row)
		settled.places[s.name()] = place{Console: true}
		if err == nil {
			err = s.set(&settled, text)
		}
		if err != nil {
			found = append(found, settled.places.fault(s.name(), "%s", err))
		}
	}
	for _, f := range settled.check() {
		if !found.has(f.Path) {
			found = append(found, f)
		}
	}
	if len(found) > 0 {
		return Config{}, found
	}
	return settled, nil
}

// settled is the configuration with the settings that the database has now, and their version.
func (f *foundation) settled(ctx context.Context) (Config, int64, error) {
	stored, version, err := f.db.Settings(ctx)
	if err != nil {
		return Config{}, 0, err
	}
	config, err := f.given.settle(stored, f.keys.Box)
	return config, version, err
}

// sealedAbout binds a sealed setting to its name.
func sealedAbout(name string) string { return "settings:value:" + name }

// newSetting is the row of a setting; a secret is sealed.
func newSetting(box *keys.Box, s settable, text string) (storage.Setting, error) {
	switch s.kind {
	case kindSecret:
		sealed, err := box.SealRow(keys.ForSetting, []byte(text), sealedAbout(s.path))
		return storage.Setting{Name: s.path, Value: base64.StdEncoding.EncodeToString(sealed), Sealed: true}, err
	case kindLogo: // bytes are no text in PostgreSQL
		return storage.Setting{Name: s.path, Value: base64.StdEncoding.EncodeToString([]byte(text))}, nil
	}
	return storage.Setting{Name: s.path, Value: text}, nil
}

// openSetting reads the text of a row that newSetting made.
func openSetting(box *keys.Box, row storage.Setting) (string, error) {
	s, _ := settableNamed(row.Name)
	if s.kind != kindSecret && s.kind != kindLogo {
		return row.Value, nil
	}
	raw, err := base64.StdEncoding.DecodeString(row.Value)
	if err == nil && s.sealed() {
		raw, err = box.OpenRow(keys.ForSetting, raw, sealedAbout(row.Name))
	}
	if err != nil {
		return "", errors.New("cannot be opened: set it again")
	}
	return string(raw), nil
}

// unsettled says what to do where the settings of the console keep a house from starting: there is no console to mend them in.
func unsettled(err error) error {
	if wrong := (faults)(nil); errors.As(err, &wrong) {
		return fmt.Errorf("%w\nWhat was set in the console does not go with this configuration. Give the setting here: then the console's counts no more", wrong)
	}
	return err
}
