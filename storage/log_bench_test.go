package storage_test

import (
	"path/filepath"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// BenchmarkLog reads pages of a log of 1,000,000 events. A page is to take less than 100 ms.
func BenchmarkLog(b *testing.B) {
	filters := map[string]storage.LogFilter{
		"all": {}, "person": {User: "user-7"}, "nobody": {User: "nobody"}, "application": {Client: "client-7"}, "kind": {Kind: "session.started"},
		"rare-kind": {Kind: "kind.7"}, "kinds": {Kind: "kind."}, "kinds-of-result": {Kind: "kind.", Result: "rare"}, "result": {Result: "rare"},
		"kind-of-result": {Kind: "session.started", Result: "rare"}, "application-of-result": {Client: "client-7", Result: "rare"},
		"address": {Address: "192.0.2.251"}, "reference": {Reference: "E-7"}, "sign-in": {Attempt: "attempt-7"},
		"hour": {From: time.Now().Add(-5 * time.Hour), Until: time.Now().Add(-4 * time.Hour), Result: "password_wrong"},
	}
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			url := "sqlite:" + filepath.Join(b.TempDir(), "x.db")
			if kind == "postgres" {
				url = storagetest.PostgresURL(b)
			}
			db := node(b, url, nil)
			began := time.Now()
			annals(b, url, 1_000_000)
			b.Logf("a million events came in %v", time.Since(began).Round(time.Second))
			for name, f := range filters {
				b.Run(name, func(b *testing.B) {
					for b.Loop() {
						if _, err := db.Log(b.Context(), f, "", 50); err != nil {
							b.Fatal(err)
						}
					}
				})
			}
			b.Run("middle", func(b *testing.B) {
				before := storage.PlaceInLog(time.Now().Add(-14 * time.Hour))
				for b.Loop() {
					if page, err := db.Log(b.Context(), storage.LogFilter{}, before, 50); err != nil || len(page.Events) != 50 {
						b.Fatal(len(page.Events), err)
					}
				}
			})
			b.Run("failures", func(b *testing.B) {
				for b.Loop() {
					if _, err := db.Failures(b.Context(), time.Now().Add(-24*time.Hour), 20); err != nil {
						b.Fatal(err)
					}
				}
			})
		})
	}
}

// BenchmarkVerifyChain reads a chain of 100,000 events, which it says how long it took to make.
func BenchmarkVerifyChain(b *testing.B) {
	const n = 100_000
	for _, kind := range []string{"sqlite", "postgres"} {
		b.Run(kind, func(b *testing.B) {
			url := "sqlite:" + filepath.Join(b.TempDir(), "x.db")
			if kind == "postgres" {
				url = storagetest.PostgresURL(b)
			}
			db := node(b, url, nil)
			if _, err := annals(b, url, n).ExecContext(b.Context(), `delete from chain`); err != nil {
				b.Fatal(err)
			}
			began := time.Now()
			for more := 1; more > 0; {
				var err error
				if more, err = db.ChainEvents(b.Context(), 200, ours); err != nil {
					b.Fatal(err)
				}
			}
			b.Logf("chained in %v", time.Since(began).Round(time.Millisecond))
			for b.Loop() {
				report, err := db.VerifyChain(b.Context(), 0, ours, func(storage.ChainFault) error { return nil })
				if err != nil || report.Faults > 0 || report.Events+report.Waiting < n-100 {
					b.Fatalf("%+v, %v", report, err)
				}
			}
		})
	}
}
