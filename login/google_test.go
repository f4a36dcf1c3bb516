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

func TestAnInvitedPersonSignsInWithGoogleAndNothingElseIsAsked(t *testing.T) { // S-07, S-21, S-22, S-25
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	gina := h.invited("gina@gmail.com")
	g.account("1001", "Gina@Gmail.com", nil)
	byGoogle(h.browser().Check().Sees("Sign in with Google").Sees("or")).Sees("app got gina@gmail.com").Sees("acr=urn:doorward:1fa").Sees("amr=fed auth_time")
	if len(h.mailbox.Letters()) != 0 {
		t.Error("a letter was sent")
	}
	if now, err := h.db.User(t.Context(), gina.ID); err != nil || now.State != "active" || h.linked(gina) != 1 {
		t.Errorf("the person is %+v, with %d accounts, %v", now, h.linked(gina), err)
	}
	h.sees("google.linked ok", 1)
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	h.sees("google.linked ok", 1)
	h.sees("sign_in.google_right ok", 2)
	h.sees("session.started ok", 2)
}

func TestGoogleIsOnThePageOfThePasswordToo(t *testing.T) { // 3.2
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	b := toPassword(h.browser(), "gina@gmail.com").Check().Sees("Enter your password").Sees("Sign in with Google")
	byGoogle(b).Sees("app got gina@gmail.com")
	if g.last.Get("login_hint") != "gina@gmail.com" || g.last.Has("prompt") {
		t.Errorf("Google was asked for %v", g.last)
	}
}

func TestWithoutGoogleThereIsNoButtonAndNoPath(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.browser().SeesNot("Google")
	attempt := b.Value("attempt")
	toPassword(b, "anna@example.com").SeesNot("Google")
	b.Go("/login/google?attempt=" + attempt).Status(http.StatusNotFound)
	b.Go("/login/google/callback?code=x&state=x").Status(http.StatusNotFound)
	h.signedIn().Go("/account/google").Status(http.StatusNotFound)
}

func TestGoogleIsNoWayInForWhoseInvitationWasTakenBack(t *testing.T) { // S-22
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	gina := h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	h.invite(gina, "Ben Kaya")
	h.must(h.db.WithdrawLink(t.Context(), gina.ID, storage.LinkInvitation, storage.Event{Actor: "operator"}))
	byGoogle(h.browser()).Status(http.StatusForbidden).Check().Sees("There is no account for gina@gmail.com")
	h.sees("sign_in.refused google_not_invited", 1)
	h.invite(gina, "Ben Kaya") // again
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
}

func TestAGoogleAccountThatNobodyInvitedIsToldSoByItsAddress(t *testing.T) { // S-24
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	g.account("2002", "x@gmail.com", nil)
	b := byGoogle(h.browser()).Status(http.StatusForbidden).Check().Sees("There is no account for x@gmail.com").
		Sees("Your admin must set up your account with this address.").Sees("Use another Google account").Sees("Sign in with email")
	if strings.Contains(b.URL(), "code=") {
		t.Errorf("the page has an address with a code in it: %s", b.URL())
	}
	h.sees("sign_in.refused google_not_invited", 1)
	b.Go(b.URL()).Sees("There is no account for x@gmail.com")
	b.Follow("Deutsch").Check().Sees("Für x@gmail.com gibt es kein Konto")
	other := b.Clone()
	other.Follow("email").Status(200).Check().Sees("E-Mail-Adresse oder Kundennummer")
	g.chosen = "1001"
	b.Press("another").Sees("app got gina@gmail.com")
	if g.last.Get("prompt") != "select_account" {
		t.Errorf("Google was asked for %v", g.last)
	}
}

func TestWhoCancelsAtGoogleIsBackOnTheFirstPage(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	g.answer = func(to, _ url.Values) { to.Del("code"); to.Set("error", "access_denied") }
	b := byGoogle(toPassword(h.browser(), "anna@example.com")).Status(200).Check().
		Sees("You cancelled at Google.").Sees("Email address or customer number").SeesNot("problem")
	toPassword(b, "anna@example.com").SeesNot("You cancelled").Fill("password", password).Press("submit").Sees("Check your email")
	h.ask.Locales = []string{"de"}
	byGoogle(h.browser()).Check().Sees("Sie haben bei Google abgebrochen.")
	h.sees("sign_in.refused google_answer", 0)
}

func TestWhileGoogleIsDownEverybodyElseSignsIn(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g) // the house starts though Google is down
	g.broken = func(w http.ResponseWriter, _ string) bool { w.WriteHeader(http.StatusBadGateway); return true }
	h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	b := byGoogle(h.browser()).Status(http.StatusServiceUnavailable).Check().Sees("Google does not answer").
		Sees("Try again, or sign in with email.")
	for range 5 {
		b = byGoogle(b).Status(http.StatusServiceUnavailable)
	}
	if n := g.count("/.well-known/openid-configuration"); n != 1 {
		t.Errorf("Google was asked %d times in a moment", n)
	}
	h.in(b.Tab().Follow("email").Sees("Email address or customer number"), "anna@example.com").Sees("app got anna@example.com")
	g.broken = nil
	h.later(time.Minute)
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	g.broken = func(w http.ResponseWriter, path string) bool { // the document is known; the rest fails
		w.WriteHeader(http.StatusServiceUnavailable)
		return path == "/token"
	}
	b = h.browser()
	back := h.returning(g, b)
	b.Go(back).Status(http.StatusServiceUnavailable).Check().Sees("Google does not answer")
	g.broken = nil
	byGoogle(b).Sees("app got gina@gmail.com")
	h.sees("sign_in.refused google_answer", 0)
}

func TestAnErrandThatGoogleCannotFinishIsToldInWords(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	for code, sees := range map[string]string{"server_error": "Google does not answer", "temporarily_unavailable": "Google does not answer",
		"invalid_scope": "Signing in with Google did not work", "<script>": "Signing in with Google did not work"} {
		g.answer = func(to, _ url.Values) {
			to.Del("code")
			to.Set("error", code)
			to.Set("error_description", "<b>oh</b>")
		}
		byGoogle(h.browser()).Check().Sees(sees).SeesNot("oh")
	}
}

func TestAPersonWhoIsSwitchedOffIsToldSoAfterGoogle(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	gina := h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	byGoogle(h.browser()).Sees("app got gina@gmail.com")
	h.must(h.db.SetUserState(t.Context(), gina.ID, "disabled", storage.Event{Actor: "test"}))
	byGoogle(h.browser()).Status(http.StatusForbidden).Check().Sees("Your account is switched off").Sees("Ask help@acme.test.").SeesNot("app got")
	h.sees("sign_in.refused disabled", 1)
}

func TestWhoMayNotAnswerIsRefusedAfterGoogleAndNotLinked(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	gina := h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	h.ask.UserID = h.anna.ID
	byGoogle(h.browser()).Status(http.StatusForbidden).Check().Sees("another").SeesNot("app got")
	if h.linked(gina) != 0 {
		t.Error("the account is linked by a sign-in that only another person may answer")
	}
	h.sees("sign_in.refused another_person", 1)
}

func TestTheAuthenticatorAppIsAskedAfterGoogleToo(t *testing.T) { // S-36, FD-15
	t.Parallel()
	for _, asked := range []bool{true, false} {
		eachGoogle(t, func(t *testing.T, h *house, g *google) {
			gina := h.invited("gina@gmail.com")
			g.account("1001", "gina@gmail.com", claims{"amr": []string{"mfa", "otp", "hwk"}, "acr": "urn:doorward:2fa-app"})
			byGoogle(h.browser()).Sees("app got").Sees("amr=fed auth_time").Sees("acr=urn:doorward:1fa")
			now, err := h.db.User(t.Context(), gina.ID)
			h.must(err)
			h.must(h.db.AddAuthenticator(t.Context(), storage.NewAuthenticator{UserVersion: now.Version,
				Authenticator: storage.Authenticator{ID: storage.NewID(), UserID: gina.ID, Name: "phone", Sealed: []byte("x")}}, storage.Event{}))
			b := byGoogle(h.browser())
			if asked {
				b.Check().SeesNot("app got").Sees("Enter the code from your app")
				b.Tab().Go("/login/google/callback" + "?" + strings.SplitN(b.URL(), "?", 2)[1]).SeesNot("app got") // TP-07
			} else {
				b.Sees("app got gina@gmail.com").Sees("acr=urn:doorward:1fa")
				h.ask.ACR = "urn:doorward:2fa-app" // the application asks for more
				byGoogle(h.browser()).Sees("Enter the code from your app")
			}
		}, func(o *login.Options) { o.TOTPAfterGoogle = asked })
	}
}

func TestAnAppThatSendsTooMuchCannotBeReachedByGoogle(t *testing.T) {
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	h.ask.ClientName = strings.Repeat("x", 5000)
	b := byGoogle(h.browser()).Status(http.StatusBadRequest).Check().Sees("This app sends too much for signing in with Google").SeesNot("another Google account")
	b.Follow("email").Sees("Email address or customer number")
}

func TestAnotherAppDoesNotAskWhoHasSignedInWithGoogle(t *testing.T) { // S-45
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	h.invited("gina@gmail.com")
	g.account("1001", "gina@gmail.com", nil)
	b := byGoogle(webtest.New(t, h.router).Go(issuer + "/account"))
	if b.URL() != issuer+"/account" { // S-09
		t.Errorf("a sign-in without an app lands on %s", b.URL())
	}
	b.Check().Sees("gina@gmail.com")
}
