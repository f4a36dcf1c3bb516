package login_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// fromElsewhere is bcrypt's hash of the password of all tests, by passlib.
const fromElsewhere = "$2b$04$bo6uXYPobFF4oT4QRDpapuNaM8eTZmGHewnszE6I9TS1SjGeVMIUG"

// imported adds a person whose password another system has hashed.
func (h *house) imported(email string) storage.User {
	h.t.Helper()
	u := h.add(storage.User{Email: email})
	stored, err := h.keys.Passwords.Import(fromElsewhere)
	h.must(err)
	h.must(h.db.SetPassword(h.t.Context(), u.ID, stored, "", storage.Event{Actor: "test"}))
	return u
}

// hash is what is stored of a person's password.
func (h *house) hash(email string) string {
	h.t.Helper()
	_, hash, err := h.db.Login(h.t.Context(), email)
	h.must(err)
	return hash
}

func TestAPasswordOfAnotherSystemSignsInAndIsOursFromThenOn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.imported("irma@example.com")
		before := h.hash("irma@example.com")
		toPassword(h.browser(), "irma@example.com").Fill("password", "not the one").Press("submit").Status(http.StatusUnprocessableEntity)
		if h.hash("irma@example.com") != before {
			t.Fatal("a wrong password changed the hash")
		}
		h.in(h.browser(), "irma@example.com").Sees("app got irma")
		ours := h.hash("irma@example.com")
		if !strings.HasPrefix(ours, "$argon2id$") || !strings.Contains(ours, "keyid=") {
			t.Fatalf("after the first sign-in the hash is %s", ours)
		}
		h.in(h.browser(), "irma@example.com").Sees("app got irma")
		if h.hash("irma@example.com") != ours {
			t.Error("it is made anew each time")
		}
	})
}
