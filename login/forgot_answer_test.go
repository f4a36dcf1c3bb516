package login_test

import (
	"context"
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/doorward/doorward/web/webtest"
)

// noting notes what the database is asked.
type noting struct {
	*storage.DB
	asked []string
}

func (n *noting) Login(ctx context.Context, typed string) (storage.User, string, error) {
	n.asked = append(n.asked, "Login")
	return n.DB.Login(ctx, typed)
}

func (n *noting) User(ctx context.Context, id string) (storage.User, error) {
	n.asked = append(n.asked, "User")
	return n.DB.User(ctx, id)
}

func (n *noting) Spend(ctx context.Context, key string, r storage.Rate) (time.Duration, error) {
	n.asked = append(n.asked, "Spend "+key)
	return n.DB.Spend(ctx, key, r)
}

func (n *noting) PutLink(ctx context.Context, l storage.Link, e storage.Event) error {
	n.asked = append(n.asked, "PutLink")
	return n.DB.PutLink(ctx, l, e)
}

// idle is a face that answers, and leaves undone what comes after.
func (h *house) idle(store login.Store) (*login.Server, http.Handler) {
	h.t.Helper()
	face, err := login.New(login.Options{Store: store, Keys: h.keys, Site: h.site, Mail: h.mailbox, EmailCode: "untrusted", Now: h.now})
	h.must(err)
	pages, err := web.NewPages(h.site, nil)
	h.must(err)
	router := h.site.NewRouter(pages)
	face.Register(router)
	return face, h.site.Wrap(router)
}

func TestEverybodyGetsTheSameAnswer(t *testing.T) { // S-39, PR-06, EN-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.idaIsInvited()
		h.add(storage.User{Email: "dora@example.com", State: "disabled"})
		store := &noting{DB: h.db}
		face, router := h.idle(store)
		var first string
		for _, name := range []string{"anna@example.com", "nona@example.com", "dora@example.com", "ida1@example.com"} {
			b := webtest.New(t, router).Go(issuer+"/forgot").Fill("username", name)
			store.asked = nil
			b.Press("submit").Status(200)
			answer := fmt.Sprint(store.asked, len(b.Value("attempt")), strings.ReplaceAll(withoutAttempt(b, name), url.QueryEscape(b.Value("attempt")), ""), b.Header())
			if first == "" {
				first = answer
			}
			if answer != first {
				t.Errorf("%s is answered\n%s\nand not\n%s", name, answer, first)
			}
			if len(store.asked) != 1 {
				t.Errorf("for %s the database is asked %q before the answer", name, store.asked)
			}
		}
		if n := len(h.mailbox.Letters()); n != 1 { // Ida's first
			t.Errorf("%d letters left before the answer", n)
		}
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		face.Run(ended) // the house closes: what is left is done (PR-06)
		h.letters("anna@example.com", 1)
	})
}

func TestAFullQueueTurnsEverybodyAway(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, router := h.idle(h.db)
	page := webtest.New(t, router).Go(issuer + "/forgot")
	for i := range 1001 {
		b := page.Clone().From(fmt.Sprintf("198.51.%d.%d:1", i/200, i%200)).Fill("username", []string{"anna@example.com", "nobody@example.com"}[i%2]).Press("submit")
		if i == 999 {
			b.Status(200).Sees("Check your email")
		}
		if i == 1000 {
			b.Status(503).Check().Sees("Too many people")
			if b.Header().Get("Retry-After") == "" {
				t.Error("no Retry-After")
			}
		}
	}
}

func TestWhoIsMailedWhat(t *testing.T) { // S-39
	t.Parallel()
	h := open(t)
	h.idaIsInvited()
	h.add(storage.User{Email: "dora@example.com", State: "disabled"})
	for i, name := range []string{"nobody@example.com", "dora@example.com", "ida@example.com", "1000001"} {
		forget(h.blank().From(fmt.Sprintf("198.51.100.%d:1", i+1)), name).Sees("If there is an account for " + name)
	}
	h.quiet()
	if got := h.letters("ida@example.com", 2)[0]; addressIn(got.Letter, "/invite") == "" || addressIn(got.Letter, "/reset") != "" {
		t.Errorf("an invited person gets %q", got.Subject)
	}
	h.letters("anna@example.com", 1)
	for _, l := range h.mailbox.Letters() {
		if l.To == "nobody@example.com" || l.To == "dora@example.com" {
			t.Errorf("%s gets %q", l.To, l.Subject)
		}
	}
}

func TestAForgedHostLeadsNowhereElse(t *testing.T) { // PR-04, HH-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		forget(h.blank().Set("X-Forwarded-Host", "evil.test").Set("Forwarded", "host=evil.test").Set("X-Forwarded-Proto", "http"), "anna@example.com")
		letter := h.letters("anna@example.com", 1)[0]
		if strings.Contains(letter.Text+letter.HTML, "evil.test") || addressIn(letter.Letter, "/reset") == "" {
			t.Errorf("the letter leads to %s", letter.Text)
		}
	})
}

func TestLettersToAMailboxAreFewHoweverTheyAreAskedFor(t *testing.T) { // PR-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.blank()
		for i := range 30 {
			forget(b.From(fmt.Sprintf("198.51.100.%d:1", i+1)), "anna@example.com").Status(200).Sees("Check your email")
		}
		h.quiet()
		if n := len(h.letters("anna@example.com", 3)); n != 3 {
			t.Errorf("%d letters", n)
		}
		toCode(h.browser(), "anna@example.com").Sees("We sent a 6-digit code") // codes have counters of their own
		h.later(time.Hour)
		h.resetLink("anna@example.com", "anna@example.com")
	})
}

func TestOneAddressAsksForFewLetters(t *testing.T) { // PR-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.blank()
		for i := range 30 {
			u := h.add(storage.User{Email: fmt.Sprintf("p%d@example.com", i)})
			forget(b, u.Email).Status(200).Sees("Check your email")
		}
		h.quiet()
		n := 0
		for _, l := range h.mailbox.Letters() {
			if strings.HasSuffix(l.To, "@example.com") {
				n++
			}
		}
		if n != 20 {
			t.Errorf("%d letters", n)
		}
	})
}

func TestAForeignPageAsksForNothing(t *testing.T) {
	t.Parallel()
	h := open(t)
	evil := h.blank().Go(issuer+"/forgot").Set("Origin", "https://evil.test").Set("Sec-Fetch-Site", "cross-site")
	for _, path := range []string{"/forgot", "/invite", "/alarm"} {
		evil.Clone().Post(path, url.Values{"username": {"anna@example.com"}, "token": {"x"}}).Status(403)
	}
}

// Whoever knows an address cannot kill each link before its person has used it, and gets the same answer.
func TestAStrangerEndsNoResetThatIsUnderWay(t *testing.T) { // PR-01, PR-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.blank()
		forget(b, "anna@example.com")
		link := addressIn(h.letters("anna@example.com", 1)[0].Letter, "/reset")
		stranger := h.blank()
		for range 5 {
			forget(stranger, "anna@example.com").Status(200).Sees("If there is an account for anna@example.com")
		}
		h.quiet()
		h.letters("anna@example.com", 1)
		h.blank().Go(link).Sees("Create a new password")
		forget(b, "anna@example.com") // she herself asks again, and the stranger has used up none of her letters
		newer := addressIn(h.letters("anna@example.com", 2)[0].Letter, "/reset")
		h.blank().Go(link).Status(410).Sees("There is a newer link")
		h.later(5 * time.Minute)
		forget(stranger, "anna@example.com")
		h.letters("anna@example.com", 3)
		h.blank().Go(newer).Status(410).Sees("There is a newer link")
	})
}
