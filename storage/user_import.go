package storage

import (
	"context"
	"errors"
	"slices"
	"strings"
)

// ImportedUser is a person from elsewhere.
type ImportedUser struct {
	// User has no id, which is made here, and no role, which nobody gets by a file. An empty State means active with a password hash,
	// else invited.
	User User
	Hash string // of the password, as it was made elsewhere (a PHC or crypt string); "" none
}

// What became of a person of an import.
const (
	ImportAdded   = "added"
	ImportExists  = "exists"  // the address, the link address or the number is somebody's, or stood in an earlier row
	ImportInvalid = "invalid" // the record breaks a rule
)

// ImportResult is what became of a row.
type ImportResult struct {
	Result string
	Field  string // that is taken, of one that exists
	Err    error  // joins *Invalid values, of one that is invalid
	ID     string // of one that was added
}

const (
	importBatch = 200
	maxHash     = 1024
)

// ImportUsers adds people in batches, each person with an event, and says of each row what became of it; people who exist are left as
// they are. A dry run says the same and changes nothing. An error of the database ends it: what was said until then is done.
func (db *DB) ImportUsers(ctx context.Context, people []ImportedUser, dry bool, e Event) ([]ImportResult, error) {
	seen := map[[2]string]bool{}
	all := make([]ImportResult, 0, len(people))
	for batch := range slices.Chunk(people, importBatch) {
		rows := make([]importRow, len(batch))
		for i, p := range batch {
			rows[i] = p.row(seen)
		}
		if err := errors.Join(ctx.Err(), db.importRows(ctx, rows, dry, e)); err != nil {
			return all, wrap("import users", err)
		}
		for _, r := range rows {
			all = append(all, r.result)
		}
	}
	return all, nil
}

// importRow is a person whom only the database can still refuse, where open.
type importRow struct {
	person User
	hash   string
	open   bool
	result ImportResult
}

// row judges a person before the database is asked. What the rows before name is in seen.
func (p ImportedUser) row(seen map[[2]string]bool) importRow {
	r := importRow{person: p.User, hash: p.Hash}
	var f faults
	f.unless(p.User.ID == "", "id", "is made here") // a chosen one could be guessed (AD-14)
	f.unless(p.User.Role == "", "role", "is not given by an import")
	f.unless(isHash(p.Hash), "password_hash", "wants up to 1024 printable ASCII characters without a space")
	r.person.ID = NewID()
	if r.person.LinkEmail == "" {
		r.person.LinkEmail = r.person.Email
	}
	if r.person.State == "" {
		r.person.State = "invited"
		if p.Hash != "" {
			r.person.State = "active"
		}
	}
	if err := errors.Join(f.err(), r.person.Check()); err != nil {
		r.result = ImportResult{Result: ImportInvalid, Err: err}
		return r
	}
	for _, own := range r.person.owned() {
		if seen[[2]string{own.field, own.value}] {
			r.result = ImportResult{Result: ImportExists, Field: own.field}
			return r
		}
	}
	for _, own := range r.person.owned() {
		seen[[2]string{own.field, own.value}] = true
	}
	r.open = true
	return r
}

func isHash(s string) bool {
	return len(s) <= maxHash && strings.IndexFunc(s, func(r rune) bool { return r <= ' ' || r > '~' }) < 0
}

// importRows is one unit of work; a dry run only reads.
func (db *DB) importRows(ctx context.Context, rows []importRow, dry bool, e Event) error {
	settle := func(u *unit) error {
		for i := range rows {
			if !rows[i].open {
				continue
			}
			if err := u.importRow(db, &rows[i], dry, e); err != nil {
				return err
			}
		}
		return nil
	}
	if dry {
		return db.engine.read(ctx, settle)
	}
	return db.tx(ctx, settle)
}

func (u *unit) importRow(db *DB, r *importRow, dry bool, e Event) error {
	r.result = ImportResult{Result: ImportAdded}
	if !dry {
		err := u.addUser(db, r.person, r.hash, e)
		if err == nil {
			r.result.ID = r.person.ID
		}
		if !errors.Is(err, ErrConflict) {
			return err
		}
	}
	field, err := u.taken(r.person)
	if field != "" {
		r.result = ImportResult{Result: ImportExists, Field: field}
	} else if err == nil && !dry {
		return ErrConflict // whoever was in the way has just gone: nothing is said of a row that was not judged
	}
	return err
}
