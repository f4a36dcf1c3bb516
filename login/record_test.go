package login_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
)

func TestTriesThatAreSlowedDownFillNoLog(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := tries(h.browser(), "nobody@example.com", 5)
	h.sees("sign_in.refused password_wrong", 5)
	for range 30 {
		b.Tab().Fill("password", "not the one").Press("submit").Status(429)
	}
	h.sees("sign_in.refused password_slowed", 1) // when it begins
	tries(h.browser(), "somebody@example.com", 8).Status(429)
	h.sees("sign_in.refused password_slowed", 2) // another counter
	for range 7 {
		h.later(10 * time.Minute)
		for range 5 {
			tries(b, "nobody@example.com", 1)
		}
	}
	h.sees("sign_in.refused password_slowed", 3) // once an hour, while it goes on

	h.later(time.Hour)
	for i := range 60 { // a whole address block: the same names, and new ones
		tries(b, fmt.Sprintf("nobody%d@example.com", i), 1)
	}
	h.sees("sign_in.refused password_slowed", 4)
}

func TestGuessesThatAreSlowedDownFillNoLog(t *testing.T) {
	t.Parallel()
	h := open(t)
	for range 2 {
		b := toCode(h.browser(), "anna@example.com")
		for range 5 {
			b.Fill("code", h.wrong()).Press("submit").Status(422)
		}
	}
	b := toCode(h.browser(), "anna@example.com")
	for range 10 {
		b.Fill("code", h.wrong()).Press("submit").Status(429)
	}
	h.sees("sign_in.refused code_slowed", 1)
}

func TestEachTryThatIsSlowedDownIsCounted(t *testing.T) {
	t.Parallel()
	seen := map[string]int{}
	h := open(t, func(o *login.Options) { o.Observe = func(o login.Outcome) { seen[o.Kind+" "+o.Result]++ } })
	tries(h.browser(), "nobody@example.com", 12).Status(429)
	if got := seen["sign_in.refused password_slowed"]; got != 7 {
		t.Errorf("metrics saw %d: %v", got, seen)
	}
}
