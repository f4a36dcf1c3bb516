package login_test

import (
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

const another = "quite another sentence"

// changesTo fills in the page on which a password is changed.
func changesTo(b *webtest.Browser, present, wanted string) *webtest.Browser {
	return b.Go(issuer+"/account/password").Fill("password", present).Fill("new", wanted).Press("submit")
}

func TestAPersonChangesTheirPassword(t *testing.T) { // S-40, S-30
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.client("grafana", "Grafana")
		other := h.saysYes(h.browser(), "anna@example.com")
		h.connect(h.anna, sidOf(other), "grafana", "openid", "offline_access")
		b := h.signedIn()
		copied, sid := b.Clone(), sidOf(b)
		b.Go("/account/password").Check().Sees("Change your password").Sees("At least 12 characters.").Follow("Forgotten? We mail you a link.").Sees("Forgot your password?")
		changesTo(b, password, another).Check().Sees("Your password is changed. We signed you out everywhere else and ended trust in all browsers.")
		if got := h.sessions(h.anna); len(got) != 1 || got[0] != sid {
			t.Errorf("these sessions are left: %q, want %s alone", got, sid)
		}
		if len(h.trusted(h.anna)) != 0 || len(h.apps(h.anna)) != 0 {
			t.Errorf("left are the trusts %v and the apps %v", h.trusted(h.anna), h.apps(h.anna))
		}
		copied.Go("/account").SeesNot("Anna Berg") // CS-05
		other.Go("/account").SeesNot("Anna Berg")
		if notice := h.letterTo("anna@example.com"); !strings.Contains(notice, issuer+"/alarm?token=") {
			t.Errorf("the notice has no way back:\n%s", notice)
		}
		h.sees("user.password_set ok", 1)
		toCode(h.browser(), "anna@example.com").Status(422)
		toPassword(h.browser(), "anna@example.com").Fill("password", another).Press("submit").Sees("Check your email")
	})
}

func TestAPasswordIsNotChangedWithoutThePresentOne(t *testing.T) { // PR-12
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		changesTo(b, "not it at all", another).Status(http.StatusUnprocessableEntity).Check().Sees("That is not your present password.")
		changesTo(b, "", another).Status(http.StatusUnprocessableEntity).Check().Sees("Enter your password.")
		if b.Value("password") != "" || b.Value("new") != "" {
			t.Error("the page gives a password back")
		}
		h.sees("user.password_set ok", 0)
		h.sees("sign_in.refused password_wrong", 1)
		changesTo(b, password, another).Sees("Your password is changed.")
	})
}

func TestGuessingInTheAccountIsGuessing(t *testing.T) { // BF-04
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		for range 5 {
			changesTo(b, "not it at all", another).Status(http.StatusUnprocessableEntity)
		}
		changesTo(b, password, another).Status(http.StatusTooManyRequests).Check().Sees("Too many tries from this browser.")
		if b.Header().Get("Retry-After") == "" {
			t.Error("nothing says when to come again")
		}
		toPassword(b.Clone().Forget("__Host-session").Go(issuer+"/app"), "anna@example.com").Fill("password", password).Press("submit").Status(http.StatusTooManyRequests)
		h.later(time.Minute)
		changesTo(b, password, another).Sees("Your password is changed.")
		changesTo(b, another, password+" 2").Sees("Your password is changed.") // a right one forgives
	})
}

func TestANewPasswordIsJudged(t *testing.T) { // PR-13
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		for wanted, want := range map[string]string{
			"short":                  "12 characters",
			"anna@example.com!":      "your name, your address",
			"passwordpassword":       "one of the first that attackers try",
			strings.Repeat("x", 257): "256 characters",
		} {
			changesTo(b, password, wanted).Status(http.StatusUnprocessableEntity).Check().Sees(want)
		}
		h.sees("user.password_set ok", 0)
	})
}

func TestOfTwoTabsThatChangeThePasswordOneWins(t *testing.T) { // PR-15
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn().Go("/account/password")
		var won atomic.Int32
		together(10, func(int) {
			tab := b.Clone().Fill("password", password).Fill("new", another).Press("submit")
			switch {
			case strings.Contains(tab.Body(), "Your password is changed."):
				won.Add(1)
			case strings.Contains(tab.Body(), "wrong on our side"):
				t.Errorf("one gets an error: %s", text(tab))
			}
		})
		if won.Load() != 1 {
			t.Errorf("%d change the password", won.Load())
		}
		h.sees("user.password_set ok", 1)
		if n := len(h.sessions(h.anna)); n != 1 {
			t.Errorf("%d sessions are left", n)
		}
	})
}

func TestAPasswordThatWasChangedMeanwhileIsNotChangedByAnOldPage(t *testing.T) { // PR-15
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		old := h.signedIn().Go("/account/password").Fill("password", password).Fill("new", another)
		changesTo(h.signedIn(), password, "a third sentence")
		old.Press("submit").SeesNot("Your password is changed.")
		h.sees("user.password_set ok", 1)
	})
}

// cameByGoogle is a browser of somebody who has no password.
func (h *house) cameByGoogle(email string) (storage.User, *webtest.Browser) {
	h.t.Helper()
	u := storage.User{ID: storage.NewID(), Email: email, State: "active"}
	h.must(h.db.AddUser(h.t.Context(), u, "", storage.Event{Actor: "test"}))
	u, err := h.db.AddIdentity(h.t.Context(), storage.NewIdentity{UserVersion: 1, Identity: storage.Identity{Issuer: "https://accounts.google.com", Subject: u.ID, UserID: u.ID, Email: email}}, storage.Event{})
	h.must(err)
	now, value := h.db.Now(), "dwl_"+storage.NewID()
	_, err = h.db.Finish(h.t.Context(), storage.SignIn{UserVersion: u.Version, Until: now.Add(time.Hour), Session: storage.Session{UserID: u.ID, Attempt: storage.NewID(),
		Cookie: keys.HashSecret(value), AuthTime: now, ACR: "urn:doorward:1fa", AMR: []string{"fed"}, Agent: "Firefox on Linux", IdleUntil: now.Add(time.Hour), Expires: now.Add(time.Hour)}}, storage.Event{})
	h.must(err)
	b := h.browser().Hold(issuer, &http.Cookie{Name: "__Host-session", Value: value, Secure: true, HttpOnly: true, Path: "/", SameSite: http.SameSiteLaxMode})
	return u, b
}

func TestAPersonWithoutAPasswordSetsTheirFirst(t *testing.T) { // 3.10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		gina, b := h.cameByGoogle("gina@example.com")
		b.Go("/account").Check().Sees("gina@example.com, connected on").Sees("It is your only way in, so it stays.").Sees("You have none.").SeesNot("Remove")
		b.Go("/account/password").Check().Sees("Create a password").SeesNot("Present password").Fill("new", another).Press("submit").Check().
			Sees("Your password is changed.").Sees("Remove").SeesNot("It is your only way in")
		toPassword(h.browser(), "gina@example.com").Fill("password", another).Press("submit").Sees("Check your email")
		if n := len(h.sessions(gina)); n != 1 {
			t.Errorf("%d sessions are left", n)
		}
		h.later(6 * time.Minute)
		b.Go("/account/password").Sees("Enter your password") // proofs grow old
	})
}
