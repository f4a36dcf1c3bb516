package login

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"net/http"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// How often each thing may be tried. Nothing here locks anybody out for longer than a quarter of an hour.
var (
	// passwordsHere is for one name from one address block, and for one name from one browser that is known for it.
	passwordsHere = storage.Backoff{Free: 5, First: time.Second, Max: 15 * time.Minute, Forget: time.Hour}
	// passwordsAnywhere is for one name from all unknown browsers together: twenty for a person, who has two names at most.
	passwordsAnywhere = storage.Backoff{Free: 10, First: 3 * time.Minute, Max: 15 * time.Minute, Forget: time.Hour}
	// passwordsKnown is for one person from all browsers that are known for them: each sign-in makes one.
	passwordsKnown = storage.Backoff{Free: 20, First: 3 * time.Minute, Max: 15 * time.Minute, Forget: time.Hour}
	// failuresPerBlock is for wrong passwords of any name from one address block.
	failuresPerBlock = storage.Rate{Burst: 50, Per: 10 * time.Minute}

	// Letters and guesses are for one recipient: a person at all unknown browsers, or at all that are known for them.

	// codesPerPerson is for mailed codes in all attempts of one recipient. Each code has five guesses of its own, and dies.
	codesPerPerson = storage.Backoff{Free: 10, First: 90 * time.Second, Max: 15 * time.Minute, Forget: 15 * time.Minute}
	// totpPerPerson is for codes of authenticator apps, nine in the first quarter of an hour, then one. A secret stays the
	// same for years, so wrong ones are remembered for a day: whoever has the password gets a hundred guesses of a million a day.
	totpPerPerson = storage.Backoff{Free: 5, First: 30 * time.Second, Max: 15 * time.Minute, Forget: 24 * time.Hour}
	// recoveryPerPerson is for recovery codes: too long to be guessed, but each try costs ten comparisons.
	recoveryPerPerson = storage.Backoff{Free: 5, First: 30 * time.Second, Max: 15 * time.Minute, Forget: 24 * time.Hour}

	// lettersPerMailbox is three at once, then one in five minutes. A right code forgets them: such letters bothered nobody.
	lettersPerMailbox = storage.Backoff{Free: 3, First: 5 * time.Minute, Max: 5 * time.Minute, Forget: 15 * time.Minute}
	// lettersPerDay forgets none, whatever became of them.
	lettersPerDay = storage.Rate{Burst: 10, Per: 24 * time.Hour}
	// lettersPerBlock is against floods by somebody who has the passwords of many. A whole company comes from one address
	// block on its first day, with browsers that nobody knows yet.
	lettersPerBlock = storage.Rate{Burst: 200, Per: time.Hour}
)

// resendAfter is how long one waits before another code is sent.
const resendAfter = 30 * time.Second

// subject is the name that password counters go by: a hash of what was typed, in canonical form, so that no spelling has
// a counter of its own (EN-07) and unknown names are slowed down just the same (EN-04). It is not the person: a counter
// that an address and a number share would tell that they belong together, and that somebody has them (EN-01).
func subject(v *visit) string {
	sum := sha256.Sum256([]byte(v.attempt.Typed))
	return "name-" + hex.EncodeToString(sum[:16])
}

// passwordCounters are what a try is counted by. A known browser has one of its own: however often strangers guess,
// the person still gets in there (BF-02).
func (s *Server) passwordCounters(v *visit) []storage.Try {
	if id := s.knows(v.r, v.candidate); id != "" {
		return []storage.Try{
			{Key: "password:" + v.candidate.ID + ":known:" + id, Backoff: passwordsHere},
			{Key: "password:" + v.candidate.ID + ":known", Backoff: passwordsKnown},
		}
	}
	return []storage.Try{
		{Key: "password:" + subject(v) + ":" + web.AddressBlock(v.r.Context()), Backoff: passwordsHere},
		{Key: "password:" + subject(v), Backoff: passwordsAnywhere},
	}
}

// slow is the counter that makes a try wait, and for how long; zero: none does.
type slow struct {
	counter string
	wait    time.Duration
}

// chargePassword counts a try before it is compared, and says what it has to wait for instead.
func (s *Server) chargePassword(v *visit) (slow, error) {
	if s.knows(v.r, v.candidate) == "" {
		block := failuresOf(web.AddressBlock(v.r.Context()))
		if wait := s.blocks.left(block, s.Now()); wait > 0 {
			return slow{block, wait}, nil
		}
	}
	key, wait, err := s.Store.ChargeAll(v.r.Context(), s.passwordCounters(v)...)
	return slow{key, wait}, err
}

// forgivePassword forgets the tries, after a right one.
func (s *Server) forgivePassword(v *visit) error {
	var counters []string
	for _, c := range s.passwordCounters(v) {
		counters = append(counters, c.Key)
	}
	return s.Store.Forgive(v.r.Context(), counters...)
}

// Kinds of guesses; each has a counter of its own, so that none can be used up by tries at another.
const (
	codeGuesses     = "code"
	totpGuesses     = "totp"
	recoveryGuesses = "recovery"
)

// guesses is a recipient's counter of one kind.
func guesses(recipient, kind string) storage.Try {
	backoffs := map[string]storage.Backoff{
		codeGuesses:     codesPerPerson,
		totpGuesses:     totpPerPerson,
		recoveryGuesses: recoveryPerPerson,
	}
	return storage.Try{Key: kind + "-guesses:" + recipient, Backoff: backoffs[kind]}
}

// chargeGuess counts a guess of v.person's second factor before it is compared: a *Refusal at field, with slowText, where
// it comes too early, and the event "<kind>_slowed".
func (s *Server) chargeGuess(v *visit, kind, field, slowText string) error {
	c := guesses(s.recipient(v), kind)
	wait, err := s.Store.Charge(v.r.Context(), c.Key, c.Backoff)
	if err != nil || wait == 0 {
		return err
	}
	return s.refuseSlowed(v, tried{storage.SignInRefused, kind + "_slowed"}, slow{c.Key, wait}, s.slowed(v, field, slowText, wait))
}

// forgiveGuesses forgets the guesses of one kind, and other counters with them, after a right one.
func (s *Server) forgiveGuesses(v *visit, kind string, others ...string) error {
	return s.Store.Forgive(v.r.Context(), append(others, guesses(s.recipient(v), kind).Key)...)
}

// recipient is the name that counters of letters and codes go by.
func (s *Server) recipient(v *visit) string {
	if s.knows(v.r, v.person) != "" {
		return v.person.ID + ":known"
	}
	return v.person.ID
}

func failuresOf(block string) string { return "password-failures:" + block }

// failed counts a wrong password. It is charged after comparing, since only then it is one: what runs in parallel may
// pass by at most the queue of hashes. The count is in the database, exact and shared by all nodes; that it was reached is
// remembered here, for the few seconds until the next try is due. Right passwords are never counted: a whole company
// behind one address signs in in the morning.
func (s *Server) failed(ctx context.Context) error {
	block := failuresOf(web.AddressBlock(ctx))
	wait, err := s.Store.Spend(ctx, block, failuresPerBlock)
	if err == nil && wait > 0 {
		s.blocks.keep(block, s.Now(), wait)
	}
	return err
}

// slowed refuses a try that comes too early, and says when the next one may come.
func (s *Server) slowed(v *visit, field, text string, wait time.Duration) *Refusal {
	v.w.Header().Set("Retry-After", strconv.Itoa(roundUp(wait, time.Second)))
	return &Refusal{Field: field, Text: text, Pairs: []string{"wait", s.waiting(v, wait)}, Status: http.StatusTooManyRequests}
}

// waiting is a wait in words, rounded up.
func (s *Server) waiting(v *visit, wait time.Duration) string {
	text, unit := "password.wait-seconds", time.Second
	switch {
	case wait > 2*time.Hour:
		text, unit = "password.wait-hours", time.Hour
	case wait > time.Minute:
		text, unit = "password.wait-minutes", time.Minute
	case wait < 10*time.Second: // over before it is read
		return s.text(v, "password.wait-moment")
	}
	return s.text(v, text, "n", strconv.Itoa(roundUp(wait, unit)))
}

func roundUp(wait, unit time.Duration) int { return max(1, int((wait+unit-1)/unit)) }

// blank says whether a person sees nothing in it.
func blank(text string) bool {
	return strings.TrimFunc(text, func(c rune) bool { return unicode.IsSpace(c) || unicode.Is(unicode.Cf, c) }) == ""
}
