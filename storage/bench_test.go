package storage_test

import (
	"strconv"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// benchEach measures one operation on both databases, one at a time and from 64 callers, with this process's CPU time for each: that
// is the figure to compare, since the other wanders with what else the machine does.
func benchEach(b *testing.B, op func(h *house, g storage.Grant, n int64) error) {
	for _, kind := range []string{"sqlite", "postgres"} {
		for _, callers := range []int{1, 64} {
			b.Run(kind+"/"+strconv.Itoa(callers), func(b *testing.B) {
				db := benchDB(b, kind)
				h := furnish(b, db)
				g := h.grant(nil)
				var n atomic.Int64
				b.SetParallelism(callers) // times GOMAXPROCS
				before := cpu(b)
				b.ResetTimer()
				if callers == 1 {
					for b.Loop() {
						h.must(op(h, g, n.Add(1)))
					}
				} else {
					b.RunParallel(func(pb *testing.PB) {
						for pb.Next() {
							if err := op(h, g, n.Add(1)); err != nil {
								b.Error(err)
							}
						}
					})
				}
				b.ReportMetric(float64((cpu(b)-before).Nanoseconds())/float64(b.N), "cpu-ns/op")
			})
		}
	}
}

func benchDB(b *testing.B, kind string) *storage.DB {
	if kind == "sqlite" {
		return storagetest.New(b, nil)
	}
	return node(b, storagetest.PostgresURL(b), nil)
}

func cpu(b *testing.B) time.Duration {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		b.Fatal(err)
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

func BenchmarkLiveGrant(b *testing.B) {
	benchEach(b, func(h *house, g storage.Grant, _ int64) error {
		_, _, err := h.LiveGrant(b.Context(), g.ID)
		return err
	})
}

func BenchmarkSessionByCookie(b *testing.B) {
	benchEach(b, func(h *house, _ storage.Grant, _ int64) error {
		_, _, err := h.SessionByCookie(b.Context(), h.session.Cookie)
		return err
	})
}

func BenchmarkFinish(b *testing.B) {
	benchEach(b, func(h *house, _ storage.Grant, _ int64) error {
		_, err := h.Finish(b.Context(), h.attempt(storage.SignIn{}), storage.Event{Reference: "ABCD-EFGH"})
		return err
	})
}

func BenchmarkRedeemCode(b *testing.B) {
	benchEach(b, func(h *house, g storage.Grant, _ int64) error {
		g.ID, g.CodeID, g.CodeIssued = storage.NewID(), storage.NewID(), h.Now()
		return second(h.RedeemCode(b.Context(), g))
	})
}

// BenchmarkRotateGrant spends one refresh token from all callers at once: the window makes a loser's answer the winner's.
func BenchmarkRotateGrant(b *testing.B) {
	benchEach(b, func(h *house, g storage.Grant, n int64) error {
		if n == 1 {
			return nil
		}
		now := h.Now()
		_, _, err := h.RotateGrant(b.Context(), storage.Rotation{ID: g.ID, ClientID: g.ClientID, Generation: 0, Keep: true,
			Window: time.Minute, IdleUntil: now.Add(time.Hour)})
		return err
	})
}
