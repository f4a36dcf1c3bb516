package keys

import (
	"runtime"
	"testing"

	"github.com/doorward/doorward/storage/storagetest"
)

// EN-02: time is not measured here but what takes it, the memory that argon2id fills, in a test that runs alone.
func TestAnUnknownPersonCostsAsMuchAsAKnownOne(t *testing.T) {
	p := openPasswords(t, storagetest.New(t, nil), PasswordOptions{MemoryKiB: 4096, Time: 1})
	cost := func(hash string) uint64 {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if right, _, err := p.Check(t.Context(), hash, "wrong horse"); right || err != nil {
			t.Fatal(right, err)
		}
		runtime.ReadMemStats(&after)
		return after.TotalAlloc - before.TotalAlloc
	}
	known, unknown := cost(mustHash(t, p, "correct horse")), cost("")
	if known < 4096<<10 || unknown < 4096<<10 || max(known, unknown)-min(known, unknown) > 64<<10 {
		t.Errorf("known %d bytes, unknown %d bytes", known, unknown)
	}
}

// EN-03: nobody's name costs what the present parameters cost, which are those of most people. A hash of former parameters costs
// what it was made with until its person next signs in; it takes the same queue, and says no more than right or wrong.
func TestNobodysNameCostsThePresentParametersAndAnOldHashItsOwn(t *testing.T) {
	t.Parallel()
	db := storagetest.New(t, nil)
	former := openPasswords(t, db, PasswordOptions{MemoryKiB: 64, Time: 1})
	hash := mustHash(t, former, "correct horse")
	present := openPasswords(t, db, PasswordOptions{MemoryKiB: 128, Time: 2, Threads: 2})
	fresh := mustHash(t, present, "correct horse")
	for name, c := range map[string]struct {
		p    *Passwords
		hash string
		want cost
	}{
		"nobody, before":       {former, "", cost{memory: 64, time: 1, threads: 1}},
		"nobody, after":        {present, "", cost{memory: 128, time: 2, threads: 2}},
		"who has signed in":    {present, fresh, cost{memory: 128, time: 2, threads: 2}},
		"who has not, as yet":  {present, hash, cost{memory: 64, time: 1, threads: 1}},
		"a node of old values": {former, fresh, cost{memory: 128, time: 2, threads: 2}},
	} {
		h, pepper, err := c.p.stored(c.hash)
		if err != nil || h.cost != c.want || pepper == nil || pepper.id != h.pepper || len(h.salt) != saltLen {
			t.Errorf("%s: %+v, %v", name, h.cost, err)
		}
		if right, stale, err := c.p.Check(t.Context(), c.hash, "wrong horse"); right || stale || err != nil {
			t.Errorf("%s, wrong: %v, %v, %v", name, right, stale, err)
		}
	}
}
