package login_test

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// room is what another door does with Enter.
func (h *house) room(w http.ResponseWriter, r *http.Request) {
	session, person, err := h.face.Enter(w, r, h.demand)
	switch {
	case err == nil:
		fmt.Fprintf(w, "%s is in by %s with %s at %s", person.Email, r.Method, session.ACR, r.URL.RequestURI())
	case errors.Is(err, login.ErrNoApp):
		w.WriteHeader(http.StatusForbidden)
		fmt.Fprintf(w, "%s has no app", person.Email)
	case !errors.Is(err, login.ErrAnswered):
		http.Error(w, err.Error(), http.StatusInternalServerError)
	}
}

// changes is what a console wants of whoever changes something.
var changes = login.Demand{ACR: storage.AppFactor, MaxAge: 10 * time.Minute}

func TestARoomSendsWhoeverIsNotSignedInThroughTheProofsAndBack(t *testing.T) {
	t.Parallel()
	h, a, _, _ := withApp(t)
	h.demand = changes
	b := h.browser().Go("/room?id=7").Sees("Email address or customer number")
	toCode(b, "anna@example.com").Sees("Enter the code from your app").Fill("code", a.code()).Press("submit").
		Sees("anna@example.com is in by GET with urn:doorward:2fa-app at /room?id=7")
	b.Go("/room?id=8").Sees("at /room?id=8")
}

func TestARoomThatWantsAnAppTellsWhoHasNone(t *testing.T) { // AD-01: an administrator without a second factor
	t.Parallel()
	h := open(t)
	h.demand = changes
	b := h.browser().Go("/room")
	no(h.withCode(toCode(b, "anna@example.com"))).Status(403).Sees("anna@example.com has no app")
	h.demand = login.Demand{}
	b.Go("/room").Sees("is in by GET")
}

func TestARoomAsksAgainWhenTheProofsAreOld(t *testing.T) { // CS-05, AD-01
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		a, _, b := h.withApp()
		h.demand = changes
		before := cookie(b, "__Host-session")
		b.Go("/room").Sees("is in by GET with urn:doorward:2fa-app")
		h.later(10 * time.Minute)
		b.Go("/room?id=7").Check().Sees("Enter your password").Fill("password", password).Press("submit").
			Sees("Enter the code from your app").Fill("code", a.code()).Press("submit").Sees("is in by GET").Sees("/room?id=7")
		if cookie(b, "__Host-session") == before {
			t.Error("the cookie is the same after a step-up")
		}
		h.demand.MaxAge = 0
		h.later(time.Hour)
		b.Go("/room").Sees("is in by GET") // looking around wants no new proofs
	})
}

func TestWhatWasPostedIsLostAndTheWayBackIsAPage(t *testing.T) { // CS-08
	t.Parallel()
	h, a, _, b := withApp(t)
	h.demand = changes
	b.Go("/account")
	h.later(11 * time.Minute)
	b.Post("/room?id=7", nil).Sees("Enter your password").Fill("password", password).Press("submit").
		Fill("code", a.code()).Press("submit").Sees("is in by GET")
	h.later(11 * time.Minute)
	h.demand.Back = "/room?id=9"
	b.Post("/room?id=7", nil).Sees("Enter your password").Fill("password", password).Press("submit").
		Fill("code", a.code()).Press("submit").Sees("at /room?id=9")
}

func TestATrustedBrowserIsNotEnoughForARoom(t *testing.T) { // TB-06
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.withCode(toCode(h.browser(), "anna@example.com")).Press("trust-yes").Sees("app got anna")
		b.Go("/account").Press("confirm")
		b.Go("/app").Press("Continue as Anna Berg").Fill("password", password).Press("submit").Sees("acr=urn:doorward:1fa")
		h.demand = login.Demand{MaxAge: 10 * time.Minute}
		b.Tab().Go("/room").Sees("Enter your password")
		h.demand = login.Demand{ACR: storage.TwoFactors}
		b.Tab().Go("/room").Sees("Check your email")
		h.demand = changes
		b.Tab().Go("/room").Status(403).Sees("has no app")
	})
}

func TestAMailedLinkIsNotEnoughForARoom(t *testing.T) { // TB-06, S-42
	t.Parallel()
	h := open(t)
	b := h.blank().Go(h.resetLink("anna@example.com", "anna@example.com"))
	choose(b, fresh).Press("Continue").Sees("Your account")
	h.demand = login.Demand{MaxAge: 10 * time.Minute}
	b.Go("/room").Sees("Enter your password").Fill("password", fresh).Press("submit").Sees("Check your email")
	h.withCode(b).Sees("is in by GET with urn:doorward:2fa ")
}

func TestARecoveryCodeStandsInForTheAppOnce(t *testing.T) { // TP-13
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, _ app, codes []string, _ *webtest.Browser) {
		h.demand = changes
		b := h.browser().Go("/room")
		toCode(b, "anna@example.com").Follow("Use a recovery code").Fill("code", codes[0]).Press("submit").
			Sees("is in by GET with urn:doorward:2fa at /room")
		b.Go("/room").Sees("is in by GET") // no circle
		h.later(11 * time.Minute)
		b.Go("/room").Fill("password", password).Press("submit").Follow("Use a recovery code").Fill("code", codes[0]).Press("submit").Status(422)
	})
}

func TestWhoIsDisabledDemotedOrWhoseAppWasResetIsOutOfEveryRoomAtTheNextRequest(t *testing.T) { // AD-13
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, b *webtest.Browser) {
		h.demand = changes
		b.Go("/room").Sees("is in by GET")
		if _, err := h.face.ResetFactors(t.Context(), h.person(), storage.Event{Actor: "operator"}); err != nil {
			t.Fatal(err)
		}
		b.Tab().Go("/room").Sees("Email address or customer number").SeesNot("is in")
		h.demand = login.Demand{}
		again := h.signedIn()
		again.Go("/room").Sees("is in by GET")
		demoted := h.person()
		demoted.Role = "viewer"
		_, err := h.db.ChangeUser(t.Context(), demoted, storage.Event{Actor: "operator"})
		h.must(err)
		again.Tab().Go("/room").Sees("Email address or customer number").SeesNot("is in")
		again = h.signedIn()
		again.Go("/room").Sees("is in by GET")
		h.must(h.db.SetUserState(t.Context(), h.anna.ID, "disabled", storage.Event{Actor: "operator"}))
		again.Go("/room").Sees("Email address or customer number").SeesNot("anna@example.com is in")
	})
}

func TestTheAppIsWantedAfterGoogleToo(t *testing.T) { // S-36, TP-07
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, g *google) {
		h.anna = h.invited("gina@gmail.com")
		g.account("1001", "gina@gmail.com", nil)
		h.demand = changes
		b := h.withCode(byGoogle(h.browser().Go("/room"))).Status(403).Sees("gina@gmail.com has no app")
		a := h.setUp(b, "Gina's phone")
		b.Go("/room").Sees("is in by GET with urn:doorward:2fa-app")
		h.later(11 * time.Minute)
		byGoogle(b.Go("/room")).Sees("Enter the code from your app").Fill("code", a.code()).Press("submit").Sees("is in by GET")
	}, func(o *login.Options) { o.TOTPAfterGoogle = false })
}

func TestTheWayBackIsOurOwn(t *testing.T) { // OR-01
	t.Parallel()
	h := open(t)
	for _, back := range []string{"https://evil.test/", "//evil.test/", "/\\evil.test", "javascript:alert(1)", "room"} {
		h.demand = login.Demand{Back: back}
		b := h.browser().Go("/room").Status(500)
		if strings.Contains(b.URL(), "evil") {
			t.Errorf("%q leads to %s", back, b.URL())
		}
	}
}

func TestAConsoleOfItsOwnOriginIsWhereTheBrowserComesBackTo(t *testing.T) { // OR-01
	t.Parallel()
	h := open(t, func(o *login.Options) { o.Console = "https://login.test:8443" })
	a, _, _ := h.withApp()
	h.demand = login.Demand{ACR: storage.AppFactor, MaxAge: 10 * time.Minute, Back: "/admin/apps?id=7"}
	b := h.browser().StayOn(issuer).Go("https://login.test:8443/room")
	if to := b.URL(); !strings.HasPrefix(to, issuer+"/login/username?") {
		t.Errorf("it sets off to %s", to)
	}
	toCode(b, "anna@example.com").Fill("code", a.code()).Press("submit")
	if !strings.Contains(b.Body(), `href="https://login.test:8443/admin/apps?id=7"`) {
		t.Errorf("it comes back to %s", b.Body())
	}
	b.StayOn("")
	h.later(11 * time.Minute)
	b.Go(issuer + "/room").Check().Sees("Confirm that it's you, to go on in the console.").Sees("Back to the console")
	if !strings.Contains(b.Body(), `href="https://login.test:8443/admin"`) {
		t.Error("the way back leads elsewhere")
	}
	h.demand.Back = "/adminx"
	if b.Tab().Go(issuer + "/room").SeesNot("Back to the console"); strings.Contains(b.URL(), "8443") {
		t.Error("what only begins like the console is taken for it")
	}
}
