package login_test

import (
	"net/http"
	"strings"
	"testing"
)

func TestWhoSignsOutLearnsWhichAppsMayBeOpen(t *testing.T) { // 3.12
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.client("grafana", "Grafana")
		h.client("wiki", "Wiki")
		other := h.signedIn()
		b := h.signedIn()
		h.connect(h.anna, sidOf(b), "grafana", "openid")
		h.connect(h.anna, sidOf(other), "wiki", "openid")
		b.Go("/account").Press("confirm").Check().Sees("You're signed out").Sees("Grafana may still be open; close its window.").SeesNot("Wiki").Sees("Sign in again")
		b.Tab().Go(issuer + "/account/signed-out").Check().Sees("You're signed out").SeesNot("Grafana") // a later visitor of the address
		b.Tab().Go(b.URL()).SeesNot("Grafana")
		b.Follow("Sign in again").Sees("Email address or customer number")
		h.browser().Go(issuer + "/account/signed-out?lang=de").Check().Sees("Sie sind abgemeldet")
	})
}

func TestAnAppWhoseAccessHasEndedMayStillBeOpen(t *testing.T) { // as after a new password
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.client("grafana", "Grafana")
		b := h.signedIn()
		h.connect(h.anna, sidOf(b), "grafana", "openid")
		b.Go("/account/password").Fill("password", password).Fill("new", "a meadow of 42 slow snails").Press("submit").Sees("Your password is changed.").SeesNot("Apps: Grafana")
		b.Go("/account").Press("confirm").Check().Sees("Grafana may still be open; close its window.")
	})
}

func TestSigningOutTwiceIsNoError(t *testing.T) { // LO-11
	t.Parallel()
	h := open(t)
	b := h.signedIn().Go("/account")
	late := b.Clone()
	together(20, func(int) {
		if tab := b.Clone().Press("confirm"); !strings.Contains(text(tab), "You're signed out") {
			t.Errorf("one gets %s", text(tab))
		}
	})
	late.Press("confirm").Status(http.StatusOK).Sees("You're signed out")
	late.Go("/account").SeesNot("Anna Berg") // LO-05
	h.sees("session.ended signed_out", 1)
}
