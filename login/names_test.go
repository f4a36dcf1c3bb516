package login_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// names are one of each kind that somebody may type, all of the same length: the first is nobody's.
var names = []string{"nobd@example.com", "anna@example.com", "dora@example.com", "inge@example.com", "gina@example.com", "otto@example.com", "irma@example.com"}

// kinds adds the people of names: Dora is disabled, Inge is invited and has no password, Gina signs in by Google alone, and
// Otto's hash was made with former parameters (EN-03), Irma's by another system.
func (h *house) kinds() {
	h.t.Helper()
	h.add(storage.User{Email: "dora@example.com", State: "disabled"})
	h.invited("inge@example.com")
	gina := h.invited("gina@example.com")
	gina, err := h.db.AddIdentity(h.t.Context(), storage.NewIdentity{UserVersion: gina.Version,
		Identity: storage.Identity{Issuer: "https://google.test", Subject: "1", UserID: gina.ID, Email: gina.Email}}, storage.Event{})
	h.must(err)
	otto := h.add(storage.User{Email: "otto@example.com"})
	former, err := keys.Open(h.t.Context(), h.db, keystest.Master(h.t), keys.Options{Log: h.site.Log, Now: h.now, Passwords: keys.PasswordOptions{MemoryKiB: 16, Time: 2, Threads: 1}})
	h.must(err)
	hash, err := former.Passwords.Hash(h.t.Context(), password)
	h.must(err)
	h.must(h.db.SetPassword(h.t.Context(), otto.ID, hash, "", storage.Event{Actor: "test"}))
	h.imported("irma@example.com")
	if _, stored, err := h.db.Login(h.t.Context(), gina.Email); err != nil || stored != "" || gina.State != "active" {
		h.t.Fatalf("Gina is %s and has the hash %q: %v", gina.State, stored, err)
	}
}

// asking notes each thing that the database is asked while somebody signs in.
type asking struct {
	login.Store
	asked []string
}

func (a *asking) Login(ctx context.Context, typed string) (storage.User, string, error) {
	a.asked = append(a.asked, "Login")
	return a.Store.Login(ctx, typed)
}

func (a *asking) User(ctx context.Context, id string) (storage.User, error) {
	a.asked = append(a.asked, "User")
	return a.Store.User(ctx, id)
}

func (a *asking) Rehash(ctx context.Context, id, old, hash string) error {
	a.asked = append(a.asked, "Rehash")
	return a.Store.Rehash(ctx, id, old, hash)
}

func (a *asking) Identities(ctx context.Context, userID string) ([]storage.Identity, error) {
	a.asked = append(a.asked, "Identities")
	return a.Store.Identities(ctx, userID)
}

func (a *asking) Authenticators(ctx context.Context, userID string) ([]storage.Authenticator, error) {
	a.asked = append(a.asked, "Authenticators")
	return a.Store.Authenticators(ctx, userID)
}

func (a *asking) UseTrust(ctx context.Context, id, userID string, generation int64) (storage.Trust, error) {
	a.asked = append(a.asked, "UseTrust")
	return a.Store.UseTrust(ctx, id, userID, generation)
}

func (a *asking) MailedCode(ctx context.Context, attempt, purpose string) (storage.MailedCode, error) {
	a.asked = append(a.asked, "MailedCode")
	return a.Store.MailedCode(ctx, attempt, purpose)
}

func (a *asking) PutMailedCode(ctx context.Context, c storage.MailedCode) error {
	a.asked = append(a.asked, "PutMailedCode")
	return a.Store.PutMailedCode(ctx, c)
}

func (a *asking) Once(ctx context.Context, kind, id string, until time.Time) error {
	a.asked = append(a.asked, "Once")
	return a.Store.Once(ctx, kind, id, until)
}

func (a *asking) Spent(ctx context.Context, kind, id string) (bool, error) {
	a.asked = append(a.asked, "Spent")
	return a.Store.Spent(ctx, kind, id)
}

func (a *asking) Spend(ctx context.Context, key string, r storage.Rate) (time.Duration, error) {
	a.asked = append(a.asked, "Spend")
	return a.Store.Spend(ctx, key, r)
}

func (a *asking) Charge(ctx context.Context, key string, b storage.Backoff) (time.Duration, error) {
	a.asked = append(a.asked, "Charge")
	return a.Store.Charge(ctx, key, b)
}

func (a *asking) ChargeAll(ctx context.Context, tries ...storage.Try) (string, time.Duration, error) {
	a.asked = append(a.asked, fmt.Sprintf("ChargeAll of %d", len(tries)))
	return a.Store.ChargeAll(ctx, tries...)
}

func (a *asking) Forgive(ctx context.Context, keys ...string) error {
	a.asked = append(a.asked, "Forgive")
	return a.Store.Forgive(ctx, keys...)
}

func (a *asking) Record(ctx context.Context, e storage.Event) error {
	a.asked = append(a.asked, "Record")
	return a.Store.Record(ctx, e)
}

// seen is all that a visitor can compare, without the name and what is sealed, and what the database was asked for it.
func (a *asking) seen(b *webtest.Browser, name string) string {
	defer func() { a.asked = nil }()
	return fmt.Sprintf("%d, %d bytes, %v\n%s\nasked: %q\n", b.StatusCode(), len(b.Body()), b.Header(), withoutAttempt(b, name), a.asked)
}

// withoutAttempt is the page's text with the name and what is sealed left out.
func withoutAttempt(b *webtest.Browser, name string) string {
	body := strings.ReplaceAll(b.Body(), b.Value("attempt"), "")
	return strings.ReplaceAll(body, name, "")
}

func TestNamesOfEveryKindLookAlike(t *testing.T) { // EN-01, EN-03, EN-04, EN-06
	t.Parallel()
	var store *asking
	each(t, func(t *testing.T, h *house) {
		h.kinds()
		var first string
		for i, name := range names {
			b := h.browser().From(fmt.Sprintf("198.51.100.%d:1", i))
			store.asked = nil
			shape := store.seen(toPassword(b, name), name)
			for range 5 {
				shape += store.seen(b.Fill("password", "not the one").Press("submit").Status(422), name)
			}
			if want := []string{"Login", "ChargeAll of 2", "Spend", "Record"}; !strings.Contains(shape, fmt.Sprintf("asked: %q", want)) {
				t.Errorf("%s: a wrong password asks for something else than %q:\n%s", name, want, shape)
			}
			b.Press("submit").Status(422) // an empty one counts for nothing
			store.asked = nil
			shape += store.seen(b.Fill("password", "not the one").Press("submit").Status(429), name) // and now the name is slowed down
			if first == "" {
				first = shape
			}
			if shape != first {
				t.Errorf("%s looks otherwise:\n%s\n%s", name, shape, first)
			}
		}
	}, func(o *login.Options) { store = &asking{Store: o.Store}; o.Store = store })
}

func TestANameTakesNothingFromTheDatabaseBeforeItsPassword(t *testing.T) { // EN-01
	t.Parallel()
	var store *asking
	each(t, func(t *testing.T, h *house) {
		h.kinds()
		for _, name := range append(slices.Clone(names), "1000001", "1000002") {
			b := h.browser()
			store.asked = nil
			if toPassword(b, name).Sees("Enter your password"); len(store.asked) > 0 {
				t.Errorf("for %s the database is asked %q", name, store.asked)
			}
		}
	}, func(o *login.Options) { store = &asking{Store: o.Store}; o.Store = store })
}
