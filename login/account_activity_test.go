package login_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestAPersonReadsWhatHappened(t *testing.T) { // 3.10, S-41
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.client("grafana", "Grafana")
		b := h.saysYes(h.browser(), "anna@example.com")
		for range 3 {
			toPassword(h.browser().From("198.51.100.7:1"), "").Fill("username", "anna@example.com").Press("submit").Fill("password", "not it").Press("submit")
		}
		signOut(b)
		again(b, "anna@example.com").Sees("app got anna")
		b.Go("/account/activity").Check().Sees("You signed in to Grafana. No code was needed because you trust this browser.").Sees("from 192.0.2.1 · Chrome on Windows").
			Sees("A wrong password was entered for your account. 3 times").Sees("from 198.51.100.7").Sees("You signed out.")
		if strings.Index(b.Body(), "No code was needed") > strings.Index(b.Body(), "A wrong password") {
			t.Error("the newest does not stand first")
		}
		b.Go("/account/activity?lang=de").Check().Sees("Ein Code war nicht nötig, weil Sie diesem Browser vertrauen.").Sees("3-mal")
	})
}

func TestGuessesDoNotPushOutWhatHappened(t *testing.T) { // S-41, LG-08
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	for i := range 90 {
		h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.SignInRefused, Result: "password_wrong", User: h.anna.ID, Actor: h.anna.ID, Address: fmt.Sprintf("198.51.100.%d", i)}))
	}
	b.Go("/account").Check().Sees("A wrong password was entered for your account. 90 times").Sees("from several addresses").Sees("You signed in to grafana.")
}

func TestOthersDoNotReadIt(t *testing.T) { // AD-02
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.UserPasswordSet, User: h.anna.ID, Actor: h.anna.ID}))
	h.signedInAs("ben@example.com").Go("/account/activity").SeesNot("changed your password").Sees("You signed in")
}

func TestThatWasNotMeEndsEverythingElse(t *testing.T) { // S-41, CS-05
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.client("grafana", "Grafana")
		thief := h.saysYes(h.browser(), "anna@example.com")
		h.connect(h.anna, sidOf(thief), "grafana", "openid", "offline_access")
		under := toCode(h.browser(), "anna@example.com") // somebody has the password, and waits for the code
		code := h.code()
		b := h.signedIn()
		copied, sid := b.Clone(), sidOf(b)
		b.Go("/account").Follow("That wasn't me").Check().Sees("Wasn't that you?").Sees("You are signed out everywhere but here.")
		b.Press("confirm").Check().Sees("Change your password").Sees("We signed you out everywhere else")
		if got := h.sessions(h.anna); len(got) != 1 || got[0] != sid {
			t.Errorf("these sessions are left: %q, want %s alone", got, sid)
		}
		if len(h.trusted(h.anna)) != 0 || len(h.apps(h.anna)) != 0 {
			t.Errorf("left are the trusts %v and the apps %v", h.trusted(h.anna), h.apps(h.anna))
		}
		thief.Go("/account").SeesNot("Anna Berg")
		copied.Go("/account").SeesNot("Anna Berg")
		under.Fill("code", code).Press("submit").Status(400)
		h.sees("alarm.raised ok", 1)
		b.Fill("password", password).Fill("new", "quite another sentence").Press("submit").Sees("Your password is changed.")
	})
}

func TestTheAlarmOfAnOldSessionEndsThatSessionToo(t *testing.T) { // S-41, PR-12
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		thief := h.signedIn()
		copied := thief.Clone()
		h.later(time.Hour)
		owner := h.signedIn()
		thief.Go("/account/alarm").Check().Sees("You are signed out everywhere, here too.").Press("confirm").SeesNot("Anna Berg").Sees("Email")
		for _, b := range []*webtest.Browser{thief, copied, owner} {
			b.Go("/account").SeesNot("Anna Berg")
		}
		if left := h.sessions(h.anna); len(left) != 0 {
			t.Errorf("these sessions are left: %q", left)
		}
		h.in(owner.Go("/account/password"), "anna@example.com").Sees("Change your password") // whoever proves to be her goes on
	})
}
