package login_test

import (
	"fmt"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// guarded is an application behind the protocol, which lets nobody through who must have an authenticator app and used none.
func (h *house) guarded(w http.ResponseWriter, r *http.Request) {
	if r.URL.Query().Has("error") {
		fmt.Fprintf(w, "app got error=%s", r.URL.Query().Get("error"))
		return
	}
	session, person, err := h.face.Session(r)
	must := h.ask.Must
	if err == nil {
		wanted, err := h.face.MustHaveApp(r.Context(), person)
		h.must(err)
		must = must || wanted
	}
	ask := h.ask
	ask.Attempt, ask.Back, ask.Must = storage.NewID(), "/guarded?back="+strings.Repeat("x", 3000), must
	if must {
		ask.ACR = storage.AppFactor
	}
	if err == nil && (!must || person.ByApp(session.ACR)) && r.URL.Query().Has("back") {
		fmt.Fprintf(w, "app got %s acr=%s amr=%s attempt=%s", person.Email, session.ACR, strings.Join(session.AMR, "+"), session.Attempt)
		return
	}
	h.must(h.face.Begin(w, r, ask))
}

// office is a house in which members of finance and administrators must have an app, and Anna is in finance.
func (h *house) office() {
	h.t.Helper()
	_, err := h.db.PutGroup(h.t.Context(), storage.Group{Name: "finance", Title: "Finance", TOTP: true}, storage.Event{Actor: "test"})
	h.must(err)
	_, err = h.db.AddMembers(h.t.Context(), "finance", []string{h.anna.ID}, storage.Event{Actor: "test"})
	h.must(err)
	h.later(time.Second)
}

func forAdmins(o *login.Options) { o.TOTPRequired = []string{"admin"} }

// scan adds an app on the page that the browser is on, up to the recovery codes.
func (h *house) scan(b *webtest.Browser) app {
	h.t.Helper()
	h.step()
	a := h.scanned(b.Sees("Set up your authenticator app"))
	b.Fill("code", a.code()).Press("submit").Check().Sees("Save your recovery codes")
	h.later(30 * time.Second)
	return a
}

const why = "Acme asks you to sign in with an authenticator app, and you have none yet."

func TestWhoMustHaveAnAppIsLedToItAndGoesOn(t *testing.T) { // S-31, S-34, TP-07
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.office()
		b := no(h.withCode(toCode(h.browser().Go("/guarded"), "anna@example.com"))).Check().
			Sees("Set up an authenticator app").Sees("to continue to Grafana").Sees(why)
		attempt := strings.Clone(b.URL())
		b.Go("/guarded?back=1").Sees(why) // there is no way past it
		b.Tab().Go("/account").Check().Sees("Until you add one, no application lets you in.")
		a := h.scan(b.Follow("Set up the app"))
		b.Press("submit").Sees("app got anna@example.com acr=urn:doorward:2fa-app amr=pwd+otp+mfa")
		b.Tab().Go(attempt).Sees("app got anna@example.com") // the back button
		h.ask.Must = true
		h.toGuarded().Sees("Enter the code from your app").Fill("code", a.code()).Press("submit").Sees("acr=urn:doorward:2fa-app")
		h.sees("session.started ok", 2)
		h.sees("session.raised proved", 1)
	})
}

// toGuarded signs in with the password in a fresh browser.
func (h *house) toGuarded() *webtest.Browser {
	h.t.Helper()
	return toCode(h.browser().Go("/guarded"), "anna@example.com")
}

func TestTheWayToAnAppSpeaksGerman(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.office()
	h.ask.Locales = []string{"de"}
	b := h.withCode(h.toGuarded()).Check().Sees("Authenticator-App einrichten").
		Sees("Acme verlangt von Ihnen die Anmeldung mit einer Authenticator-App, und Sie haben noch keine.").Sees("Danach geht es dort weiter")
	b.Follow("App einrichten").Follow("Deutsch")
	h.step()
	a := h.scanned(b)
	b.Fill("code", a.code()).Press("submit").Check().Sees("Wiederherstellungscodes").Press("submit").Sees("app got anna")
}

func TestARoleOrAnApplicationWantsAnAppToo(t *testing.T) {
	t.Parallel()
	h := open(t, forAdmins)
	h.add(storage.User{Email: "root@example.com", Role: "admin"})
	h.add(storage.User{Email: "view@example.com", Role: "viewer"})
	h.withCode(toCode(h.browser().Go("/guarded"), "root@example.com")).Sees(why)
	no(h.withCode(toCode(h.browser().Go("/guarded"), "view@example.com"))).Sees("app got view@example.com")
	h.ask.Must = true
	h.withCode(toCode(h.browser().Go("/guarded"), "view@example.com")).Check().Sees("Grafana opens only with an authenticator app, and you have none yet.")
}

func TestWhoDoesNotWantAnAppTellsTheApplicationSo(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.office()
	b := h.withCode(h.toGuarded())
	b.Tab().Post("/login/app_needed", url.Values{"attempt": {b.Value("attempt")}}).Status(422).Check().Sees("Choose one of the two.")
	b.Press("deny").Sees("app got error=access_denied")
	b.Go("/guarded?back=1").Sees(why)
	h.sees("sign_in.refused no_app", 1)
}

func TestASessionFromBeforeThePolicyLeadsThereByFreshProofs(t *testing.T) { // TB-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.withCode(toCode(h.browser().Go("/guarded"), "anna@example.com")).Press("trust-yes").Sees("app got anna")
		b.Go("/account").Press("confirm")
		b.Go("/guarded").Press("Continue as Anna Berg").Fill("password", password).Press("submit").Sees("acr=urn:doorward:1fa")
		h.office()
		b.Go("/guarded?back=1").Sees(why)
		b.Follow("Set up the app").Sees("Enter your password").Fill("password", password).Press("submit").Sees("Check your email") // not the trusted browser's word
		h.scan(h.withCode(b))
		b.Press("submit").Sees("app got anna@example.com acr=urn:doorward:2fa-app")
	})
}

func TestATrustedBrowserSparesNobodyTheCodeWhoMustSetUpAnApp(t *testing.T) { // TB-06: an app set up with the password alone would be a thief's
	t.Parallel()
	h := open(t)
	b := h.withCode(toCode(h.browser().Go("/guarded"), "anna@example.com")).Press("trust-yes").Sees("app got anna")
	b.Go("/account").Press("confirm")
	h.office()
	b.Go("/guarded").Press("Continue as Anna Berg").Fill("password", password).Press("submit").Sees("Check your email")
	h.withCode(b).Sees(why) // and trust is not asked about, which nobody would have a use for
	h.scan(b.Follow("Set up the app"))
	b.Press("submit").Sees("app got anna@example.com acr=urn:doorward:2fa-app")
}

func TestAnAppThatWasSetUpInAnotherTabIsEnough(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.office()
	b := h.withCode(h.toGuarded()).Sees(why)
	page := b.URL()
	other := b.Tab()
	h.setUp(other, "My phone")
	b.Go(page).Sees("app got anna@example.com acr=urn:doorward:2fa-app") // seen again
	b.Go("/account/authenticator?next=" + url.QueryEscape("/guarded?back=1")).Sees("app got anna@example.com")
	b.Tab().Post("/login/app_needed", url.Values{"attempt": {"forged"}, "deny": {""}}).Status(400)
}

func TestASecondDeviceOfTheFormSentTwiceStillLeadsOn(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.office()
	b := h.withCode(h.toGuarded()).Follow("Set up the app")
	h.step()
	a := h.scanned(b)
	form := url.Values{"enrolment": {b.Value("enrolment")}, "name": {"x"}, "code": {a.code()}}
	twice := b.Tab()
	action := b.URL()
	b.Fill("code", a.code()).Press("submit").Sees("Save your recovery codes")
	twice.Post(action, form).Check().Sees("You have 10 recovery codes left.").Tab().Follow("Go on without making new ones").Sees("app got anna")
	twice.Press("submit").Sees("Save your recovery codes").Press("submit").Sees("app got anna")
}

func TestAfterGoogleTheAppIsSetUpAndAskedFor(t *testing.T) { // S-36
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, g *google) {
		h.anna = h.invited("gina@gmail.com")
		g.account("1001", "gina@gmail.com", nil)
		h.office()
		b := byGoogle(h.browser().Go("/guarded")).Sees(why)
		a := h.scan(b.Follow("Set up the app"))
		b.Press("submit").Sees("app got gina@gmail.com acr=urn:doorward:2fa-app amr=fed+otp+mfa")
		byGoogle(h.browser().Go("/guarded")).Sees("Enter the code from your app").Fill("code", a.code()).Press("submit").Sees("amr=fed+otp+mfa")
	}, func(o *login.Options) { o.TOTPAfterGoogle = false })
}

func TestARecoveryCodeIsGoodWhereAnAppIsWanted(t *testing.T) { // TP-13
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, _ app, codes []string, _ *webtest.Browser) {
		h.office()
		h.toGuarded().Follow("Use a recovery code").Fill("code", codes[0]).Press("submit").Sees("app got anna@example.com acr=urn:doorward:2fa ")
	})
}

func TestAResetOfTheAppLeadsThereAgain(t *testing.T) { // TP-10: an administrator's reset forces re-enrolment where policy wants an app
	t.Parallel()
	h, _, _, b := withApp(t)
	h.office()
	_, err := h.face.ResetFactors(t.Context(), h.person(), storage.Event{Actor: "operator"})
	h.must(err)
	b.Go("/guarded?back=1").SeesNot("app got anna")
	h.withCode(h.toGuarded()).Sees(why)
}

func TestWhoMustHaveAnAppAndTakesTheLastOneAwayIsLedThereAgain(t *testing.T) {
	t.Parallel()
	h, _, _, b := withApp(t)
	h.office()
	b.Go("/account/authenticator/remove?id=" + h.device("My phone")).Press("submit").Sees("Your account")
	b.Go("/guarded?back=1").Sees(why).SeesNot("app got")
}

func TestNextLeadsToOurOwnPagesAlone(t *testing.T) { // OR-01
	t.Parallel()
	h, _, _, b := withApp(t)
	for _, next := range []string{"https://evil.test/", "//evil.test", "/\\evil.test", "/%09/evil.test", "javascript:alert(1)", "/account/../..//evil.test", "/" + strings.Repeat("x", 7000)} {
		b.Tab().Go("/account/authenticator?next=" + url.QueryEscape(next)).Check().Sees("Set up your authenticator app")
		on := b.Tab().Go("/account").Post("/account/onward?next="+url.QueryEscape(next), nil)
		if on.URL() != issuer+"/account" {
			t.Errorf("%.40q leads to %s", next, on.URL())
		}
	}
	b.Tab().Go("/account").Post("/account/onward?next=%2Fguarded%3Fback%3D1", nil).Sees("app got anna@example.com")
	webtest.New(t, h.router).Set("Origin", "https://evil.test").Post(issuer+"/account/onward?next=%2Faccount", nil).Status(403)
	_ = h
}
