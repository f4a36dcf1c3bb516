package main

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// draft is a change of settings that was judged, and not written yet.
type draft struct {
	write  storage.SettingsChange
	config Config // as it would be from then on
}

func (d draft) empty() bool { return len(d.write.Put)+len(d.write.Remove) == 0 }

// draft lays a change over what is stored; nil: the default counts again. What is as it was already is left out. The error joins
// *storage.Invalid values, whose fields are paths of settings.
func (f *foundation) draft(ctx context.Context, change map[string]*string) (draft, error) {
	stored, version, err := f.db.Settings(ctx)
	if err != nil {
		return draft{}, err
	}
	d := draft{write: storage.SettingsChange{Version: version}}
	after := map[string]storage.Setting{}
	for _, row := range stored {
		after[row.Name] = row
	}
	var wrong []error
	for _, path := range slices.Sorted(maps.Keys(change)) {
		text := change[path]
		before, has := after[path]
		s, err := f.settable(path)
		switch {
		case err != nil:
			wrong = append(wrong, err)
		case text == nil && has:
			delete(after, path)
			d.write.Remove = append(d.write.Remove, path)
		case text != nil && !(has && f.same(before, *text)):
			if err := portOfMail(path, *text); err != nil {
				wrong = append(wrong, err)
				continue
			}
			row, err := newSetting(f.keys.Box, s, *text)
			if err != nil {
				return draft{}, err
			}
			after[path] = row
			d.write.Put = append(d.write.Put, row)
		}
	}
	if wrong = append(wrong, d.misled(change, stored)...); len(wrong) > 0 {
		return draft{}, errors.Join(wrong...)
	}
	d.config, err = f.given.settle(slices.Collect(maps.Values(after)), f.keys.Box)
	if err == nil {
		err = f.keptAsLong(stored, d.config)
	}
	return d, byPath(err)
}

// draftOf is draft for who has read the settings of a version. ErrConflict when that is not the present one.
func (f *foundation) draftOf(ctx context.Context, change map[string]*string, version int64) (draft, error) {
	d, err := f.draft(ctx, change)
	if err == nil && d.write.Version != version {
		err = storage.ErrConflict
	}
	return d, err
}

// keptAsLong keeps the console from shortening how long the log is kept, also by way of the default: whoever has stolen an administrator's
// session, or is one, would have what they did swept away (AD-07).
func (f *foundation) keptAsLong(stored []storage.Setting, after Config) error {
	holds := f.config.Audit.KeepDays
	if before, err := f.given.settle(stored, f.keys.Box); err == nil {
		holds = before.Audit.KeepDays
	}
	if after.Audit.KeepDays >= holds {
		return nil
	}
	return &storage.Invalid{Field: "audit.keep_days", Why: fmt.Sprintf("can only be made longer here than the %d days that hold; the configuration file alone makes it shorter", holds)}
}

// mailPorts are those at which mail servers take letters; 0 is the usual one.
var mailPorts = []string{"0", "25", "465", "587", "2525"}

// portOfMail keeps the console from knocking at every door of the network behind the house by test letters. The file may name any port.
func portOfMail(path, text string) error {
	if path != "mail.smtp.port" || slices.Contains(mailPorts, text) {
		return nil
	}
	return &storage.Invalid{Field: path, Why: "must be 25, 465, 587 or 2525, or 0 for the usual one; the configuration file may name another"}
}

// misled finds the secrets that the change would send to another server, or past another lock: whoever has stolen an administrator's
// session would read them there. Who types one again knows it, and who takes it away sends nothing (AD-08).
func (d draft) misled(change map[string]*string, stored []storage.Setting) []error {
	var wrong []error
	for _, row := range stored {
		s, _ := settableNamed(row.Name)
		_, typed := change[row.Name]
		moved := slices.ContainsFunc(d.write.Put, func(put storage.Setting) bool { return slices.Contains(s.goes, put.Name) }) ||
			slices.ContainsFunc(d.write.Remove, func(name string) bool { return slices.Contains(s.goes, name) })
		if moved && !typed {
			wrong = append(wrong, &storage.Invalid{Field: s.path, Why: "must be typed again with a change of " + strings.Join(s.goes, ", ")})
		}
	}
	return wrong
}

// settable is the setting of that path, where the console may change it. *storage.Invalid.
func (f *foundation) settable(path string) (settable, error) {
	s, known := settableNamed(path)
	if !known || s.path != path {
		return s, &storage.Invalid{Field: path, Why: "is no setting that can be changed here"}
	}
	if owner := f.given.owner(s); owner != byDefault {
		return s, &storage.Invalid{Field: path, Why: "is given by the " + owner + ", and is changed there"}
	}
	return s, nil
}

// same says whether a row has this text. A secret is never compared: who types it means it.
func (f *foundation) same(row storage.Setting, text string) bool {
	old, err := openSetting(f.keys.Box, row)
	return err == nil && old == text && !row.Sealed
}

// byPath makes faults of a configuration *storage.Invalid values, joined, with the paths of settings.
func byPath(err error) error {
	found := (faults)(nil)
	if !errors.As(err, &found) {
		return err
	}
	list := make([]error, len(found))
	for i, f := range found {
		path, _, _ := strings.Cut(f.Path, "[")
		if s, known := settableNamed(path); known {
			path = s.path
		}
		list[i] = &storage.Invalid{Field: path, Why: f.Why}
	}
	return errors.Join(list...)
}

// changeSettings writes a change, all or nothing, and opens the rooms that it makes; what is under way stays in the former ones. Other nodes
// follow within a second. ErrConflict when version is not the present one. The error joins *storage.Invalid values, whose fields are
// paths of settings.
func (h *house) changeSettings(ctx context.Context, change map[string]*string, version int64, e storage.Event) error {
	h.building.Lock()
	defer h.building.Unlock()
	d, err := h.draftOf(ctx, change, version)
	if err != nil || d.empty() {
		return err
	}
	base := *h.foundation
	base.config = d.config
	next, err := h.newRooms(&base) // what cannot be opened is not written
	if err != nil {
		return err
	}
	if base.version, err = h.db.PutSettings(ctx, d.write, e); err != nil {
		return err
	}
	if !h.draining.Load() { // else the next start opens them
		h.swap(next)
	}
	return nil
}

// seen is a setting as an operator may see it.
type seen struct {
	settable
	value string // "" for a secret, whoever asks (AD-08), and for a logo
	owner string // what file or environment give is not changed in the console
	given bool   // a secret, or a logo: there is one
}

// show lists every setting of the console, in the order of config.example.yaml.
func (c Config) show() []seen {
	list := make([]seen, len(settables))
	for i, s := range settables {
		list[i] = seen{settable: s, owner: c.owner(s)}
		if text := s.text(&c); s.kind == kindSecret || s.kind == kindLogo {
			list[i].given = text != "" || s.file(&c) != ""
		} else {
			list[i].value = text
		}
	}
	return list
}
