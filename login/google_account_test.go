package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// connecting is Anna at the door back from Google with an account that she wants to connect.
func connecting(h *house, g *google, b *webtest.Browser) string {
	h.t.Helper()
	b.Go(issuer + "/account/google").Status(200).Sees("Connect a Google account")
	return h.returning(g, b)
}

func annas(t *testing.T, options ...option) (*house, *google, *webtest.Browser) {
	t.Helper()
	g := newGoogle(t)
	h := withGoogle(t, g, options...)
	return h, g, h.annas(g)
}

func (h *house) annas(g *google) *webtest.Browser {
	h.t.Helper()
	g.account("3003", "anna.private@gmail.com", nil)
	return h.signedIn()
}

// eachAnna is annas on every database.
func eachAnna(t *testing.T, f func(t *testing.T, h *house, g *google, b *webtest.Browser), options ...option) {
	t.Helper()
	eachGoogle(t, func(t *testing.T, h *house, g *google) { f(t, h, g, h.annas(g)) }, options...)
}

func TestAPersonConnectsAGoogleAccountOfAnyAddress(t *testing.T) { // S-23
	t.Parallel()
	h, g, b := annas(t)
	b.Go("/account/google").Check()
	b.Go(connecting(h, g, b)).Status(200).Check().Sees("Your Google account is connected.").Sees("anna.private@gmail.com")
	if g.last.Get("prompt") != "select_account" {
		t.Errorf("Google was asked for %v", g.last)
	}
	h.sees("google.linked ok", 1)
	letter := h.mailbox.Letters()[0]
	if letter.To != "anna@example.com" || !strings.Contains(letter.Subject, "Google account was connected") || !strings.Contains(letter.Text, "anna.private@gmail.com") {
		t.Errorf("the letter is %+v", letter)
	}
	b.Go("/account/google").Check().Sees("anna.private@gmail.com is connected")
	byGoogle(h.browser()).Sees("app got anna@example.com").Sees("amr=fed")
}

func TestConnectingNeedsFreshProofs(t *testing.T) { // FD-16
	t.Parallel()
	eachAnna(t, func(t *testing.T, h *house, g *google, b *webtest.Browser) {
		h.later(6 * time.Minute)
		b.Go("/account/google")
		b.Press("google").Sees("Enter your password").SeesNot("You are on your way")
		toAccount := b.Fill("password", password).Press("submit").Fill("code", h.code()).Press("submit")
		if toAccount.URL() != issuer+"/account/google" {
			t.Errorf("the way back leads to %s", toAccount.URL())
		}
		b.Go(connecting(h, g, b)).Sees("Your Google account is connected.")
	})
}

func TestAnotherSiteCannotConnectItsOwnAccount(t *testing.T) { // FD-16, CS-01
	t.Parallel()
	eachAnna(t, func(t *testing.T, h *house, g *google, b *webtest.Browser) {
		mallory := h.add(storage.User{Email: "mallory@example.com"})
		theirs := h.in(h.browser(), "mallory@example.com")
		g.account("6666", "mallory@gmail.com", nil)
		back := connecting(h, g, theirs)
		b.Go(back).SeesNot("is connected") // Anna opens the address with which Mallory came back
		if h.linked(h.anna) != 0 || h.linked(mallory) != 0 {
			t.Error("an account is linked")
		}
		b.Set("Origin", "https://evil.test").Set("Sec-Fetch-Site", "cross-site").Post(issuer+"/account/google", nil).Status(http.StatusForbidden)
	})
}

func TestWhatWasBroughtToBeConnectedIsOfOnePersonOneStateAndOneUse(t *testing.T) { // FD-10, FD-12
	t.Parallel()
	eachAnna(t, func(t *testing.T, h *house, g *google, b *webtest.Browser) {
		other := h.add(storage.User{Email: "otto@example.com"})

		back := connecting(h, g, b)
		b.Go("/account").Press("Sign out")
		h.in(b.Go("/app"), "otto@example.com")
		b.Go(back).SeesNot("is connected") // another person in the same browser
		if h.linked(other)+h.linked(h.anna) != 0 {
			t.Fatal("the account is linked to another person")
		}

		b = h.signedIn()
		back = connecting(h, g, b)
		h.must(h.db.SetUserState(t.Context(), h.anna.ID, "active", storage.Event{})) // raises the version
		b.Go(back).Status(http.StatusBadRequest)
		if h.linked(h.anna) != 0 {
			t.Fatal("the account is linked though the person has changed meanwhile")
		}

		b = h.signedIn()
		back = connecting(h, g, b)
		b.Go(back).Sees("Your Google account is connected.")
		b.Go("/account/google").Follow("remove").Press("confirm").Sees("Google is removed.")
		b.Go(back).SeesNot("is connected")
		if h.linked(h.anna) != 0 {
			t.Fatal("what was used once connects again")
		}
	})
}

func TestAnAccountIsConnectedToOnePerson(t *testing.T) { // FD-12
	t.Parallel()
	eachAnna(t, func(t *testing.T, h *house, g *google, b *webtest.Browser) {
		b.Go(connecting(h, g, b)).Sees("Your Google account is connected.")
		h.add(storage.User{Email: "otto@example.com"})
		otto := h.in(h.browser(), "otto@example.com")
		otto.Go(connecting(h, g, otto)).Status(http.StatusConflict).Check().Sees("This Google account cannot be connected").Follow("email").Sees("Connect a Google account")
		byGoogle(h.browser()).Sees("app got anna@example.com")
		h.sees("sign_in.refused google_taken", 1)
	})
}

func TestWhoSignsInByAConnectionThatWasMeantForTheAccountDoesNot(t *testing.T) { // MX-03
	t.Parallel()
	eachAnna(t, func(t *testing.T, h *house, g *google, b *webtest.Browser) {
		back := connecting(h, g, b)
		state := stateOf(t, back)
		b.Go("/login/google?attempt=" + state).Status(http.StatusBadRequest)
		sessions, err := h.db.SessionsOf(t.Context(), h.anna.ID)
		h.must(err)
		for _, s := range sessions {
			h.must(h.db.EndSession(t.Context(), s.ID, storage.Event{}))
		}
		b.Go(back).SeesNot("app got").SeesNot("is connected")
		if h.linked(h.anna) != 0 {
			t.Error("a session that has ended connects")
		}
	})
}

func TestRefusalsWhileConnectingLeadBackToTheAccount(t *testing.T) {
	t.Parallel()
	h, g, b := annas(t, func(o *login.Options) { o.Google.HostedDomain = "corp.test" })
	b.Go(connecting(h, g, b)).Status(http.StatusForbidden).Check().Sees("Use your Google account of corp.test").Follow("email").Sees("Connect a Google account")
	g.answer = func(to, _ url.Values) { to.Del("code"); to.Set("error", "access_denied") }
	b.Go(connecting(h, g, b)).Status(200).Check().Sees("Connect a Google account").Sees("You cancelled at Google.")
}

func TestGoogleIsRemovedUnlessItIsTheOnlyWayIn(t *testing.T) { // 3.10
	t.Parallel()
	h, g, b := annas(t)
	b.Go(connecting(h, g, b)).Sees("Your Google account is connected.")
	elsewhere := byGoogle(h.browser()).Sees("app got anna@example.com")
	b.Go("/account/google").Follow("remove").Status(200).Check().Sees("Remove Google?").Press("confirm").Sees("Google is removed.")
	h.sees("google.unlinked ok", 1)
	if letter := h.mailbox.Letters()[0]; !strings.Contains(letter.Subject, "removed") {
		t.Errorf("the newest letter is %q", letter.Subject)
	}
	elsewhere.Go("/account").SeesNot("Anna Berg")
	byGoogle(h.browser()).Status(http.StatusForbidden).SeesNot("app got")
	b.Go("/account/google/remove") // there is nothing to remove
	if b.URL() != issuer+"/account" {
		t.Errorf("removing nothing leads to %s", b.URL())
	}

	gina := h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	only := byGoogle(h.browser())
	only.Go("/account/google/remove").Status(http.StatusConflict).Check().Sees("Google is the only way into your account.")
	only.Post(issuer+"/account/google/remove", nil).Status(http.StatusConflict)
	if h.linked(gina) != 1 {
		t.Error("the last way in is gone")
	}
}

func TestRemovingGoogleNeedsFreshProofs(t *testing.T) { // PR-12
	t.Parallel()
	eachAnna(t, func(t *testing.T, h *house, g *google, b *webtest.Browser) {
		b.Go(connecting(h, g, b)).Sees("Your Google account is connected.")
		b.Go("/account/google/remove")
		h.later(6 * time.Minute)
		b.Press("confirm").SeesNot("Google is removed.")
		if h.linked(h.anna) != 1 {
			t.Error("it is removed without fresh proofs")
		}
	})
}
