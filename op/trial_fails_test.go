package op_test

import (
	"errors"
	"net/http"
	"slices"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

func TestATestIsOverAfterFiveMinutes(t *testing.T) {
	h := newHouse(t)
	x := h.tester(t)
	begun := x.begin("web")
	code := x.get(begun).console("web").Get("code")
	h.later(61 * time.Second)
	if _, refused := x.ends(code, x.of("web")); refused != "invalid_grant" {
		t.Errorf("a minute later: %q", refused)
	}
	h.later(4 * time.Minute)
	x.get(begun).page(http.StatusForbidden)
}

func TestWhoIsNoAdministratorAnyMoreTestsNothing(t *testing.T) {
	for _, role := range []string{"viewer", "helpdesk", ""} {
		h := newHouse(t)
		x := h.tester(t)
		second := storage.User{ID: storage.NewID(), Email: "second@example.com", State: "active", Version: 1, Role: "admin"}
		must(t, h.db.AddUser(t.Context(), second, "", storage.Event{}))
		begun := x.begin("web")
		code := x.get(begun).console("web").Get("code")
		u, err := h.db.User(t.Context(), x.id)
		must(t, err)
		u.Role = role
		_, err = h.db.ChangeUser(t.Context(), u, storage.Event{})
		must(t, err)
		x.get(begun).page(http.StatusForbidden)
		if _, refused := x.ends(code, x.of("web")); refused != "invalid_grant" { // a change of role ends the session
			t.Errorf("%s: %q", role, refused)
		}
	}
	h := newHouse(t)
	x := h.tester(t)
	h.serve(t, op.Options{Insider: func(*http.Request) bool { return false }}) // the console would not let them in
	x.get(x.begin("web")).page(http.StatusForbidden)
}

func TestATestEndsWithItsSession(t *testing.T) {
	h := newHouse(t)
	x := h.tester(t)
	code := x.get(x.begin("web")).console("web").Get("code")
	must(t, h.db.EndSession(t.Context(), x.session.ID, storage.Event{}))
	if _, refused := x.ends(code, x.of("web")); refused != "invalid_grant" {
		t.Error(refused)
	}
}

// What the application's own sign-ins meet, its test meets too, and says so in the console.
func TestATestFailsAsTheSignInWould(t *testing.T) {
	h := newHouse(t)
	x := h.tester(t)
	h.change(t, "web", only("board"))
	if got := x.get(x.begin("web")).console("web"); got.Get("error") != "access_denied" || got.Get("iss") != issuer {
		t.Errorf("no access: %v", got)
	}
	begun := x.begin("web2")
	h.disable(t, "web2")
	x.get(begun).page(http.StatusBadRequest)
	for _, id := range []string{"web2", "nobody"} {
		if _, err := h.door.BeginTest(t.Context(), x.of(id)); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("%s: %v", id, err)
		}
	}
	var refused *op.Error
	if _, err := h.door.BeginTest(t.Context(), x.of("machine")); !errors.As(err, &refused) || refused.Code != "unauthorized_client" {
		t.Errorf("a service: %v", err)
	}
	h.change(t, "lax", func(c *storage.Client) { c.Scopes = []string{"profile"} })
	told, code := x.ends(x.get(x.begin("lax")).console("lax").Get("code"), x.of("lax"))
	if code != "" || !slices.Equal(told.Scopes, []string{"profile"}) || told.IDToken.Bytes != 0 || told.Userinfo != nil || told.Access.Format != "opaque" {
		t.Errorf("without openid: %q %+v", code, told)
	}
	h.change(t, "lax", only("board"))
	if _, code := x.ends(x.get(x.begin("third")).console("third").Get("code"), x.of("third")); code != "" { // its consent is not asked for, since it gets nothing
		t.Error(code)
	}
}
