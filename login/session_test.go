package login_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestASecondSignInWithFreshProofsRaisesTheSession(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	sid, when := sidOf(b), field(b, "auth_time")
	h.ask.Fresh = true
	h.later(time.Second)
	b.Go("/app").Check().Sees("Enter your password")
	if got := b.Value("username"); got != "anna@example.com" {
		t.Errorf("the page is for %q", got)
	}
	no(b.Fill("password", password).Press("submit").Fill("code", h.code()).Press("submit")).Sees("app got anna")
	if sidOf(b) != sid || field(b, "auth_time") <= when {
		t.Errorf("sid %s, auth_time %s; before %s, %s", sidOf(b), field(b, "auth_time"), sid, when)
	}
	h.sees("session.raised ok", 1)
}

func TestSomebodyElseWhoSignsInTakesTheBrowserOver(t *testing.T) {
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	b := h.signedIn()
	old, sid := b.Clone(), sidOf(b)
	h.ask.Fresh = true
	b.Go("/app").Follow("Change")
	h.in(b, "ben@example.com").Sees("app got ben@example.com")
	if sidOf(b) == sid {
		t.Error("two people share a sid")
	}
	old.Go("/account").SeesNot("Anna Berg")
	h.sees("session.raised ok", 0)
}

func TestOnlyTheOnePersonWhoIsAskedForMayAnswer(t *testing.T) { // id_token_hint
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	h.ask.UserID = h.anna.ID
	toCode(h.browser(), "ben@example.com").Status(403).Check().Sees("This sign-in is for another account")
	h.in(h.signedInAs("ben@example.com").Go("/app").Check().Sees("Email address or customer number"), "anna@example.com").Sees("app got anna@example.com")

	h.ask.Fresh = true
	b := h.signedInAs("anna@example.com").Go("/app").Check().Sees("Enter your password").SeesNot("Change")
	b.Tab().Go("/login/username?attempt=" + b.Value("attempt")).Sees("Enter your password")
	h.in(b, "").Sees("app got anna@example.com")

	h.ask.UserID = storage.NewID() // nobody: a name can be typed, and nobody is right
	toCode(h.browser(), "ben@example.com").Status(403).Check().Sees("This sign-in is for another account").Follow("Start again").Sees("Sign in")
	h.sees("sign_in.refused another_person", 2)
}

func TestAHintAtAPersonTellsTheirAddressToNobodyElse(t *testing.T) { // an old ID token in the wrong hands
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	h.ask.UserID = h.anna.ID
	for _, b := range []*webtest.Browser{h.browser(), h.signedInAs("ben@example.com").Go("/app")} {
		b.Sees("Email address or customer number")
		for _, page := range []*webtest.Browser{b, toPassword(b.Tab(), "1000001"), toCode(b.Tab(), "1000002")} {
			if strings.Contains(page.Body(), "anna") || strings.Contains(page.Body(), "ben@") {
				t.Errorf("the page tells an address: %s", page.Body())
			}
		}
	}
	toPassword(h.browser(), "ann@example.com").Follow("Change").Sees("Email address or customer number") // a slip of the pen
	h.ask.LoginHint = "somebody@example.com"
	if got := h.browser().Sees("Enter your password").Value("username"); got != "somebody@example.com" {
		t.Errorf("the application's own hint became %q", got)
	}
}

// signedInAs is a browser in which this person has signed in.
func (h *house) signedInAs(name string) *webtest.Browser {
	h.t.Helper()
	asked := h.ask
	h.ask = login.Ask{}
	defer func() { h.ask = asked }()
	return h.in(h.browser(), name).Sees("app got " + name)
}

func TestAnAccountIsChosenWithoutProofs(t *testing.T) { // prompt=select_account
	t.Parallel()
	h := open(t)
	h.add(storage.User{Email: "ben@example.com"})
	b := h.signedIn()
	sid, when, attempt := sidOf(b), field(b, "auth_time"), field(b, "attempt")
	h.ask.Select = true
	b.Go("/app").Check().Sees("Choose an account").Sees("Continue as Anna Berg").Sees("Not you?")
	tab := b.Tab()
	tab.Post("/login/select", map[string][]string{"attempt": {b.Value("attempt")}}).Status(422).Check().Sees("Choose how to go on.")
	another := b.Clone().Press("Use another account").Check().Sees("Email address or customer number")
	b.Press("Continue as Anna Berg").Sees("app got anna")
	if sidOf(b) != sid || field(b, "auth_time") != when || field(b, "attempt") == attempt {
		t.Errorf("chosen: %s", b.Body())
	}
	h.in(another, "ben@example.com").SeesNot("app got anna")

	b = h.browser() // nobody is signed in: the first page is the choice
	b.Sees("Email address or customer number")
	h.ask.Fresh = true
	b = h.signedInAs("ben@example.com").Go("/app").Press("submit").Sees("Enter your password")
	if b.Value("username") != "ben@example.com" {
		t.Errorf("the page is for %q", b.Value("username"))
	}
}

func TestLeavingAfterAFormIsAPageThatGoesOnByItself(t *testing.T) { // house.md §9: form-action holds for the chain of redirects
	t.Parallel()
	h := open(t, without)
	b := toPassword(h.browser(), "anna@example.com").StayOn("https://elsewhere.test").Fill("password", password).Press("submit")
	b.Status(200).Check().Sees("One moment")
	if refresh := b.Header().Get("Refresh"); refresh != "0; url="+issuer+"/app?back=1" {
		t.Errorf("Refresh is %q", refresh)
	}
	if b.Header().Get("Location") != "" {
		t.Error("the answer is a redirect")
	}
	b.StayOn("").Follow("Continue").Sees("app got anna")
}

func TestASessionEndsWhenIdleAndInAnyCase(t *testing.T) { // CS-14
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com")
		for range 70 { // seen every eleven hours, for 32 days
			h.later(11 * time.Hour)
			if b.Go("/account"); !strings.Contains(b.Body(), "Anna Berg") {
				break
			}
		}
		if age := time.Duration(h.ahead.Load()); age < 29*24*time.Hour || age > 31*24*time.Hour {
			t.Errorf("the session ends after %s", age)
		}
		idle := toCode(h.browser(), "anna@example.com").Sees("app got")
		h.later(12*time.Hour - time.Minute)
		idle.Go("/account").Sees("Anna Berg")
		h.later(12*time.Hour + time.Minute)
		idle.Go("/account").SeesNot("Anna Berg")
	}, without)
}

func TestASessionIsMarkedAsSeenEveryFiveMinutesOnly(t *testing.T) {
	t.Parallel()
	h := open(t, without)
	b := toCode(h.browser(), "anna@example.com")
	seen := func() time.Time {
		r := httptest.NewRequest(http.MethodGet, issuer+"/", nil)
		for _, c := range b.Cookies(issuer) {
			r.AddCookie(c)
		}
		session, person, err := h.face.Session(r)
		if err != nil || person.ID != h.anna.ID {
			t.Fatalf("session %+v of %+v: %v", session, person, err)
		}
		return session.Seen
	}
	first := seen()
	h.later(4 * time.Minute)
	b.Go("/account")
	if !seen().Equal(first) {
		t.Error("marked after four minutes")
	}
	h.later(2 * time.Minute)
	b.Go("/account")
	if !seen().After(first) {
		t.Error("not marked after six minutes")
	}
}

func TestAnOldCookieOfARenewedSessionDoesNotKeepItAlive(t *testing.T) { // CS-15
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := toCode(h.browser(), "anna@example.com").Sees("app got anna")
		old := b.Clone()
		h.ask.Fresh = true
		b.Go("/app").Fill("password", password).Press("submit").Sees("app got anna") // the session has a new cookie
		before, err := h.db.SessionsOf(t.Context(), h.anna.ID)
		h.must(err)
		for range 3 {
			h.later(3 * time.Hour)
			old.Go("/account").SeesNot("Anna Berg")
		}
		after, err := h.db.SessionsOf(t.Context(), h.anna.ID)
		h.must(err)
		if len(before) != 1 || len(after) != 1 || !after[0].Seen.Equal(before[0].Seen) || !after[0].IdleUntil.Equal(before[0].IdleUntil) {
			t.Errorf("the sessions were %+v and are %+v", before, after)
		}
		h.later(3*time.Hour + time.Minute)
		b.Go("/account").SeesNot("Anna Berg") // twelve hours after its own cookie was sent
	}, without)
}

// A page that lies open reads itself again every few seconds; nobody is there who reads it. What a person opens keeps the session awake.
func TestAPageThatRenewsItselfKeepsNoSessionAwake(t *testing.T) { // CS-14
	each(t, func(t *testing.T, h *house) {
		open := toCode(h.browser(), "anna@example.com").Sees("app got")
		open.Set("Doorward-Renew", "1")
		for range 2 {
			h.later(6*time.Hour - time.Minute)
			open.Go("/account").Sees("Anna Berg") // it is checked as ever
		}
		h.later(3 * time.Minute)
		open.Go("/account").SeesNot("Anna Berg")

		read := toCode(h.browser(), "anna@example.com").Sees("app got")
		for range 3 {
			h.later(6*time.Hour - time.Minute)
			read.Go("/account").Sees("Anna Berg")
		}
	}, without)
}
