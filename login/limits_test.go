package login_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// tries sends wrong passwords and gives the last answer.
func tries(b *webtest.Browser, name string, n int) *webtest.Browser {
	for range n {
		b.Go(issuer + "/app")
		toPassword(b, name).Fill("password", "not the one").Press("submit")
	}
	return b
}

func TestAfterFiveWrongPasswordsEachFurtherOneWaits(t *testing.T) { // BF-01
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := tries(h.browser(), "anna@example.com", 5).Status(422)
		tries(b, "anna@example.com", 1).Status(429).Check().Sees("Too many tries from this browser. Try again in a moment")
		if b.Value("username") != "anna@example.com" || b.Header().Get("Retry-After") == "" {
			t.Error("the page has lost its name, or does not say when")
		}
		b.Fill("password", password).Press("submit").Status(429) // the right one has to wait too
		h.later(time.Second)
		b.Fill("password", password).Press("submit").Sees("Check your email")
		tries(h.browser(), "anna@example.com", 4).Status(422) // forgotten after a right one
		h.later(time.Minute)

		for range 15 {
			h.later(15 * time.Minute)
			tries(b, "anna@example.com", 1).Status(422)
		}
		tries(b, "anna@example.com", 1).Status(429).Check().Sees("minutes")
		h.later(15*time.Minute + time.Second)
		toCode(h.browser(), "anna@example.com").Sees("Check your email") // never locked for longer
	})
}

func TestEverySpellingOfANameSharesOneCounter(t *testing.T) { // EN-07, Authelia CVE-2025-24806
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		tries(h.browser(), "anna@example.com", 3)
		tries(h.browser(), " ANNA@Example.COM\u200b", 2).Status(422)
		tries(h.browser(), "anna@EXAMPLE.com ", 1).Status(429)
		tries(h.browser(), "1000001", 3)
		tries(h.browser(), "100-0001", 2).Status(422)
		tries(h.browser(), " 100 00 01", 1).Status(429)
	})
}

func TestNoCounterTellsThatANumberBelongsToAnAddress(t *testing.T) { // EN-01
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		for i := range 40 { // from one address block, and from many
			tries(h.browser().From(fmt.Sprintf("198.51.100.%d:9", i*(i%2))), "anna@example.com", 1)
		}
		for _, peer := range []string{"198.51.100.0:9", "203.0.113.5:1"} {
			tries(h.browser().From(peer), "anna@example.com", 1).Status(429)
			for _, number := range []string{"1000001", "1000002"} { // hers, and nobody's
				tries(h.browser().From(peer), number, 1).Status(422)
			}
		}
	})
}

func TestBothNamesOfAPersonTakeTwentyTriesOverAllBrowsers(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		compared := 0
		for i := range 60 {
			name := []string{"anna@example.com", "1000001"}[i%2]
			if b := tries(h.browser().From(fmt.Sprintf("198.51.100.%d:9", i)), name, 1); strings.Contains(b.Body(), "is not right") {
				compared++
			}
		}
		if compared != 20 {
			t.Errorf("%d passwords were compared", compared)
		}
	})
}

func TestUnknownNamesAreSlowedDownJustTheSame(t *testing.T) { // EN-04
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		tries(h.browser(), "nobody@example.com", 5).Status(422)
		tries(h.browser(), "NOBODY@example.com", 1).Status(429).Sees("Too many tries from this browser.")
		tries(h.browser(), "somebody@example.com", 1).Status(422)
	})
}

func TestAnAddressBlockThatFailsForManyNamesIsSlowedDown(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.browser().From("203.0.113.7:1")
		for i := range 52 {
			tries(b, fmt.Sprintf("nobody%d@example.com", i), 1)
		}
		tries(b, "anna@example.com", 1).Status(429)
		toCode(h.browser().From("203.0.113.8:1"), "anna@example.com").Sees("Check your email")
		h.later(15 * time.Second)
		toCode(h.browser().From("203.0.113.7:1"), "anna@example.com").Sees("Check your email")
	})
}

func TestKnownAndUnknownNamesCostTheSameHash(t *testing.T) { // EN-02, with the real parameters
	h := open(t, func(o *login.Options) {
		strong, err := keys.Open(t.Context(), o.Store.(*storage.DB), keystest.Master(t), keys.Options{Log: o.Site.Log, Now: o.Now})
		if err != nil {
			t.Fatal(err)
		}
		o.Keys = strong
	})
	hash, err := h.face.Keys.Passwords.Hash(t.Context(), password)
	h.must(err)
	h.must(h.db.SetPassword(t.Context(), h.anna.ID, hash, "", storage.Event{Actor: "test"}))
	best := map[string]time.Duration{}
	for i := range 16 { // the quickest of eight each: what else the machine does only makes them slower
		name := []string{"anna@example.com", "nobody@example.com"}[i%2]
		b := toPassword(h.browser().From(fmt.Sprintf("198.51.100.%d:1", i)), name).Fill("password", "not the one")
		start := time.Now()
		b.Press("submit").Status(422)
		if took := time.Since(start); best[name] == 0 || took < best[name] {
			best[name] = took
		}
	}
	if known, unknown := best["anna@example.com"], best["nobody@example.com"]; unknown*2 < known || known*2 < unknown {
		t.Errorf("known %s, unknown %s", known, unknown)
	}
}

func TestAPasswordOfFormerParametersIsHashedAnew(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		_, before, err := h.db.Login(t.Context(), "anna@example.com")
		h.must(err)
		strong, err := keys.Open(t.Context(), h.db, keystest.Master(t), keys.Options{Log: h.site.Log, Now: h.now, Passwords: keys.PasswordOptions{MemoryKiB: 16, Time: 1, Threads: 1}})
		h.must(err)
		h.face.Keys = strong
		toCode(h.browser(), "anna@example.com").Sees("Check your email")
		_, after, err := h.db.Login(t.Context(), "anna@example.com")
		if err != nil || after == before {
			t.Errorf("the hash is still %s, %v", after, err)
		}
		toCode(h.browser(), "anna@example.com").Sees("Check your email")
	})
}

// full is a store on which the hashes of everybody queue.
type full struct{ *storage.DB }

func (full) Login(context.Context, string) (storage.User, string, error) {
	return storage.User{}, "", fmt.Errorf("read login: %w", keys.ErrBusy)
}

func TestWhenTooManySignInAtOnceThePageSaysWait(t *testing.T) {
	t.Parallel()
	h := open(t, func(o *login.Options) { o.Store = full{o.Store.(*storage.DB)} })
	b := toCode(h.browser(), "anna@example.com").Status(503).Check().Sees("Too many people are signing in right now")
	if b.Header().Get("Retry-After") == "" {
		t.Error("no Retry-After")
	}
}

// down is a store that has lost its database.
type down struct{ *storage.DB }

func (down) Login(context.Context, string) (storage.User, string, error) {
	return storage.User{}, "", fmt.Errorf("dial tcp 10.0.0.7:5432: connection refused")
}

func TestATroubleOfOursTellsOnlyAReference(t *testing.T) { // LG-06, I7
	t.Parallel()
	h := open(t, func(o *login.Options) { o.Store = down{o.Store.(*storage.DB)} })
	toCode(h.browser(), "anna@example.com").Status(500).Check().Sees("Something is wrong on our side").SeesNot("10.0.0.7").Sees("Reference")
}

func TestAHugePasswordIsWrongLikeAnyOther(t *testing.T) { // BF-07
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		toPassword(h.browser(), "anna@example.com").Fill("password", strings.Repeat("a", 60_000)).Press("submit").Status(422).Sees("is not right")
		toPassword(h.browser(), "anna@example.com").Fill("password", strings.Repeat("a", 100_000)).Press("submit").Status(413).Check()
	})
}

func TestNoSecretIsInTheLog(t *testing.T) { // LG-01
	t.Parallel()
	h := open(t)
	b := toPassword(h.browser(), "anna@example.com").Fill("password", "not the one").Press("submit")
	attempt := b.Value("attempt")
	b.Fill("password", password).Press("submit")
	proved, code := b.Value("attempt"), h.code()
	no(b.Fill("code", h.wrong()).Press("submit").Fill("code", code).Press("submit")).Sees("app got anna")
	secrets := []string{attempt, proved, password, "not the one", "anna@example.com", `"` + code, code[:3] + " " + code[3:], "=" + code}
	for _, c := range b.Cookies(issuer) {
		secrets = append(secrets, c.Value)
	}
	b.Go("/account").Press("confirm")
	all, err := h.db.Events(t.Context(), 100)
	h.must(err)
	text := h.log.String() + fmt.Sprint(all)
	if !strings.Contains(text, "/login/email_code") {
		t.Fatalf("the log tells nothing: %s", text)
	}
	for _, secret := range secrets {
		if strings.Contains(text, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
