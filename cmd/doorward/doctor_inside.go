package main

import (
	"context"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"time"
)

// lookAtClock compares our clock with the database's.
func lookAtClock(ctx context.Context, d *doctor) []remark {
	if err := d.db.Ready(ctx); err != nil {
		return bad(wrong, "let both machines follow the same time servers (NTP), and see that the database runs", "%v", err)
	}
	return ok("this machine agrees with the database's")
}

func lookAtSchema(ctx context.Context, d *doctor) []remark {
	s, err := d.db.Schema(ctx)
	switch {
	case err != nil:
		return bad(wrong, "run the version of Doorward that the database belongs to, or a later one", "%v", err)
	case s.Version == 0:
		return bad(wrong, "start the server once", "it is empty")
	case s.Pending > 0:
		return bad(hint, "start the server of this version; a SQLite file is copied before it is changed", "its tables are %d steps behind this version", s.Pending)
	}
	return ok("%s, with the schema of this version", d.db.Kind())
}

func lookAtPromises(ctx context.Context, d *doctor) []remark {
	all, err := d.db.Promises(ctx)
	if err != nil {
		return bad(wrong, "see whether the database works", "%v", err)
	}
	var found []remark
	for _, p := range all {
		if p.Broken == "" {
			found = append(found, ok("%s: %s", p.Name, p.Value)...)
			continue
		}
		found = append(found, bad(wrong, p.Remedy, "%s: %s: %s", p.Name, p.Value, p.Broken)...)
	}
	return found
}

// lookAtMaster tries whether a start would open the keys.
func lookAtMaster(_ context.Context, d *doctor) []remark {
	k, err := d.config.rehearse(d.outside, d.db)
	switch {
	case err != nil:
		return bad(wrong, "put the master key back from its copy, with mode 0600, owned by the user that Doorward runs as", "%v", err)
	case k == nil:
		return ok("none is needed yet")
	case d.config.MasterKey != "":
		return ok("%s opens the keys", d.config.masterPlace())
	}
	found := ok("%s opens the keys, and is readable for its owner alone", d.config.MasterKeyFile)
	if info, err := os.Stat(filepath.Dir(d.config.MasterKeyFile)); err == nil && info.Mode().Perm()&0o022 != 0 {
		found = append(found, bad(wrong, "chmod go-w "+filepath.Dir(d.config.MasterKeyFile), "others may put another file in the master key's place: its folder has mode %04o", info.Mode().Perm())...)
	}
	if path := d.config.databasePath(); path != "" && filepath.Dir(path) == filepath.Dir(d.config.MasterKeyFile) {
		found = append(found, bad(hint, "see that backups of this folder do not hold both", "it lies in the database's folder: who copies the folder has the key and what it opens")...)
	}
	return found
}

// keysTooOld is when a server should have taken the next signing key into use: they do by themselves after 30 days.
const keysTooOld = 35 * 24 * time.Hour

func lookAtSigningKeys(ctx context.Context, d *doctor) []remark {
	all, err := d.db.SigningKeys(ctx)
	if err != nil {
		return bad(wrong, "see whether the database works", "%v", err)
	}
	now, newest := d.now(), map[string]time.Time{}
	for _, k := range all {
		if !k.Use.After(now) && k.Use.After(newest[k.Alg]) {
			newest[k.Alg] = k.Use
		}
	}
	if len(newest) == 0 {
		return bad(hint, "start the server once: it makes them", "there are none yet")
	}
	var found []remark
	for _, alg := range slices.Sorted(maps.Keys(newest)) {
		if age := now.Sub(newest[alg]); age > keysTooOld {
			found = append(found, bad(wrong, "let a server run: it takes the next keys by itself; or doorward keys rotate", "%s: in use for %d days", alg, days(age))...)
		} else {
			found = append(found, ok("%s: in use for %d days", alg, days(age))...)
		}
	}
	return found
}

func days(d time.Duration) int { return int(d.Hours() / 24) }

// oldBackup is when the last backup is too old for a house that changes every day.
const oldBackup = 7 * 24 * time.Hour

func lookAtBackup(ctx context.Context, d *doctor) []remark {
	const remedy = "doorward backup FILE --config FILE, every night, to another machine"
	last, err := d.db.LastBackup(ctx)
	switch {
	case err != nil:
		return bad(wrong, "see whether the database works", "%v", err)
	case last.IsZero():
		return bad(hint, remedy, "none was made by doorward backup yet")
	case d.now().Sub(last) > oldBackup:
		return bad(hint, remedy, "the last one is %d days old", days(d.now().Sub(last)))
	}
	return ok("the last one is of %s", last.Format("2 January 2006 15:04 MST"))
}
