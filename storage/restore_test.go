package storage_test

import (
	"context"
	"database/sql"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// eachWay hands out two databases, each of either kind: one to copy, one to restore into.
func eachWay(t *testing.T, f func(t *testing.T, from, to string)) {
	kinds := map[string]func(t *testing.T) string{
		"sqlite":   func(t *testing.T) string { return "sqlite:" + filepath.Join(t.TempDir(), "x.db") },
		"postgres": func(t *testing.T) string { return storagetest.PostgresURL(t) },
	}
	for a, from := range kinds {
		for b, to := range kinds {
			t.Run(a+" to "+b, func(t *testing.T) { f(t, from(t), to(t)) })
		}
	}
}

// open opens a database that the test closes itself.
func open(t *testing.T, url string) *storage.DB {
	t.Helper()
	db, err := storage.Open(t.Context(), url, storage.Options{})
	if err != nil {
		t.Fatal(err)
	}
	return db
}

func backedUp(t *testing.T, db *storage.DB) string {
	t.Helper()
	file := filepath.Join(t.TempDir(), "backup.db")
	if _, err := db.Backup(t.Context(), file, false); err != nil {
		t.Fatal(err)
	}
	return file
}

func TestNothingSpentOrRevokedSinceTheBackupComesBackToLife(t *testing.T) {
	eachWay(t, func(t *testing.T, from, to string) {
		h := furnish(t, open(t, from))
		revoked, living := h.grant(nil), h.grant(func(g *storage.Grant) { g.Offline = true })
		spent, unspent := h.code(), h.code()
		mac := h.mail("a", "sign-in", time.Hour)
		h.must(h.GiveConsent(t.Context(), storage.Consent{UserID: h.user.ID, ClientID: "web", Scopes: []string{"email"}}, storage.Event{}))
		before, err := h.Epoch(t.Context())
		h.must(err)
		file := backedUp(t, h.DB)

		h.must(h.RevokeGrant(t.Context(), revoked.ID, storage.Event{}))
		h.must(second(h.RedeemCode(t.Context(), spent)))
		h.must(h.Close())
		result, err := storage.Restore{File: file, URL: to}.Run(t.Context())
		h.must(err)

		h.DB = node(t, to, nil)
		if epoch, err := h.Epoch(t.Context()); err != nil || epoch <= before || epoch != result.Epoch {
			t.Errorf("epoch %d, before %d, told %+v, %v", epoch, before, result, err)
		}
		for name, g := range map[string]storage.Grant{"revoked since": revoked, "offline": living, "of a code that was spent since": spent} {
			if _, _, err := h.LiveGrant(t.Context(), g.ID); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("the grant %s: %v, want ErrNotFound", name, err)
			}
			if _, _, err := h.RotateGrant(t.Context(), h.rotation(g, 0)); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("a refresh token of the grant %s: %v, want ErrNotFound", name, err)
			}
		}
		for name, g := range map[string]storage.Grant{"spent since": spent, "not spent": unspent} {
			if _, err := h.RedeemCode(t.Context(), g); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("the code %s: %v, want ErrNotFound", name, err)
			}
		}
		if _, _, err := h.SessionByCookie(t.Context(), h.session.Cookie); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an old cookie: %v, want ErrNotFound", err)
		}
		if _, err := h.guess("a", mac); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a mailed code: %v, want ErrNotFound", err)
		}
		if _, err := h.Consent(t.Context(), h.user.ID, "web"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a consent that may have been withdrawn: %v, want ErrNotFound", err)
		}
		h.livesOn()
		if n := h.events(storage.Restored); n != 1 {
			t.Errorf("%d events of the restore, want 1", n)
		}
	})
}

// livesOn: people, passwords and applications are as they were, and a new sign-in works.
func (h *house) livesOn() {
	h.t.Helper()
	person, hash, err := h.Login(h.t.Context(), "anna@example.com")
	h.must(err)
	if person.ID != h.user.ID || hash != "$argon2id$old" || person.Name() != "Anna Example" {
		h.t.Errorf("%+v with the hash %q", person, hash)
	}
	c, err := h.Client(h.t.Context(), "web")
	h.must(err)
	if string(c.Secrets[0]) != string(h.client.Secrets[0]) || c.RedirectURIs[0] != "https://rp.test/cb" {
		h.t.Errorf("%+v", c)
	}
	h.session = h.signIn(storage.SignIn{})
	g := h.grant(nil)
	if _, _, err := h.LiveGrant(h.t.Context(), g.ID); err != nil {
		h.t.Error(err)
	}
}

func TestARestoreThatReplacesKeepsWhatWasSpentAndTold(t *testing.T) {
	eachWay(t, func(t *testing.T, from, to string) {
		source := furnish(t, open(t, from))
		file := backedUp(t, source.DB)
		source.must(source.Close())

		h := &house{DB: open(t, to), t: t}
		h.must(h.AddClient(t.Context(), webClient("other"), storage.Event{}))
		h.must(h.Once(t.Context(), "jti", "x", h.Now().Add(time.Hour)))
		var before int64
		for range 3 {
			var err error
			before, err = h.RaiseEpoch(t.Context(), storage.Event{})
			h.must(err)
		}
		h.must(h.Close())

		restore := storage.Restore{File: file, URL: to}
		if _, err := restore.Run(t.Context()); !errors.Is(err, storage.ErrNotEmpty) {
			t.Fatalf("%v, want ErrNotEmpty", err)
		}
		restore.Replace = true
		_, err := restore.Run(t.Context())
		h.must(err)

		h = source
		h.DB = node(t, to, nil)
		if epoch, err := h.Epoch(t.Context()); err != nil || epoch <= before {
			t.Errorf("epoch %d, before %d, %v", epoch, before, err)
		}
		if _, err := h.Client(t.Context(), "other"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a client that the backup does not have: %v", err)
		}
		if err := h.Once(t.Context(), "jti", "x", h.Now().Add(time.Hour)); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("what was spent: %v, want ErrConflict", err)
		}
		if n := h.events(storage.EpochRaised); n != 3 {
			t.Errorf("%d events of what was replaced, want 3", n)
		}
		h.livesOn()
	})
}

// A database that is lost cannot be asked how far its epoch went.
func TestARestoreOutrunsTheEpochOfALostDatabase(t *testing.T) {
	h := furnish(t, open(t, "sqlite:"+filepath.Join(t.TempDir(), "x.db")))
	file := backedUp(t, h.DB)
	var lost int64
	for range 5 {
		var err error
		lost, err = h.RaiseEpoch(t.Context(), storage.Event{})
		h.must(err)
	}
	h.must(h.Close())
	for range 2 {
		result, err := storage.Restore{File: file, URL: "sqlite:" + filepath.Join(t.TempDir(), "y.db")}.Run(t.Context())
		h.must(err)
		if result.Epoch <= lost {
			t.Errorf("epoch %d, the lost database had %d", result.Epoch, lost)
		}
		lost = result.Epoch
	}
}

func TestARestoreIsRefusedWhileSomebodyHasTheDatabaseOpen(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		db := open(t, url)
		file := backedUp(t, db)
		restore := storage.Restore{File: file, URL: url, Replace: true}
		if _, err := restore.Run(t.Context()); err == nil || !strings.Contains(err.Error(), "has this database open") || !strings.Contains(err.Error(), "stop") {
			t.Errorf("%v", err)
		}
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		beside := look(t, url) // who only reads is in nobody's way
		if _, err := restore.Run(t.Context()); err != nil {
			t.Error(err)
		}
		if err := beside.Ready(t.Context()); err != nil {
			t.Error(err)
		}
	})
}

func TestAServerThatStartsDuringARestoreWaitsForIt(t *testing.T) {
	url := storagetest.PostgresURL(t)
	h := furnish(t, open(t, url))
	file := backedUp(t, h.DB)
	h.must(h.Close())
	started := make(chan error, 1)
	_, err := storage.Restore{File: file, URL: url, Replace: true, Approve: func(ctx context.Context, _ *storage.DB) error {
		go func() { // it may come before the restore, which is refused then, or after
			db, err := storage.Open(ctx, url, storage.Options{})
			if err == nil {
				err = db.Close()
			}
			started <- err
		}()
		return nil
	}}.Run(t.Context())
	if err != nil && !strings.Contains(err.Error(), "has this database open") {
		t.Error(err)
	}
	if err := <-started; err != nil {
		t.Error(err)
	}
}

func TestARestoreThatIsNotApprovedChangesNothing(t *testing.T) {
	eachURL(t, func(t *testing.T, url string, _ func(string)) {
		h := furnish(t, open(t, url))
		file := backedUp(t, h.DB)
		g := h.grant(nil)
		h.must(h.Close())
		no := errors.New("the master key does not fit")
		_, err := storage.Restore{File: file, URL: url, Replace: true, Approve: func(ctx context.Context, backup *storage.DB) error {
			if _, err := backup.Client(ctx, "web"); err != nil {
				t.Error(err)
			}
			return no
		}}.Run(t.Context())
		if !errors.Is(err, no) {
			t.Errorf("%v, want what Approve said", err)
		}
		h.DB = node(t, url, nil)
		if _, _, err := h.LiveGrant(t.Context(), g.ID); err != nil {
			t.Error(err)
		}
	})
}

func TestAFileThatIsNoWholeBackupIsRefusedAndNothingIsChanged(t *testing.T) {
	h := furnish(t, storagetest.New(t, nil))
	whole := backedUp(t, h.DB)
	data, err := os.ReadFile(whole)
	h.must(err)
	altered := func(text string) []byte {
		file := filepath.Join(t.TempDir(), "x")
		h.must(os.WriteFile(file, data, 0o600))
		db, err := sql.Open("sqlite", file)
		h.must(err)
		defer db.Close()
		_, err = db.ExecContext(t.Context(), text)
		h.must(err)
		b, err := os.ReadFile(file)
		h.must(err)
		return b
	}
	for name, bad := range map[string][]byte{
		"nothing": {}, "text": []byte("no database"), "half of one": data[:len(data)/2],
		"another program's":      altered(`drop table migrations`),
		"one with a trigger":     altered(`create trigger evil after delete on users begin delete from clients; end`),
		"one with a table more":  altered(`create table more (id text)`),
		"one of a newer release": altered(`insert into migrations (number, name, sum, applied) values (9999, '9999_later.sql', 'x', 0)`),
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "bad.db")
			if err := os.WriteFile(file, bad, 0o600); err != nil {
				t.Fatal(err)
			}
			path := filepath.Join(t.TempDir(), "new.db")
			_, err := storage.Restore{File: file, URL: "sqlite:" + path}.Run(t.Context())
			if err == nil || !strings.Contains(err.Error(), "no backup of Doorward") {
				t.Errorf("%v", err)
			}
			if strings.Contains(name, "newer") && !strings.Contains(err.Error(), "belongs to a newer one") {
				t.Errorf("%v", err)
			}
			if left, err := os.ReadDir(filepath.Dir(path)); err != nil || len(left) != 0 {
				t.Errorf("left behind: %v, %v", left, err)
			}
		})
	}
}
