package main

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/web/webtest"
)

// brought are hashes of another system, one of each kind, by passlib, argon2's own tests and Python's hashlib.
var brought = map[string]struct{ password, hash string }{
	"bcrypt":   {"correct horse bättery staple", "$2b$04$hBWbh6VIMnvJGaVDM1lbIOqcspe.NM2VUq6E/Jp4c1G5wtGm7zIrm"},
	"argon2id": {"password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
	"argon2i":  {"password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"},
	"scrypt":   {"correct horse bättery staple", "$scrypt$ln=4,r=8,p=1$+V+LEWKM8b6XkvLeO0coxQ$IajnB6oYJwYlcDSpWMNGIIlvqIw8vZoayEstDeMaRZU"},
	"pbkdf2":   {"correct horse bättery staple", "$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHRzYWx0c2FsdA$PhteMrdPKL2ePoK07PC1tgiBm9x4TbLuDXMYK42kPkI"},
	"django":   {"correct horse bättery staple", "pbkdf2_sha256$1000$XKnGLbgpNNL6$HaaeHR0ziLwndG6lsagumJUsLAd0h1IZTL4dQviI38M="},
}

// Issue 6, item 5, over the whole house: who comes by a list with a hash of any kind signs in by the password that they have, and has a hash of ours
// from then on.
func TestPeopleOfAListSignInByTheirPasswordsOfBefore(t *testing.T) {
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	list := &strings.Builder{}
	list.WriteString("email,password_hash\n")
	for kind, p := range brought {
		fmt.Fprintf(list, "%s@example.com,\"%s\"\n", kind, p.hash)
	}
	report, err := h.desk(h.present().face).ImportPeople(t.Context(), admin.Operator(), strings.NewReader(list.String()), false)
	if err != nil || report.Added != len(brought) {
		t.Fatalf("%+v, %v", report, err)
	}
	stored := func(email string) string {
		_, hash, err := h.db.Login(t.Context(), email)
		if err != nil {
			t.Fatal(err)
		}
		return hash
	}
	for kind, p := range brought {
		email := kind + "@example.com"
		before := stored(email)
		signIn := func(password string) *webtest.Browser {
			return webtest.New(t, h.server.Handler).Go("http://localhost:1/account").Fill("username", email).Press("submit").Fill("password", password).Press("submit")
		}
		if signIn(p.password + "!").Status(http.StatusUnprocessableEntity); stored(email) != before {
			t.Errorf("%s: a wrong password has changed the hash", kind)
		}
		signIn(p.password).Status(http.StatusOK).Sees(email)
		ours := stored(email)
		if ours == before || !strings.HasPrefix(ours, "$argon2id$") || !strings.Contains(ours, "keyid=") {
			t.Errorf("%s: after the sign-in the hash is %s", kind, ours)
		}
		if signIn(p.password).Status(http.StatusOK).Sees(email); stored(email) != ours {
			t.Errorf("%s: it is made anew each time", kind)
		}
	}
}
