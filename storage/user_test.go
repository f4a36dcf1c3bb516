package storage_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func TestAPersonSignsInByAddressOrCustomerNumber(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		ben := person("ben@example.com")
		ben.CustomerNumber, ben.Role, ben.Groups, ben.Claims = "1000001", "admin", nil, nil
		h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
		for typed, want := range map[string]struct{ id, hash string }{
			" Anna@EXAMPLE.com ": {h.user.ID, "$argon2id$old"},
			"ben@example.com":    {ben.ID, ""},
			"100-0001":           {ben.ID, ""},
		} {
			got, hash, err := db.Login(t.Context(), typed)
			if err != nil || got.ID != want.id || hash != want.hash {
				t.Errorf("%q: %s with %q, %v; want %+v", typed, got.ID, hash, err, want)
			}
		}
		for _, typed := range []string{"", "eve@example.com", "1000002", "anna@example.com\x00", "' or 1=1 --"} {
			if _, _, err := db.Login(t.Context(), typed); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%q: %v, want ErrNotFound", typed, err)
			}
		}
		got, err := db.User(t.Context(), ben.ID)
		h.must(err)
		ben.Version, ben.Created, ben.Updated = 1, got.Created, got.Updated
		if diff := cmp.Diff(ben, got); diff != "" {
			t.Error(diff)
		}
		if got.Name() != "ben@example.com" || h.user.Name() != "Anna Example" {
			t.Errorf("names %q and %q", got.Name(), h.user.Name())
		}
	})
}

func TestPeopleAreListedInPagesByAddress(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for _, email := range []string{"zoe@example.com", "ben@example.com", "cem@example.com"} {
			h.must(db.AddUser(t.Context(), person(email), "", storage.Event{}))
		}
		var pages [][]string
		for after := ""; ; {
			people, err := db.Users(t.Context(), after, 3)
			h.must(err)
			if len(people) == 0 {
				break
			}
			var page []string
			for _, p := range people {
				after = p.Email
				page = append(page, p.Email)
			}
			pages = append(pages, page)
		}
		want := [][]string{{h.user.Email, "ben@example.com", "cem@example.com"}, {"zoe@example.com"}}
		if diff := cmp.Diff(want, pages); diff != "" {
			t.Error(diff)
		}
	})
}

// FD-07: duplicates are impossible by unique index.
func TestNoTwoPeopleShareAnAddressOrANumber(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		oneWinner(t, atOnce(20, func(int) error { return db.AddUser(t.Context(), person("ben@example.com"), "", storage.Event{}) }), storage.ErrConflict)
		numbered := func(email string) storage.User {
			u := person(email)
			u.CustomerNumber = "4711"
			return u
		}
		h.must(db.AddUser(t.Context(), numbered("c@example.com"), "", storage.Event{}))
		if err := db.AddUser(t.Context(), numbered("d@example.com"), "", storage.Event{}); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a number twice: %v, want ErrConflict", err)
		}
		h.must(db.AddUser(t.Context(), person("d@example.com"), "", storage.Event{})) // many have none
		if n := h.events(storage.UserAdded); n != 4 {
			t.Errorf("%d events, want 4", n)
		}
	})
}

func TestAPersonsRecordIsJudged(t *testing.T) {
	for name, c := range map[string]struct {
		field  string
		change func(*storage.User)
	}{
		"as it is":                {"", func(*storage.User) {}},
		"no id":                   {"id", func(u *storage.User) { u.ID = "" }},
		"no address":              {"email", func(u *storage.User) { u.Email = "" }},
		"address in capitals":     {"email", func(u *storage.User) { u.Email = "Anna@example.com" }},
		"address with a space":    {"email", func(u *storage.User) { u.Email = " anna@example.com" }},
		"address that is none":    {"email", func(u *storage.User) { u.Email = `"a\"@x"@example.com` }},
		"number with hyphens":     {"customer_number", func(u *storage.User) { u.CustomerNumber = "100-0001" }},
		"short number":            {"customer_number", func(u *storage.User) { u.CustomerNumber = "123" }},
		"unknown role":            {"role", func(u *storage.User) { u.Role = "root" }},
		"unknown state":           {"state", func(u *storage.User) { u.State = "deleted" }},
		"no state":                {"state", func(u *storage.User) { u.State = "" }},
		"group in two lines":      {"groups", func(u *storage.User) { u.Groups = []string{"a\nb"} }},
		"too many groups":         {"groups", func(u *storage.User) { u.Groups = strings.Split(strings.Repeat("a,", 200)+"a", ",") }},
		"claim email":             {"claims", func(u *storage.User) { u.Claims = map[string]any{"email": "x@example.com"} }},
		"claim sub":               {"claims", func(u *storage.User) { u.Claims = map[string]any{"sub": "x"} }},
		"claims too long":         {"claims", func(u *storage.User) { u.Claims = map[string]any{"name": strings.Repeat("x", 17<<10)} }},
		"claims that are no JSON": {"claims", func(u *storage.User) { u.Claims = map[string]any{"name": func() {}} }},
		"claim with a NUL":        {"claims", func(u *storage.User) { u.Claims = map[string]any{"name": "a\x00b"} }},
	} {
		u := person("anna@example.com")
		c.change(&u)
		err := u.Check()
		var invalid *storage.Invalid
		switch {
		case c.field == "" && err != nil:
			t.Errorf("%s: %v", name, err)
		case c.field != "" && (!errors.As(err, &invalid) || invalid.Field != c.field):
			t.Errorf("%s: %v, want an *Invalid for %s", name, err, c.field)
		}
	}
}

func TestANewPasswordEndsWhatTheOldOneOpened(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		other := h.signIn(storage.SignIn{})
		offline := h.grant(func(g *storage.Grant) { g.Offline = true })
		h.must(db.SetPassword(t.Context(), h.user.ID, "$argon2id$new", h.session.ID, storage.Event{Actor: h.user.ID}))
		user, hash, err := db.Login(t.Context(), "anna@example.com")
		h.must(err)
		if hash != "$argon2id$new" || user.Version != 2 {
			t.Errorf("hash %q, version %d; want the new one and 2", hash, user.Version)
		}
		if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); err != nil {
			t.Errorf("the session to keep: %v", err)
		}
		if _, _, err := db.SessionByCookie(t.Context(), other.Cookie); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("the other session: %v, want ErrNotFound", err)
		}
		h.lives(offline, false)
		if n := h.events(storage.UserPasswordSet); n != 1 {
			t.Errorf("%d events, want 1", n)
		}
		if err := db.SetPassword(t.Context(), "nobody", "x", "", storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an unknown person: %v, want ErrNotFound", err)
		}
	})
}

func TestARehashReplacesOnlyTheHashItWasMadeFor(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.must(db.Rehash(t.Context(), h.user.ID, "$another", "$wrong"))
		h.must(db.Rehash(t.Context(), h.user.ID, "$argon2id$old", "$argon2id$dearer"))
		user, hash, err := db.Login(t.Context(), "anna@example.com")
		h.must(err)
		if hash != "$argon2id$dearer" || user.Version != 1 {
			t.Errorf("hash %q, version %d; want the dearer one and still 1", hash, user.Version)
		}
	})
}

func TestADisabledPersonIsSignedOutAndStaysSo(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		for _, state := range []string{"disabled", "active"} {
			h.must(db.SetUserState(t.Context(), h.user.ID, state, storage.Event{Actor: "operator"}))
			if _, _, err := db.SessionByCookie(t.Context(), h.session.Cookie); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: the old session: %v, want ErrNotFound", state, err)
			}
		}
		user, err := db.User(t.Context(), h.user.ID)
		h.must(err)
		if user.Version != 3 || user.State != "active" {
			t.Errorf("version %d, state %s; want 3, active", user.Version, user.State)
		}
		var invalid *storage.Invalid
		if err := db.SetUserState(t.Context(), h.user.ID, "gone", storage.Event{}); !errors.As(err, &invalid) {
			t.Errorf("an unknown state: %v, want *Invalid", err)
		}
		if err := db.SetUserState(t.Context(), "nobody", "active", storage.Event{}); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an unknown person: %v, want ErrNotFound", err)
		}
	})
}
