package storage_test

import (
	"database/sql"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// look opens a database as a backup does, beside its server.
func look(t *testing.T, url string) *storage.DB {
	t.Helper()
	return opened(t, url, storage.Options{ReadOnly: true})
}

// count reads one number out of a backup.
func count(t *testing.T, file, query string) int {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+file+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var n int
	if err := db.QueryRowContext(t.Context(), query).Scan(&n); err != nil {
		t.Fatal(err)
	}
	return n
}

// A server that commits without end lets go of the file for a moment between two commits.
func TestABackupsEventGetsInBesideAWriterThatHardlyEverPauses(t *testing.T) {
	file := filepath.Join(t.TempDir(), "d.db")
	db := node(t, "sqlite:"+file, nil)
	busy, err := sql.Open("sqlite", "file:"+file+"?_pragma=busy_timeout(5000)&_txlock=immediate")
	if err != nil {
		t.Fatal(err)
	}
	defer busy.Close()
	stop := make(chan struct{})
	var writer sync.WaitGroup
	writer.Go(func() {
		for held := true; held; time.Sleep(time.Millisecond) {
			tx, err := busy.BeginTx(t.Context(), nil)
			if err != nil {
				t.Error(err)
				return
			}
			select {
			case <-stop:
				held = false
			case <-time.After(150 * time.Millisecond):
			}
			if err := tx.Rollback(); err != nil {
				t.Error(err)
			}
		}
	})
	if _, err := look(t, "sqlite:"+file).Backup(t.Context(), filepath.Join(t.TempDir(), "backup.db"), false); err != nil {
		t.Error(err)
	}
	close(stop)
	writer.Wait()
	if last, err := db.LastBackup(t.Context()); err != nil || last.IsZero() {
		t.Errorf("the last backup was %v, %v", last, err)
	}
}

// Each write is two rows in one transaction, a burnt code and its event. A copy that is not of one moment has one without the other.
func TestABackupIsOneMomentOfADatabaseThatIsWrittenTo(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		h := &house{DB: node(t, url, nil), t: t, client: webClient("web")}
		h.must(h.AddClient(t.Context(), h.client, storage.Event{}))
		var done atomic.Int64
		stop := make(chan struct{})
		var writers sync.WaitGroup
		for range 4 {
			writers.Go(func() {
				for {
					select {
					case <-stop:
						return
					default:
					}
					g := storage.Grant{ID: storage.NewID(), Kind: "code", ClientID: "web", CodeID: storage.NewID(), Expires: time.Now().Add(time.Hour)}
					if err := h.BurnCode(t.Context(), g); err != nil {
						t.Error(err)
						return
					}
					done.Add(1)
					time.Sleep(time.Millisecond) // so that a slow machine is not left with a copy that grows faster than it
				}
			})
		}
		reader := look(t, url)
		for i := range 3 {
			time.Sleep(50 * time.Millisecond)
			before := int(done.Load()) // acknowledged before the backup began
			file := filepath.Join(t.TempDir(), "backup.db")
			made, err := reader.Backup(t.Context(), file, false)
			h.must(err)
			during := int(done.Load()) + 4
			grants := count(t, file, `select count(*) from grants where revoked_at > 0`)
			events := count(t, file, `select count(*) from events where kind = 'grant.code_burnt'`)
			if grants != events || grants < before || grants > during {
				t.Errorf("backup %d: %d codes and %d events; %d were acknowledged before, %d were tried in the end", i, grants, events, before, during)
			}
			if made.Rows < int64(2*before) || made.Bytes < 4096 {
				t.Errorf("told: %+v", made)
			}
		}
		close(stop)
		writers.Wait()
		if last, err := reader.LastBackup(t.Context()); err != nil || time.Since(last).Abs() > time.Minute {
			t.Errorf("the last backup was %v, %v", last, err)
		}
	})
}

func TestABackupIsItsOwnersAloneAndTakesNoOtherFilesPlace(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		dir := t.TempDir()
		file := filepath.Join(dir, "b.db")
		for _, replace := range []bool{false, true} {
			if _, err := db.Backup(t.Context(), file, replace); err != nil {
				t.Fatal(err)
			}
			if info, err := os.Stat(file); err != nil || info.Mode().Perm() != 0o600 {
				t.Errorf("%v, %v; want mode 0600", info, err)
			}
		}
		if _, err := db.Backup(t.Context(), file, false); !errors.Is(err, fs.ErrExist) {
			t.Errorf("%v, want fs.ErrExist", err)
		}
		if _, err := db.Backup(t.Context(), filepath.Join(dir, "nowhere", "b.db"), false); !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%v, want fs.ErrNotExist", err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
			t.Errorf("%v, %v; want the backup alone", left, err)
		}
	})
}

func TestADatabaseThatIsOnlyReadIsNotChanged(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, exec func(string)) {
		path, isFile := strings.CutPrefix(url, "sqlite:")
		if isFile {
			if _, err := storage.Open(t.Context(), url, storage.Options{ReadOnly: true}); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("%v, want fs.ErrNotExist", err)
			}
			exec("vacuum") // which makes the file
		}
		empty := look(t, url)
		if s, err := empty.Schema(t.Context()); err != nil || s.Version != 0 || s.Pending == 0 {
			t.Errorf("an empty database: %+v, %v", s, err)
		}
		if _, err := empty.Backup(t.Context(), filepath.Join(t.TempDir(), "b"), false); err == nil || !strings.Contains(err.Error(), "is empty") {
			t.Errorf("a backup of nothing: %v", err)
		}
		db, err := storage.Open(t.Context(), url, storage.Options{})
		if err != nil {
			t.Fatal(err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		reader := look(t, url)
		if s, err := reader.Schema(t.Context()); err != nil || s.Version == 0 || s.Pending != 0 {
			t.Errorf("a database of this release: %+v, %v", s, err)
		}
		if err := reader.AddClient(t.Context(), webClient("web"), storage.Event{}); err == nil || !strings.Contains(err.Error(), "for reading only") {
			t.Errorf("a write: %v", err)
		}
		if err := reader.Ready(t.Context()); err != nil {
			t.Error(err)
		}
		if _, err := os.Stat(path + "-wal"); isFile && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("it left a trace: %v", err)
		}
	})
}

func TestSettingsThatLoseAcknowledgedWritesAreTold(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		all, err := db.Promises(t.Context())
		if err != nil || len(all) < 3 {
			t.Fatalf("%+v, %v", all, err)
		}
		for _, p := range all {
			if p.Broken != "" && p.Name != "file system" { // which may lie in memory where this is tested
				t.Errorf("%+v", p)
			}
		}
	})
	db := look(t, storagetest.PostgresURL(t)+"&synchronous_commit=off")
	all, err := db.Promises(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range all {
		if (p.Name == "synchronous_commit") != (p.Broken != "") || (p.Broken == "") != (p.Remedy == "") {
			t.Errorf("%+v", p)
		}
	}
}
