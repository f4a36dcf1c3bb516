package op_test

// Who may sign in to which client (behaviours.md 3.13, 3.16; security.md AZ-01, RG-05).

import (
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// regroup gives a person these groups, as the console does.
func (h *house) regroup(t testing.TB, id string, groups ...string) {
	t.Helper()
	u, err := h.db.User(t.Context(), id)
	must(t, err)
	u.Groups = groups
	_, err = h.db.ChangeUser(t.Context(), u, storage.Event{Actor: "test"})
	must(t, err)
}

// change changes a client, as the console does.
func (h *house) change(t testing.TB, id string, f func(*storage.Client)) {
	t.Helper()
	c, err := h.db.Client(t.Context(), id)
	must(t, err)
	f(&c)
	must(t, h.db.ChangeClient(t.Context(), c, storage.Event{Actor: "test"}))
}

func only(groups ...string) func(*storage.Client) {
	return func(c *storage.Client) { c.Groups = groups }
}

func TestWhoHasNoAccessMeetsAPageAndNothingIsSentAnywhere(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.change(t, "web", only("board"))
		ben := h.signedIn(t, "ben")
		r := ben.authorize()
		r.page(http.StatusForbidden)
		wantText(t, r.body, "You don't have access to Grafana", "Use another account", "Reference")
		wantNoText(t, r.body, "board", "<details open>", "/admin/") // a stranger learns no group
		ben.authorize(with("prompt", "none")).refused("access_denied")
		h.change(t, "web", func(c *storage.Client) { c.People = []string{h.people["ben"].ID} })
		ben.authorize().sent()
		h.change(t, "web", func(c *storage.Client) { c.People = []string{h.people["anna"].ID} })
		ben.authorize().page(http.StatusForbidden)
	})
}

func TestAGroupThatIsGivenOrTakenCountsAtTheNextRequest(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.change(t, "web", only("crew"))
		ben := h.signedIn(t, "ben")
		ben.authorize(with("prompt", "none")).refused("access_denied")
		h.regroup(t, h.people["ben"].ID, "crew")
		ben.authorize(with("prompt", "none")).sent()
		h.regroup(t, h.people["ben"].ID)
		ben.authorize(with("prompt", "none")).refused("access_denied")
	})
}

// Else a person who is signed in with the wrong account could not get out of the page.
func TestThePageLeadsToAnotherAccount(t *testing.T) {
	h := newHouse(t)
	h.change(t, "web", only("crew"))
	h.regroup(t, h.people["anna"].ID, "crew")
	b := h.signedIn(t, "ben")
	r := b.authorize()
	_, after, found := strings.Cut(unescaped(r.body), `class="btn" href="`)
	again, _, _ := strings.Cut(after, `"`)
	if !found || !strings.HasPrefix(again, "/authorize?resume=") {
		t.Fatalf("no way on: %s", r.body)
	}
	b.get(again).asked()
	ask := h.face.last(t)
	if !ask.Select || ask.ClientID != "web" {
		t.Fatalf("the face is asked %+v", ask)
	}
	b.session = storage.Session{}
	b.signIn("anna", ask.Attempt)
	if got := h.code(b.get(ask.Back)); got.User != h.people["anna"].ID {
		t.Errorf("the code is of %s", got.User)
	}
	b.session = storage.Session{}
	b.signIn("ben", storage.NewID())
	b.get(ask.Back).asked() // another one who came meanwhile chooses again
}

// While the account may still change nobody is told that they have no access: the app asked for it to be chosen.
func TestWhoIsToChooseAnAccountChoosesFirst(t *testing.T) {
	h := newHouse(t)
	h.change(t, "web", only("crew"))
	ben := h.signedIn(t, "ben")
	ben.authorize(with("prompt", "select_account")).asked()
	ben.authorize(with("prompt", "login")).asked()
	h.browser(t).authorize().asked()
	h.browser(t).authorize(with("prompt", "none")).refused("login_required") // and nobody who is not signed in learns who may
}

func TestAnInsiderIsToldWhatIsNeeded(t *testing.T) {
	h := newHouse(t)
	h.change(t, "web", func(c *storage.Client) { c.Groups, c.People = []string{"crew", "board"}, []string{"somebody"} })
	root := h.boss(t)
	r := root.authorize()
	r.page(http.StatusForbidden)
	wantText(t, r.body, "<details open>", "<dt>Groups needed</dt><dd>board, crew</dd>", "<dt>Your groups</dt><dd>–</dd>", `href="https://op.test/admin/apps/web"`)

	ben := h.signedIn(t, "ben") // of an application in development everybody is told
	h.change(t, "web", func(c *storage.Client) { c.Development = true })
	r = ben.authorize()
	wantText(t, r.body, "<details open>", "board, crew")
	wantNoText(t, r.body, "/admin/")
	wantText(t, ben.authorize(with("redirect_uri", "https://evil.test/cb")).body, "<details open>", "'https://rp.test/cb'")
	wantNoText(t, ben.authorize(of("web2", "https://evil.test/cb")).body, "<details open>", "'https://rp2.test/cb'")
	wantNoText(t, ben.authorize(with("redirect_uri", "https://evil.test/cb")).body, "Add this address")
}

func TestThePageNamesWhomToAsk(t *testing.T) {
	h := newHouse(t)
	ben := h.signedIn(t, "ben")
	h.change(t, "web", func(c *storage.Client) { c.Groups, c.Contacts = []string{"crew"}, []string{"owner@example.com"} })
	wantText(t, ben.authorize().body, "Ask owner@example.com.")
	h.site.Contact = "the help desk"
	wantText(t, ben.authorize(with("ui_locales", "de")).body, "Sie haben keinen Zugriff auf Grafana", "Fragen Sie owner@example.com.")
	h.change(t, "web", func(c *storage.Client) { c.Contacts = nil })
	wantText(t, ben.authorize().body, "Ask the help desk.")
}

func TestACodeOfWhoMayNotSignInAnyMoreIsBurnt(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		code := a.code("basic")
		a.change(t, "basic", only("board"))
		a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
		a.change(t, "basic", only())
		a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
		a.change(t, "basic", only("board", "crew"))
		a.redeem("basic", a.code("basic")).issued()
	})
}

func TestWhoIsTakenOutOfAGroupLosesWhatItOpened(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		a.change(t, "basic", only("crew"))
		got := a.granted("basic")
		a.userinfo(got.AccessToken).says(http.StatusOK)
		got = a.refresh("basic", got.RefreshToken).issued()
		a.regroup(t, a.person.ID, "admins")
		a.userinfo(got.AccessToken).says(http.StatusUnauthorized)
		if a.introspect("nosy", got.AccessToken).json()["active"] != false {
			t.Error("its access token is active")
		}
		a.refresh("basic", got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.regroup(t, a.person.ID, "crew") // what has ended stays so
		a.refresh("basic", got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.granted("basic")
	})
}

// Others' refresh tokens are judged as ever: reuse and a foreign client end the grant (RFC 9700 §4.14.2).
func TestAForeignClientGetsNoOtherAnswerForAGuardedOne(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		a.change(t, "other", only("board"))
		got := a.granted("basic")
		a.refresh("other", got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
		a.userinfo(got.AccessToken).says(http.StatusUnauthorized)
	})
}

func withApp(c *storage.Client) { c.RequireTOTP = true }

func TestAClientThatWantsAnAppLetsNobodyInWithout(t *testing.T) {
	h := newHouse(t)
	h.change(t, "web", withApp)
	b := h.atLevel(t, oneFactor, "") // a person who has none is led to one by the face, as often as they come
	b.authorize(with("prompt", "none")).refused("interaction_required")
	b.authorize().asked()
	for range 5 {
		ask := h.face.last(t)
		if !ask.Must || ask.ACR != appFactor {
			t.Fatalf("the face is asked %+v", ask)
		}
		b.acr = twoFactors
		b.signIn("anna", ask.Attempt)
		if r := b.get(ask.Back); r.header.Get("Location") != "/login" {
			r.refused("interaction_required")
			break
		}
	}
	if h.face.last(t).Attempt == "" {
		t.Error("nobody was asked")
	}
	h.browser(t).authorize().asked()
	if ask := h.face.last(t); !ask.Must || ask.ACR != appFactor {
		t.Errorf("of a stranger the face is asked %+v", ask)
	}
	h.hasApp(t, "anna")
	b.acr, b.session = appFactor, storage.Session{}
	b.signIn("anna", storage.NewID())
	if got := h.code(b.authorize(with("acr_values", oneFactor))); got.ACR != appFactor {
		t.Errorf("the code says %s", got.ACR)
	}
	wish := `{"id_token":{"acr":{"essential":true,"value":"` + oneFactor + `"}}}`
	h.code(b.authorize(with("claims", wish)))
	h.later(2 * time.Second)
	b.authorize(with("prompt", "login")).asked()
	if ask := h.face.last(t); !ask.Must || !ask.Fresh || ask.ACR != appFactor {
		t.Errorf("the face is asked %+v", ask)
	}
}

// hasApp gives a person an authenticator.
func (h *house) hasApp(t testing.TB, name string) {
	t.Helper()
	u, err := h.db.User(t.Context(), h.people[name].ID)
	must(t, err)
	must(t, h.db.AddAuthenticator(t.Context(), storage.NewAuthenticator{UserVersion: u.Version, Authenticator: storage.Authenticator{
		ID: storage.NewID(), UserID: u.ID, Name: "Phone", Sealed: []byte{1}}}, storage.Event{}))
	h.people[name], err = h.db.User(t.Context(), u.ID)
	must(t, err)
}

func TestTheHouseWantsAnAppOfSomePeople(t *testing.T) {
	h := newHouse(t)
	h.regroup(t, h.people["ben"].ID, "must have an app")
	ben := h.signedIn(t, "ben")
	ben.authorize(with("prompt", "none")).refused("interaction_required")
	ben.authorize().asked()
	if ask := h.face.last(t); !ask.Must || ask.ACR != appFactor {
		t.Errorf("the face is asked %+v", ask)
	}
	h.signedIn(t, "anna").authorize(with("prompt", "none")).sent()
}

func TestAnAppThatIsWantedFromNowOnEndsWhatWasGrantedWithout(t *testing.T) {
	a := newApps(t)
	got := a.granted("basic")
	code := a.code("basic")
	a.change(t, "basic", withApp)
	a.refresh("basic", got.RefreshToken).denied(http.StatusBadRequest, "invalid_grant")
	a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
}

// boss is a browser in which an administrator is signed in.
func (h *house) boss(t *testing.T) *browser {
	t.Helper()
	root := storage.User{ID: storage.NewID(), Email: "root@example.com", State: "active", Version: 1, Role: "admin"}
	must(t, h.db.AddUser(t.Context(), root, "", storage.Event{Actor: "test"}))
	h.people["root"] = root
	return h.signedIn(t, "root")
}
