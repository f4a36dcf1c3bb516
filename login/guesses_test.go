package login

import (
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// TestNoGuessOfASecondFactorGoesUncountedAndNobodyIsLockedOut tries every kind of code once a second for a quarter of an hour,
// and then whenever it may.
func TestNoGuessOfASecondFactorGoesUncountedAndNobodyIsLockedOut(t *testing.T) { // BF-04, TP-06
	t.Parallel()
	now := time.Now()
	storagetest.EachAt(t, func() time.Time { return now }, func(t *testing.T, db *storage.DB) {
		tries := func(kind string, while time.Duration) int {
			passed := 0
			for end := now.Add(while); now.Before(end); now = now.Add(time.Second) {
				c := guesses("anna", kind)
				wait, err := db.Charge(t.Context(), c.Key, c.Backoff)
				if err != nil {
					t.Fatal(err)
				}
				if wait == 0 {
					passed++
				}
				if wait > 15*time.Minute {
					t.Fatalf("%s: one waits for %s", kind, wait)
				}
				if wait > time.Second {
					now = now.Add(wait - time.Second)
				}
			}
			return passed
		}
		for kind, most := range map[string]int{codeGuesses: 15, totpGuesses: 10, recoveryGuesses: 10} {
			if n := tries(kind, 15*time.Minute); n > most || n < 5 {
				t.Errorf("%s: %d tries in a quarter of an hour", kind, n)
			}
			if kind == codeGuesses {
				continue // ten letters a day of five guesses each bound it further
			}
			if n := tries(kind, 24*time.Hour); n > 100 {
				t.Errorf("%s: %d tries in a day", kind, n)
			}
		}
	})
	keys := map[string]bool{}
	for _, kind := range []string{codeGuesses, totpGuesses, recoveryGuesses} {
		for _, recipient := range []string{"anna", "anna:known", "ben"} {
			keys[guesses(recipient, kind).Key] = true
		}
	}
	if len(keys) != 9 {
		t.Errorf("counters are shared: %v", keys)
	}
}
