package keys

import (
	"context"
	"errors"
	"regexp"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func openPasswords(t testing.TB, store Store, o PasswordOptions) *Passwords {
	t.Helper()
	k, err := Open(t.Context(), store, sharedMaster, Options{Passwords: o})
	if err != nil {
		t.Fatal(err)
	}
	return k.Passwords
}

func mustHash(t testing.TB, p *Passwords, password string) string {
	t.Helper()
	hash, err := p.Hash(t.Context(), password)
	if err != nil {
		t.Fatal(err)
	}
	return hash
}

func TestAPasswordIsRightOrWrong(t *testing.T) {
	t.Parallel()
	p := openPasswords(t, storagetest.New(t, nil), quick())
	const password = "correct horse bättery staple"
	hash := mustHash(t, p, password)
	if again := mustHash(t, p, password); again == hash {
		t.Error("the same password has the same hash twice")
	}
	if !regexp.MustCompile(`^\$argon2id\$v=19\$m=64,t=1,p=1,keyid=[0-9a-f]{8}\$[A-Za-z0-9+/]{22}\$[A-Za-z0-9+/]{43}$`).MatchString(hash) {
		t.Errorf("the hash has another form: %s", hash)
	}
	long := strings.Repeat("x", maxPassword)
	longHash := mustHash(t, p, long)
	for name, c := range map[string]struct {
		hash, password string
		right          bool
	}{
		"right":                        {hash, password, true},
		"wrong":                        {hash, password + " ", false},
		"empty":                        {hash, "", false},
		"other case":                   {hash, strings.ToUpper(password), false},
		"cut at a NUL":                 {hash, password + "\x00", false},
		"no hash":                      {"", password, false},
		"no hash, no password":         {"", "", false},
		"a kibibyte":                   {longHash, long, true},
		"a kibibyte, last one differs": {longHash, long[1:] + "y", false},
		"longer than what is hashed":   {longHash, long + "x", false},
	} {
		right, stale, err := p.Check(t.Context(), c.hash, c.password)
		if right != c.right || stale || err != nil {
			t.Errorf("%s: %v, %v, %v", name, right, stale, err)
		}
	}
	if _, err := p.Hash(t.Context(), long+"x"); err == nil {
		t.Error("more than a kibibyte was hashed")
	}
}

func TestAHashOfFormerParametersIsRightAndStale(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		former := openPasswords(t, db, PasswordOptions{MemoryKiB: 64, Time: 1})
		hash := mustHash(t, former, "correct horse")
		for name, o := range map[string]PasswordOptions{
			"memory": {MemoryKiB: 128, Time: 1}, "time": {MemoryKiB: 64, Time: 2}, "threads": {MemoryKiB: 64, Time: 1, Threads: 2},
		} {
			p := openPasswords(t, db, o)
			if right, stale, err := p.Check(t.Context(), hash, "correct horse"); !right || !stale || err != nil {
				t.Errorf("other %s: %v, %v, %v", name, right, stale, err)
			}
			if right, stale, err := p.Check(t.Context(), hash, "wrong horse"); right || stale || err != nil {
				t.Errorf("other %s, wrong: %v, %v, %v", name, right, stale, err)
			}
			fresh := mustHash(t, p, "correct horse")
			if right, stale, err := p.Check(t.Context(), fresh, "correct horse"); !right || stale || err != nil {
				t.Errorf("other %s, hashed again: %v, %v, %v", name, right, stale, err)
			}
		}
		// Another node has made a new pepper: the hash is good, and made again at the next sign-in.
		if err := former.keeper.makeWorkingKey(t.Context(), ForPepper, 2); err != nil {
			t.Fatal(err)
		}
		renewed := openPasswords(t, db, PasswordOptions{MemoryKiB: 64, Time: 1})
		if right, stale, err := renewed.Check(t.Context(), hash, "correct horse"); !right || !stale || err != nil {
			t.Errorf("former pepper: %v, %v, %v", right, stale, err)
		}
		if right, stale, err := former.Check(t.Context(), mustHash(t, renewed, "correct horse"), "correct horse"); !right || stale || err != nil {
			t.Errorf("a pepper that this node has not seen: %v, %v, %v", right, stale, err)
		}
	})
}

func TestAPasswordHashIsWorthNothingWithoutThePepper(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	p := openPasswords(t, db, quick())
	hash := mustHash(t, p, "correct horse")
	if err := p.keeper.makeWorkingKey(t.Context(), ForPepper, 2); err != nil {
		t.Fatal(err)
	}
	if err := p.keeper.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	present, _, err := p.keeper.present(ForPepper)
	if err != nil {
		t.Fatal(err)
	}
	if right, _, err := p.Check(t.Context(), regexp.MustCompile(`,keyid=\w+`).ReplaceAllString(hash, ""), "correct horse"); right || err != nil {
		t.Errorf("as if another system had made it: %v, %v", right, err)
	}
	relabelled := regexp.MustCompile(`keyid=\w+`).ReplaceAllString(hash, "keyid="+present.id.String())
	if right, _, err := p.Check(t.Context(), relabelled, "correct horse"); right || err != nil {
		t.Errorf("under another pepper: %v, %v", right, err)
	}
	gone := regexp.MustCompile(`keyid=\w+`).ReplaceAllString(hash, "keyid=00000000")
	if right, _, err := p.Check(t.Context(), gone, "correct horse"); right || err == nil {
		t.Errorf("under a pepper that is gone: %v, %v", right, err)
	}
}

func TestAStoredHashCannotAskForTooMuch(t *testing.T) {
	t.Parallel()
	p := openPasswords(t, storagetest.New(t, nil), quick())
	hash := mustHash(t, p, "correct horse")
	part := strings.Split(hash, "$")
	for name, text := range map[string]string{
		"memory":           strings.Replace(hash, "m=64", "m=1048577", 1),
		"all memory":       strings.Replace(hash, "m=64", "m=4294967295", 1),
		"too much for 32":  strings.Replace(hash, "m=64", "m=4294967360", 1),
		"no memory":        strings.Replace(hash, "m=64", "m=0", 1),
		"passes":           strings.Replace(hash, "t=1", "t=21", 1),
		"no passes":        strings.Replace(hash, "t=1", "t=0", 1),
		"threads":          strings.Replace(hash, "p=1", "p=17", 1),
		"no threads":       strings.Replace(hash, "p=1", "p=0", 1),
		"other spelling":   strings.Replace(hash, "m=64", "m=064", 1),
		"a sign":           strings.Replace(hash, "m=64", "m=+64", 1),
		"another order":    strings.Replace(hash, "m=64,t=1", "t=1,m=64", 1),
		"another version":  strings.Replace(hash, "v=19", "v=16", 1),
		"another function": strings.Replace(hash, "argon2id", "argon2i", 1),
		"pepper upper":     strings.Replace(hash, part[3], strings.ToUpper(part[3]), 1),
		"no salt":          strings.Replace(hash, part[4], "", 1),
		"short hash":       strings.Replace(hash, part[5], "AAAA", 1),
		"no base64":        strings.Replace(hash, part[5], strings.Repeat("!", 43), 1),
		"one part more":    hash + "$",
		"dear bcrypt":      "$2a$15$N9qo8uLOickgx2ZMRZoMyeIjZAgcfl7p92ldGxad68LJZdL17lhWy",
		"plain":            "correct horse",
	} {
		if right, _, err := p.Check(t.Context(), text, "correct horse"); right || err == nil {
			t.Errorf("%s: %v, %v", name, right, err)
		}
	}
	for _, o := range []PasswordOptions{{MemoryKiB: 1<<20 + 1}, {MemoryKiB: 7}, {Time: 21}, {Threads: 17}} {
		if _, err := Open(t.Context(), p.keeper.store, sharedMaster, Options{Passwords: o}); err == nil {
			t.Errorf("hashes would be made that are not read again: %+v", o)
		}
	}
}

func TestPasswordsWaitInABoundedQueue(t *testing.T) {
	t.Parallel()
	o := quick()
	o.Slots, o.Queue, o.Wait = 1, 2, 50*time.Millisecond
	p := openPasswords(t, storagetest.New(t, nil), o)
	hash := mustHash(t, p, "correct horse")
	if err := p.queue.enter(t.Context()); err != nil { // somebody hashes, and takes long
		t.Fatal(err)
	}
	for name, do := range map[string]func(context.Context) error{
		"hash":              func(ctx context.Context) error { _, err := p.Hash(ctx, "x"); return err },
		"check":             func(ctx context.Context) error { _, _, err := p.Check(ctx, hash, "x"); return err },
		"an unknown person": func(ctx context.Context) error { _, _, err := p.Check(ctx, "", "x"); return err },
	} {
		begun := time.Now()
		if err := do(t.Context()); !errors.Is(err, ErrBusy) || time.Since(begun) < o.Wait {
			t.Errorf("%s after %v: %v", name, time.Since(begun), err)
		}
		ctx, cancel := context.WithTimeout(t.Context(), time.Millisecond)
		if err := do(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s by one who has gone: %v", name, err)
		}
		cancel()
	}
	if here := p.queue.here.Load(); here != 1 {
		t.Errorf("%d are in the queue", here)
	}
	p.queue.leave()
	if right, _, err := p.Check(t.Context(), hash, "correct horse"); !right || err != nil {
		t.Errorf("when the slot is free: %v, %v", right, err)
	}
	if here := p.queue.here.Load(); here != 0 {
		t.Errorf("%d are in the queue", here)
	}
}

func TestAFullQueueSaysSoAtOnceAndServesInTurn(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(PasswordOptions{Slots: 1, Queue: 8, Wait: time.Minute})
		if err := q.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		turns := make(chan int, 8)
		for i := range 8 {
			go func() {
				if err := q.enter(t.Context()); err != nil {
					t.Error(err)
				}
				turns <- i
			}()
			synctest.Wait() // it stands in the line
		}
		begun := time.Now()
		for range 20 {
			if err := q.enter(t.Context()); err != ErrBusy || time.Since(begun) > 0 {
				t.Fatalf("in a full queue: %v after %v", err, time.Since(begun))
			}
		}
		for want := range 8 {
			q.leave()
			if got := <-turns; got != want {
				t.Errorf("number %d came when it was the turn of %d", got, want)
			}
		}
		q.leave()
		if here, refused := q.here.Load(), q.refused.Load(); here != 0 || refused != 20 {
			t.Errorf("%d are in the queue, %d were refused; want 0 and 20", here, refused)
		}
	})
}

func TestNobodyWaitsLongerThanTwoSeconds(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(PasswordOptions{Slots: 1}.withDefaults())
		if err := q.enter(t.Context()); err != nil {
			t.Fatal(err)
		}
		begun := time.Now()
		if err := q.enter(t.Context()); err != ErrBusy || time.Since(begun) != 2*time.Second {
			t.Errorf("%v after %v", err, time.Since(begun))
		}
	})
}

func TestTheDefaultsAreThoseOfTheHouse(t *testing.T) {
	t.Parallel()
	o := PasswordOptions{}.withDefaults()
	want := PasswordOptions{MemoryKiB: 19456, Time: 2, Threads: 1, Slots: min(runtime.GOMAXPROCS(0), 8), Queue: 64, Wait: 2 * time.Second}
	if o != want {
		t.Errorf("%+v", o)
	}
}
