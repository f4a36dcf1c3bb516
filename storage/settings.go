package storage

import (
	"context"
	"strconv"
	"time"
)

// SettingsChanged is the event of PutSettings. Its data name each setting with its new value; sealed ones are "changed", and those that
// went back to their default are "default".
const SettingsChanged = "settings.changed"

// Setting is what an operator has set in the console, by its name in the configuration file. What it means, and whether it may be so, is
// judged by who reads the configuration.
type Setting struct {
	Name, Value string
	Sealed      bool // the value is sealed under a working key, and never told
	Updated     time.Time
}

// SettingsChange is what becomes of some settings, together.
type SettingsChange struct {
	Put     []Setting
	Remove  []string // their defaults count again
	Version int64    // of the settings that were read before
}

const (
	// The counter's row is a lock: of two operators who change settings at once, the second has read old ones.
	raiseSettings  = `update meta set value = value + 1 where name = 'settings' and value = $1 returning value`
	countSettings  = `select value from meta where name = 'settings'`
	selectSettings = `select name, value, sealed, updated from settings order by name`
	putSetting     = `insert into settings (name, value, sealed, updated) values ($1, $2, $3, $4)
		on conflict (name) do update set value = excluded.value, sealed = excluded.sealed, updated = excluded.updated`
	maxToldValue = 200 // bytes of a value in an event
)

// Settings reads all settings by name, and the version that they have. Where they change meanwhile, the version is the older one.
func (db *DB) Settings(ctx context.Context) ([]Setting, int64, error) {
	var all []Setting
	var version int64
	err := db.engine.read(ctx, func(u *unit) error {
		all = nil
		if err := u.row(countSettings, nil, &version); err != nil {
			return err
		}
		return u.rows(selectSettings, nil, func(scan func(...any) error) error {
			var s Setting
			err := scan(&s.Name, &s.Value, &s.Sealed, at(&s.Updated))
			all = append(all, s)
			return err
		})
	})
	return all, version, wrap("read settings", err)
}

// SettingsVersion rises with each change of settings, on whatever node.
func (db *DB) SettingsVersion(ctx context.Context) (int64, error) {
	var version int64
	err := db.readRow(ctx, countSettings, nil, &version)
	return version, wrap("read the version of the settings", err)
}

// PutSettings changes settings, all or none, and returns their new version. ErrConflict when they have changed since they were read.
func (db *DB) PutSettings(ctx context.Context, c SettingsChange, e Event) (int64, error) {
	var version int64
	err := db.tx(ctx, func(u *unit) error {
		if err := u.row(raiseSettings, []any{c.Version}, &version); err != nil {
			return conflictIfNone(err)
		}
		now := micros(db.Now())
		for _, s := range c.Put {
			if _, err := u.exec(putSetting, s.Name, s.Value, s.Sealed, now); err != nil {
				return err
			}
		}
		for _, name := range c.Remove {
			if _, err := u.exec(`delete from settings where name = $1`, name); err != nil {
				return err
			}
		}
		return u.record(db, c.event(e).or(Event{Kind: SettingsChanged, Actor: "operator"}))
	})
	return version, wrap("change settings", err)
}

// event tells what changes, and no secret.
func (c SettingsChange) event(e Event) Event {
	for _, s := range c.Put {
		told := s.Value
		switch {
		case s.Sealed:
			told = "changed"
		case len(told) > maxToldValue:
			told = strconv.Itoa(len(told)) + " bytes"
		}
		e = e.with(s.Name, told)
	}
	for _, name := range c.Remove {
		e = e.with(name, "default")
	}
	return e
}
