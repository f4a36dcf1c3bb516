package login_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

// methods are those of the newest session, as its event lists them.
func (h *house) methods() string {
	h.t.Helper()
	all, err := h.db.Events(h.t.Context(), 1000)
	h.must(err)
	i := slices.IndexFunc(all, func(e storage.Event) bool { return e.Kind == storage.SessionStarted })
	if i < 0 {
		h.t.Fatal("no session was started")
	}
	return all[i].Data["methods"]
}

func TestACodeAfterGoogleIsNoCodeOfWhoeverComesNext(t *testing.T) { // S-35, S-36
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g, func(o *login.Options) { o.TOTPAfterGoogle = true })
	annas, _, _ := h.withApp()
	h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	hers := h.setUp(byGoogle(h.browser()).Sees("app got gina"), "Gina's phone")
	h.ask.Consent = []string{"openid"}
	b := byGoogle(h.browser()).Sees("Enter the code from your app")
	h.later(14 * time.Minute)
	b.Fill("code", hers.code()).Press("submit").Sees("wants to use your")
	h.later(2 * time.Minute) // Google's word has lapsed, her code has not
	toCode(b.Go(b.URL()), "anna@example.com").Sees("Enter the code from your app")
	b.Fill("code", annas.code()).Press("submit").Sees("wants to use your").Press("allow").Sees("app got anna@example.com")
	b.Sees("amr=pwd+otp+mfa ")
	if got := h.methods(); got != "pwd totp" {
		t.Errorf("the session rests on %s", got)
	}
}

func TestAMailedCodeAfterGoogleIsNoCodeOfWhoeverComesNext(t *testing.T) { // S-29
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	byGoogle(h.browser()).Sees("app got gina")
	h.ask.Consent, h.ask.ACR = []string{"openid"}, "urn:doorward:2fa"
	b := byGoogle(h.browser()).Sees("Check your email")
	h.later(8 * time.Minute)
	h.withCode(b).Sees("wants to use your")
	h.later(8 * time.Minute)
	toCode(b.Go(b.URL()), "anna@example.com").Sees("Check your email")
	h.letters("anna@example.com", 1) // a first letter of her own
	no(h.withCode(b)).Sees("wants to use your").Press("allow").Sees("app got anna@example.com")
}

func TestACodeAfterALinkIsNoCodeOfWhoseNameWasTyped(t *testing.T) { // S-35
	t.Parallel()
	h := open(t)
	h.withApp()
	h.add(storage.User{Email: "mallory@example.com", Claims: map[string]any{"name": "Mallory"}})
	thiefs := h.setUp(h.in(h.browser(), "mallory@example.com"), "phone")
	b := h.blank().Go(h.resetLink("mallory@example.com", "mallory@example.com"))
	b.Post("/login/username", map[string][]string{"attempt": {b.Value("attempt")}, "username": {"anna@example.com"}})
	choose(b, fresh).Sees("Enter the code from your app")
	h.later(14 * time.Minute)
	b.Fill("code", thiefs.code()).Press("submit").Sees("Your password is changed")
	h.later(2 * time.Minute)
	b.Go(b.URL())
	if !strings.HasPrefix(b.URL(), issuer+"/login/password") {
		t.Fatalf("a lapsed password leads to %s", b.Title())
	}
	b.Fill("password", password).Press("submit").Sees("Enter the code from your app")
}
