package storage

import (
	"context"
	"fmt"
	"time"
)

// Promise is a setting of the database or its disk on which it hangs that an acknowledged write outlives a power cut.
type Promise struct {
	Name, Value string
	Broken      string // what may be lost by it; "" nothing
	Remedy      string // where it is broken
}

// Promises reads what the database and its disk promise.
func (db *DB) Promises(ctx context.Context) ([]Promise, error) {
	all, err := db.engine.promises(ctx)
	return all, wrap("read the settings of the database", err)
}

func (s *sqlite) promises(ctx context.Context) ([]Promise, error) {
	p := Promise{Name: "file"}
	err := s.read(ctx, func(u *unit) error { return u.row(`pragma quick_check(1)`, nil, &p.Value) })
	if err != nil {
		return nil, err
	}
	if p.Value != "ok" {
		p.Broken, p.Remedy = "the file is damaged", "stop the server, keep a copy of the file, and restore a backup"
	}
	disk, err := fileSystem(s.path)
	return append([]Promise{p}, disk...), err
}

const smallDisk = 256 << 20 // bytes

// room judges how much is free on a disk.
func room(free uint64) Promise {
	p := Promise{Name: "disk", Value: fmt.Sprintf("%d MB free", free>>20)}
	if free < smallDisk {
		p.Broken, p.Remedy = "when the disk is full nobody can sign in", "make room"
	}
	return p
}

// postgresPromises are settings and the values that keep what was acknowledged. With "remote_write" the standby may lose it, not the server.
var postgresPromises = map[string][]string{
	"fsync":              {"on"},
	"full_page_writes":   {"on"},
	"synchronous_commit": {"on", "local", "remote_write", "remote_apply"},
}

func (p *postgres) promises(ctx context.Context) ([]Promise, error) {
	var all []Promise
	err := p.read(ctx, func(u *unit) error {
		all = nil
		err := u.rows(`select name, setting from pg_settings where name in ('fsync', 'full_page_writes', 'synchronous_commit') order by name`, nil,
			func(scan func(...any) error) error {
				var s Promise
				err := scan(&s.Name, &s.Value)
				all = append(all, s.judged(postgresPromises[s.Name]))
				return err
			})
		if err != nil {
			return err
		}
		var standby bool
		if err := u.row(`select pg_is_in_recovery()`, nil, &standby); err != nil || !standby {
			return err
		}
		all = append(all, Promise{Name: "server", Value: "standby", Broken: "nothing can be written there", Remedy: "name the primary server in database"})
		return nil
	})
	return all, err
}

func (s Promise) judged(good []string) Promise {
	for _, value := range good {
		if s.Value == value {
			return s
		}
	}
	s.Broken = "a power cut may take back what was acknowledged: a spent code or a revoked grant comes back to life"
	s.Remedy = fmt.Sprintf("set %s to on in postgresql.conf, or for this database and role", s.Name)
	return s
}

const seenLimit = `select seen from limits where id = $1`

// Charged is when something was last charged to the key of a rate. ErrNotFound when nothing was, or it is paid off and swept.
func (db *DB) Charged(ctx context.Context, key string) (time.Time, error) {
	var t time.Time
	err := db.readRow(ctx, seenLimit, []any{limitID("rate:", key)}, at(&t))
	return t, wrap("read limit", err)
}
