package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestAPersonChangesTheirNameAndLanguage(t *testing.T) { // 3.10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.must(h.db.SetProfile(t.Context(), h.anna.ID, map[string]any{"name": "Anna Berg", "locale": "fr"}, storage.Event{}))
		b := h.signedIn().Go("/account/profile").Check().Sees("Your profile").Sees("As my browser asks for")
		b.Fill("name", "  Anna   Tal ").Fill("locale", "de").Press("submit").Check().Sees("Ihr Profil ist gespeichert.").Sees("Anna Tal").Sees("Sprache Deutsch")
		u := h.present(h.anna)
		if u.Claims["name"] != "Anna Tal" || u.Claims["locale"] != "de" || u.Version != h.anna.Version {
			t.Errorf("the person is %+v", u)
		}
		b.Go("/account/profile").Fill("locale", "").Press("submit")
		if _, set := h.present(h.anna).Claims["locale"]; set {
			t.Errorf("the language stays: %v", h.present(h.anna).Claims)
		}
		h.sees("profile.changed ok", 3)
	})
}

func TestANameThatCannotStandAnywhereIsRefused(t *testing.T) { // XS-06, XS-07, XS-10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		for name, want := range map[string]string{
			"":                      "Enter your name.",
			" \u200b ":              "Enter your name.",
			strings.Repeat("x", 81): "A name has at most 80 characters.",
			"Anna\u202egreB":        "The name holds a character that cannot be shown.",
			"Anna\x1b[31m":          "The name holds a character that cannot be shown.",
		} {
			b.Go(issuer+"/account/profile").Fill("name", name).Press("submit").Status(http.StatusUnprocessableEntity).Check().Sees(want)
		}
		b.Go("/account/profile").Fill("name", "Anna\r\nBcc: x@evil.test").Press("submit").Sees("Anna Bcc: x@evil.test") // one line
		b.Go("/account/profile").Fill("name", `<b>"Änna" & 'Co' 李`).Press("submit").Check().Sees(`<b>"Änna" & 'Co' 李`)
	})
}

func TestAProfileTakesNothingElse(t *testing.T) { // AD-04
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		for _, field := range []string{"role", "is_admin", "email", "email_verified", "id", "password_hash", "totp", "created_at", "disabled", "groups", "customer_number", "state", "sub"} {
			b.Go(issuer+"/account").Post("/account/profile", url.Values{"name": {"Eve"}, "locale": {""}, field: {"admin"}}).Status(http.StatusBadRequest)
		}
		b.Go(issuer+"/account").Post("/account/profile", url.Values{"name": {"Eve"}, "locale": {"../../etc"}}).Status(http.StatusBadRequest)
		u := h.present(h.anna)
		if u.Claims["name"] != "Anna Berg" || u.Role != "" || u.Email != "anna@example.com" || len(u.Claims) != 1 {
			t.Errorf("the person is %+v", u)
		}
	})
}
