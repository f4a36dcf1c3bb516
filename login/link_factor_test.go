package login_test

import (
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestAThiefOfTheMailboxDoesNotPassTheApp(t *testing.T) { // PR-07, S-42, ASVS 6.4.3
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, codes []string, mine *webtest.Browser) {
		link := h.resetLink("anna@example.com", "anna@example.com")
		b := choose(h.blank().Go(link), fresh).Sees("Enter the code from your app")
		_, hash, err := h.db.Login(t.Context(), "anna@example.com")
		h.must(err)
		if right, _, err := h.keys.Passwords.Check(t.Context(), hash, password); !right || err != nil {
			t.Errorf("the old password does not count before the code, %v", err)
		}
		b.Fill("code", wrongFor(a)).Press("submit").Status(422)
		mine.Go("/account").Sees("Anna Berg") // and nobody is signed out
		for _, path := range []string{"/login/changed", "/login/consent", "/login/new_password"} {
			b.Tab().Go(path + "?attempt=" + b.Value("attempt")).SeesNot("Your password is changed").SeesNot("Your account")
		}
		b.Tab().Post("/login/changed", map[string][]string{"attempt": {b.Value("attempt")}}).Sees("Enter the code from your app")

		b.Fill("code", a.code()).Press("submit").Check().Sees("Your password is changed").Press("Continue").Sees("Anna Berg")
		mine.Go("/account").SeesNot("Anna Berg")
		toPassword(h.browser(), "anna@example.com").Fill("password", fresh).Press("submit").Sees("Enter the code from your app") // it stays on

		b = choose(h.blank().Go(h.resetLink("1000001", "anna@example.com")), "a third sentence here").Follow("Use a recovery code")
		b.Fill("code", codes[0]).Press("submit").Sees("Your password is changed")
	})
}

func TestAResetEndsTrustInAllBrowsers(t *testing.T) { // S-30, S-42
	t.Parallel()
	h := open(t)
	trusted := h.trusts()
	toCode(trusted.Go("/app").Sees("Continue as").Press("another"), "anna@example.com").Sees("app got anna")
	signOut(trusted)
	choose(h.blank().Go(h.resetLink("anna@example.com", "anna@example.com")), fresh).Sees("Your password is changed")
	b := trusted.Go("/app")
	if strings.Contains(b.Body(), "Continue as") {
		t.Error("the browser still knows the person")
	}
	toPassword(b, "anna@example.com").Fill("password", fresh).Press("submit").Sees("Check your email")
}

func TestAnAlarmEndsTrustInAllBrowsers(t *testing.T) { // S-41
	t.Parallel()
	h := open(t)
	trusted := h.trusts()
	letter := h.mailbox.Letters()[0]
	h.blank().Go(alarmIn(t, letter.Letter)).Press("confirm").Sees("Check your email")
	toCode(trusted.Go("/app"), "anna@example.com").Sees("Check your email")
	h.letters("anna@example.com", 3)
}

func TestAnApplicationThatWantsTwoFactorsGetsThemAfterAReset(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.ask.ACR = "urn:doorward:2fa"
	b := toPassword(h.browser(), "anna@example.com").Follow("Forgot your password?").Press("submit")
	b = choose(b.Go(addressIn(h.letters("anna@example.com", 1)[0].Letter, "/reset")), fresh).Sees("6-digit code")
	b.Fill("code", h.code()).Press("submit").Sees("Trust this browser?").Press("trust-no").Sees("Your password is changed").
		Press("Continue").Sees("app got anna").Sees("acr=urn:doorward:2fa ")
}

func TestARequestForSomebodyElseIsNotAnsweredByAReset(t *testing.T) {
	t.Parallel()
	h := open(t)
	ben := h.add(storage.User{Email: "ben@example.com"})
	h.ask.UserID = ben.ID
	b := toPassword(h.browser(), "anna@example.com").Follow("Forgot your password?").Press("submit")
	b = choose(b.Go(addressIn(h.letters("anna@example.com", 1)[0].Letter, "/reset")), fresh).Press("Continue")
	b.SeesNot("app got").Sees("Your account").Sees("Anna Berg")
}

func TestAResetWhereSomebodyElseIsSignedInSignsThemOut(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	b := h.in(h.browser(), "ben@example.com")
	sid := sidOf(b)
	b = choose(b.Go(h.resetLink("anna@example.com", "anna@example.com")), fresh).Press("Continue").Sees("Anna Berg")
	if got := sidOf(b.Go("/app?back=1").Sees("app got anna")); got == sid {
		t.Error("the session of another person goes on")
	}
	h.sees("session.replaced ok", 1)
}

func TestAnInvitedPersonMayTakeGoogleInstead(t *testing.T) { // S-13, S-21, S-25
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	gina := h.invited("gina@gmail.com")
	h.invite(gina, "Ben Kaya")
	letter := h.mailbox.Letters()[0]
	if !strings.Contains(letter.Text, "If your address is a Google account you can sign in with Google; otherwise you choose a password.") {
		t.Errorf("the letter says\n%s", letter.Text)
	}
	g.account("1001", "gina@gmail.com", nil)
	link := h.linkTo("/invite")
	b := h.blank().Go(link).Check().Sees("Welcome, Gina Lane").Sees("Sign in with Google")
	other := choose(h.blank().Go(link).Press("submit"), fresh).Sees("Check your email") // somebody who has read the letter
	code := h.code()
	byGoogle(b).Sees("Your account").Sees("Gina Lane")
	other.Fill("code", code).Press("submit").Status(409)
	h.blank().Go(link).Status(410).Check().Sees("You already have an account – sign in")
	if _, hash, err := h.db.Login(t.Context(), "gina@gmail.com"); err != nil || hash != "" {
		t.Errorf("a password is set, %v", err)
	}

	// Who has no password is told so, and gets no link to one (S-39).
	forget(h.blank(), "gina@gmail.com").Sees("If there is an account for gina@gmail.com")
	told := h.letters("gina@gmail.com", 3)[0]
	if told.Subject != "How you sign in at Acme" || addressIn(told.Letter, "/reset") != "" || !strings.Contains(told.Text, issuer+"/login") {
		t.Errorf("the letter is %q:\n%s", told.Subject, told.Text)
	}
}

func TestAPasswordThatWaitsCountsForNobodyElse(t *testing.T) { // two ways mixed in one attempt
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	ida := h.idaIsInvited()
	b := choose(h.blank().Go(h.linkTo("/invite")).Press("submit"), fresh).Sees("Check your email")
	waiting := b.Value("attempt")
	b.Tab().Post("/login/google", map[string][]string{"attempt": {waiting}}).SeesNot("Gina Lane").Sees("Check your email")
	h.later(16 * 60e9) // the proof is too old: any way may be taken again
	b.Tab().Post("/login/google", map[string][]string{"attempt": {waiting}}).Sees("Your account").Sees("Gina Lane")
	person, hash, err := h.db.Login(t.Context(), ida.Email)
	h.must(err)
	if person.State != "invited" || hash != "" {
		t.Error("the waiting password counts")
	}
}

func TestALinkToANewPasswordIsForItsPersonWhateverIsTyped(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	b := h.blank().Go(h.resetLink("anna@example.com", "anna@example.com"))
	b.Go(strings.Replace(b.URL(), "new_password", "username", 1)).Fill("username", "ben@example.com").Press("submit").Sees("Create a new password")
	if got := b.Value("username"); got != "anna@example.com" {
		t.Errorf("the page is for %s", got)
	}
	choose(b, fresh).Press("Continue").Sees("Anna Berg")
	toCode(h.browser(), "ben@example.com").Sees("Check your email") // his is as it was
}

func TestTheLetterOfAStepUpSaysThatSomebodyIsSignedIn(t *testing.T) { // S-29
	t.Parallel()
	h := open(t)
	b := again(h.trusts(), "anna@example.com").Sees("app got anna@example.com") // with the password alone
	h.ask.ACR = "urn:doorward:2fa"
	b.Go("/app").Sees("Check your email")
	letter := h.mailbox.Letters()[0]
	if !strings.Contains(letter.Text, "Somebody who is signed in as you wants to go on to") || strings.Contains(letter.Text, "assword is known") {
		t.Errorf("the letter: %s", letter.Text)
	}
}
