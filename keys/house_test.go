package keys

import (
	"context"
	"errors"
	"log/slog"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// clock is a time that a test moves.
type clock struct{ micros atomic.Int64 }

func newClock() *clock {
	c := &clock{}
	c.micros.Store(time.Date(2030, 1, 1, 12, 0, 0, 0, time.UTC).UnixMicro())
	return c
}

func (c *clock) Now() time.Time          { return time.UnixMicro(c.micros.Load()).UTC() }
func (c *clock) Forward(d time.Duration) { c.micros.Add(d.Microseconds()) }
func event() storage.Event {
	return storage.Event{Actor: "operator"}
}
func quick() PasswordOptions         { return PasswordOptions{MemoryKiB: 64, Time: 1} }
func testMaster(t testing.TB) Master { return masterOf(t, freshMasterLine()) }
func flip(c byte) string             { return string(rune(c ^ 1)) }
func openKeys(t testing.TB, store Store, now func() time.Time) *Keys {
	return openUnder(t, store, testMaster(t), now)
}

func masterOf(t testing.TB, text string) Master {
	t.Helper()
	master, err := ParseMaster(text)
	if err != nil {
		t.Fatal(err)
	}
	return master
}

func openUnder(t testing.TB, store Store, master Master, now func() time.Time) *Keys {
	t.Helper()
	k, err := Open(t.Context(), store, master, Options{Log: slog.New(slog.DiscardHandler), Now: now, Passwords: quick()})
	if err != nil {
		t.Fatal(err)
	}
	return k
}

func mustSeal(t testing.TB, k *Keys, p Purpose, v any) string {
	t.Helper()
	text, err := k.Box.Seal(p, v)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func mustSign(t testing.TB, k *Keys, alg, typ string) string {
	t.Helper()
	token, err := k.Ring.Sign(alg, typ, map[string]any{"sub": "anna", "iss": "https://op.test"})
	if err != nil {
		t.Fatal(err)
	}
	return token
}

func mustRefuse(t testing.TB, what string, err error) {
	t.Helper()
	if !errors.Is(err, ErrRefused) {
		t.Errorf("%s: got %v, want ErrRefused", what, err)
	}
}

// outage is a database that can be cut off, and counts how often it is asked.
type outage struct {
	*storage.DB
	down  atomic.Bool
	asked atomic.Int64
}

var errDown = errors.New("the database is away")

func (o *outage) Epoch(ctx context.Context) (int64, error) {
	o.asked.Add(1)
	if o.down.Load() {
		return 0, errDown
	}
	return o.DB.Epoch(ctx)
}
