package storage

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// disk is a SQLite database whose disk a test fills and empties.
type disk struct {
	*DB
	t *testing.T
}

func newDisk(t *testing.T) disk {
	t.Helper()
	db, err := Open(t.Context(), "sqlite:"+filepath.Join(t.TempDir(), "x.db"), Options{Log: slog.New(slog.DiscardHandler)})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := db.Close(); err != nil {
			t.Error(err)
		}
	})
	return disk{db, t}
}

// room lets the file grow by so many pages from now on; then SQLite says that the disk is full.
func (d disk) room(pages int) {
	d.t.Helper()
	d.must(d.tx(d.t.Context(), func(u *unit) error {
		var n int
		if err := u.row(`pragma page_count`, nil, &n); err != nil {
			return err
		}
		return u.row(fmt.Sprintf(`pragma max_page_count = %d`, n+pages), nil, &n)
	}))
}

func (d disk) must(err error) {
	d.t.Helper()
	if err != nil {
		d.t.Fatal(err)
	}
}

// once writes one row.
func (d disk) once(id string) func() error {
	return func() error { return d.Once(context.Background(), "k", id, time.Now().Add(time.Hour)) }
}

func (d disk) has(id string) bool {
	d.t.Helper()
	spent, err := d.Spent(d.t.Context(), "k", id)
	d.must(err)
	return spent
}

// together runs writes in one batch, in their order.
func (d disk) together(writes ...func() error) []error {
	d.t.Helper()
	g := d.engine.(*sqlite).group
	begun, release := make(chan struct{}), make(chan struct{})
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := g.do(work{limit: longLimit, do: func(*unit) error { close(begun); <-release; return nil }}); err != nil {
			d.t.Error(err)
		}
	})
	<-begun
	errs := make([]error, len(writes))
	for i, write := range writes {
		wg.Go(func() { errs[i] = write() })
		for len(g.queue) <= i {
			time.Sleep(50 * time.Microsecond)
		}
	}
	close(release)
	wg.Wait()
	return errs
}

var vast = strings.Repeat("x", 1<<20)

const spendRow = `insert into spent (kind, id, expires) values ('k', $1, 9000000000000000)`

func TestWhatEndsATransactionInTheMiddleOfABatchFailsAllOfIt(t *testing.T) {
	for name, write := range map[string]func(d disk) error{
		"a full disk under a statement": func(d disk) error { return d.once(vast)() },
		"a full disk under a transaction": func(d disk) error {
			return d.GiveConsent(context.Background(), Consent{UserID: "u", ClientID: "c", Scopes: []string{vast}}, Event{})
		},
		"a full disk that a unit of work does not mind": func(d disk) error {
			return d.tx(context.Background(), func(u *unit) error {
				_, _ = u.exec(spendRow, vast)
				_, _ = u.exec(spendRow, "after")
				return nil
			})
		},
		"a statement whose answer cannot be read": func(d disk) error {
			var n int
			return d.writeRow(context.Background(), spendRow+` returning id`, []any{"after"}, &n)
		},
		"a statement that panics after its work": func(d disk) error {
			return d.write(context.Background(), work{one: true, do: func(u *unit) error {
				_, _ = u.exec(spendRow, "after")
				panic("oh")
			}})
		},
	} {
		t.Run(name, func(t *testing.T) {
			d := newDisk(t)
			d.room(20)
			kept := func(id string) func() error { // a transaction: the outermost one, if there were no other
				return func() error {
					return d.tx(context.Background(), func(u *unit) error { _, err := u.exec(spendRow, id); return err })
				}
			}
			errs := d.together(d.once("a"), kept("b"), func() error { return write(d) }, d.once("c"), kept("d"), d.once("e"))
			for i, err := range errs {
				if err == nil {
					t.Errorf("write %d of the batch was acknowledged", i)
				}
			}
			for _, id := range []string{"a", "b", "c", "d", "e", "after"} {
				if d.has(id) {
					t.Errorf("%q is there", id)
				}
			}
			d.must(d.once("later")())
			if !d.has("later") {
				t.Error("a later write is lost")
			}
		})
	}
}

func TestWhatAUnitOfWorkDecidesIsUndoneAlone(t *testing.T) {
	d := newDisk(t)
	own := errors.New("own")
	half := func(end func() error) func() error {
		return func() error {
			return d.tx(context.Background(), func(u *unit) error {
				_, _ = u.exec(spendRow, "half")
				return end()
			})
		}
	}
	errs := d.together(d.once("a"),
		d.once("a"), // ErrConflict
		func() error { _, err := d.writeOne(context.Background(), spendRow, "a"); return err }, // a constraint
		half(func() error { return own }),
		half(func() error { panic("oh") }),
		d.once("b"))
	for i, err := range errs {
		if wanted := i == 0 || i == len(errs)-1; (err == nil) != wanted {
			t.Errorf("write %d: %v", i, err)
		}
	}
	if !errors.Is(errs[1], ErrConflict) || !errors.Is(errs[3], own) {
		t.Errorf("%v", errs)
	}
	if !d.has("a") || !d.has("b") || d.has("half") {
		t.Errorf("a %v, b %v, half %v", d.has("a"), d.has("b"), d.has("half"))
	}
}

func TestABatchThatCannotBeginIsRefusedAndTheNextGoesOn(t *testing.T) {
	d := newDisk(t)
	d.must(d.tx(t.Context(), func(u *unit) error {
		var n int
		return u.row(`pragma busy_timeout = 1`, nil, &n)
	}))
	other, err := openFile(d.engine.(*sqlite).path, sqliteGuest)
	d.must(err)
	defer func() { _ = other.Close() }()
	tx, err := other.BeginTx(t.Context(), nil)
	d.must(err)
	if d.once("a")() == nil {
		t.Error("it was acknowledged")
	}
	d.must(tx.Rollback())
	d.must(d.once("b")())
	if d.has("a") || !d.has("b") {
		t.Errorf("a %v, b %v", d.has("a"), d.has("b"))
	}
}

// However the disk fills under many writers: what was acknowledged is there, and what was refused is not.
func TestAFullDiskLosesNothingAcknowledged(t *testing.T) {
	d := newDisk(t)
	full := 0
	for round := range 8 {
		d.room(10 + 17*round)
		const writers = 60
		errs := make([]error, writers)
		var wg sync.WaitGroup
		name := func(i int) string { return fmt.Sprintf("%d/%d", round, i) }
		long := func(i int) string { return name(i) + vast[:i*i*7%9000] }
		for i := range writers {
			wg.Go(func() {
				switch i % 3 {
				case 0:
					errs[i] = d.once(long(i))()
				case 1:
					errs[i] = d.GiveConsent(context.Background(), Consent{UserID: name(i), ClientID: "c", Scopes: []string{long(i)}}, Event{})
				default:
					errs[i] = d.tx(context.Background(), func(u *unit) error {
						if _, err := u.exec(spendRow, name(i)); err != nil {
							return err
						}
						_, err := u.exec(spendRow, long(i)+"+")
						return err
					})
				}
			})
		}
		wg.Wait()
		for i, err := range errs {
			there := false
			switch i % 3 {
			case 0:
				there = d.has(long(i))
			case 1:
				_, missing := d.Consent(t.Context(), name(i), "c")
				there = missing == nil
			default:
				there = d.has(name(i))
				if there != d.has(long(i)+"+") {
					t.Errorf("%s: half a transaction", name(i))
				}
			}
			if there != (err == nil) {
				t.Errorf("%s: answered %v, and is there: %v", name(i), err, there)
			}
			if err != nil {
				full++
			}
		}
	}
	if full == 0 {
		t.Error("the disk was never full")
	}
}
