package storage

import (
	"context"
	"time"
)

// SetUp is a set-up link that is being used.
type SetUp struct {
	ID    string    // of the link
	Until time.Time // when it ends
	First bool      // it counts only while there is nobody
}

// SetupSpent is the kind under which a set-up link is spent.
const SetupSpent = "setup"

const anybody = `select count(*) from (select 1 from users limit 1) first`

// NoPeople says whether there is nobody yet.
func (db *DB) NoPeople(ctx context.Context) (bool, error) {
	var n int64
	err := db.readRow(ctx, anybody, nil, &n)
	return n == 0, wrap("look for people", err)
}

// SetUp spends a set-up link and adds the administrator whom it makes, in one transaction. ErrConflict when the link was used, when it
// is the first one's and there is somebody by now. *Invalid, also when somebody has the address; then the link is not spent.
func (db *DB) SetUp(ctx context.Context, s SetUp, u User, passwordHash string, e Event) error {
	if err := u.Check(); err != nil {
		return err
	}
	return wrap("set up", db.tx(ctx, func(t *unit) error {
		if _, err := t.exec(holdAdmins); err != nil { // two links that are used at the same moment: the second finds somebody
			return err
		}
		if s.First {
			var n int64
			if err := t.row(anybody, nil, &n); err != nil {
				return err
			}
			if n > 0 {
				return ErrConflict
			}
		}
		if err := t.once(SetupSpent, s.ID, db.Now(), s.Until); err != nil {
			return err
		}
		field, err := t.taken(u)
		if err != nil {
			return err
		}
		if field != "" {
			return &Invalid{field, "belongs to somebody else"}
		}
		return t.addUser(db, u, passwordHash, e)
	}))
}
