// Package keystest hands real keys to tests of other rooms, and signs for those who are not of this house (jws.go).
package keystest

import (
	"encoding/base64"
	"errors"
	"sync"
	"testing"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// first are the rows of one first start, which every database of a test process begins with: to make an RSA key takes
// longer than most tests.
var first struct {
	sync.Mutex
	working []storage.WorkingKey
	signing []storage.SigningKey
}

// Open opens the keys of a database under Master, those of the first start where it has none.
func Open(t testing.TB, db *storage.DB, o keys.Options) *keys.Keys {
	t.Helper()
	stored, err := db.WorkingKeys(t.Context())
	must(t, err)
	if len(stored) > 0 {
		return open(t, db, o)
	}
	first.Lock()
	defer first.Unlock()
	if first.signing == nil {
		opened := open(t, db, o)
		first.working, err = db.WorkingKeys(t.Context())
		must(t, err)
		first.signing, err = db.SigningKeys(t.Context())
		must(t, err)
		return opened
	}
	errs := make([]error, len(first.working)+1)
	var all sync.WaitGroup // at once, so that SQLite makes them durable together
	for i, k := range first.working {
		all.Go(func() { errs[i] = db.AddWorkingKey(t.Context(), k) })
	}
	all.Go(func() {
		errs[len(first.working)] = db.ChangeSigningKeys(t.Context(), first.signing, nil, storage.Event{Actor: "test"})
	})
	all.Wait()
	must(t, errors.Join(errs...))
	return open(t, db, o)
}

func open(t testing.TB, db *storage.DB, o keys.Options) *keys.Keys {
	t.Helper()
	opened, err := keys.Open(t.Context(), db, Master(t), o)
	must(t, err)
	return opened
}

// Master is the master key of every test.
func Master(t testing.TB) keys.Master {
	t.Helper()
	master, err := keys.ParseMaster("m1 " + base64.StdEncoding.EncodeToString([]byte("0123456789abcdef0123456789abcdef")) + " active")
	must(t, err)
	return master
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}
