package storage

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"fmt"
	"io/fs"
	"strconv"
	"time"
)

//go:embed schema/*.sql
var schema embed.FS

// migration is one file of schema/: NNNN_name.sql. Files are only ever added; a released one never changes.
type migration struct {
	number    int64
	name, sum string
	text      string
}

// migrations reads the embedded files in order.
func migrations() ([]migration, error) {
	return readMigrations(schema)
}

func readMigrations(files fs.FS) ([]migration, error) {
	names, err := fs.Glob(files, "schema/*.sql")
	if err != nil {
		return nil, err
	}
	var all []migration
	for i, name := range names {
		text, err := fs.ReadFile(files, name)
		if err != nil {
			return nil, err
		}
		base := name[len("schema/"):]
		number, err := strconv.ParseInt(base[:min(4, len(base))], 10, 64)
		if err != nil || number != int64(i+1) {
			return nil, fmt.Errorf("schema file %s: want number %04d", base, i+1)
		}
		sum := sha256.Sum256(text)
		all = append(all, migration{number: number, name: base, sum: hex.EncodeToString(sum[:]), text: string(text)})
	}
	return all, nil
}

const createMigrations = `create table if not exists migrations (
	number  bigint primary key,
	name    text not null,
	sum     text not null,
	applied bigint not null
)`

// apply brings the database to the last of all. The caller holds a lock that admits one at a time and a
// transaction around it; script runs a text of several statements.
func apply(u *unit, all []migration, script func(text string) error) error {
	if _, err := u.exec(createMigrations); err != nil {
		return err
	}
	done, err := applied(u, all)
	if err != nil {
		return err
	}
	for _, m := range all[done:] {
		if err := script(m.text); err != nil {
			return fmt.Errorf("%s: %w", m.name, err)
		}
		if fill := fills[m.number]; fill != nil {
			if err := fill(u); err != nil {
				return fmt.Errorf("%s: %w", m.name, err)
			}
		}
		if _, err := u.exec(`insert into migrations (number, name, sum, applied) values ($1, $2, $3, $4)`,
			m.number, m.name, m.sum, micros(time.Now())); err != nil {
			return err
		}
	}
	return nil
}

// applied counts the migrations that the database has, and refuses those that we do not know as they are: a
// file edited after its release, or the schema of a newer release that we would misread.
func applied(u *unit, all []migration) (int, error) {
	n := 0
	err := u.rows(`select number, name, sum from migrations order by number`, nil, func(scan func(...any) error) error {
		var m migration
		if err := scan(&m.number, &m.name, &m.sum); err != nil {
			return err
		}
		if n >= len(all) {
			return fmt.Errorf("the database has migration %s, which this release does not know: it belongs to a newer one; start that release, or a later one", m.name)
		}
		if m.number != all[n].number || m.sum != all[n].sum {
			return fmt.Errorf("migration %s in the database differs from %s of this release: one was edited after it was applied", m.name, all[n].name)
		}
		n++
		return nil
	})
	return n, err
}
