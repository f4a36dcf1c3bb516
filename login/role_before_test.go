package login_test

import (
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// AD-07: whatever somebody prepared before a role is worth nothing after it. Each is begun before, and gives what does the rest.
// Grants and consents: storage/user_edit_ends_test.go. Password, app and recovery codes stay, and the page of a role shows them.
var beforeRole = map[string]func(h *house, g *google, b *webtest.Browser) func() *webtest.Browser{
	"a session": func(_ *house, _ *google, b *webtest.Browser) func() *webtest.Browser {
		return func() *webtest.Browser { return b.Go(issuer + "/account").SeesNot("Anna Berg") }
	},
	"a sign-in that waits for its code": func(h *house, _ *google, _ *webtest.Browser) func() *webtest.Browser {
		waits := toCode(h.browser(), owners)
		code := h.code()
		return func() *webtest.Browser { return waits.Fill("code", code).Press("submit").Status(400) }
	},
	"a sign-in at the question of trust": func(h *house, _ *google, _ *webtest.Browser) func() *webtest.Browser {
		asked := h.withCode(toCode(h.browser(), owners))
		return func() *webtest.Browser { return asked.Press("trust-yes").Status(400) }
	},
	"a trusted browser": func(h *house, _ *google, _ *webtest.Browser) func() *webtest.Browser {
		trusted := h.saysYes(h.browser(), owners)
		signOut(trusted)
		return func() *webtest.Browser { return toCode(trusted.Go(issuer+"/app"), owners).Sees("Check your email") }
	},
	"a link to a new password": func(h *house, _ *google, _ *webtest.Browser) func() *webtest.Browser {
		link := h.resetLink(owners, owners)
		return func() *webtest.Browser { return h.blank().Go(link).Status(410) }
	},
	"the page of such a link": func(h *house, _ *google, _ *webtest.Browser) func() *webtest.Browser {
		opened := h.blank().Go(h.resetLink(owners, owners)).Fill("password", fresh)
		return func() *webtest.Browser { return opened.Press("submit").Status(410) }
	},
	"an invitation": func(h *house, _ *google, _ *webtest.Browser) func() *webtest.Browser {
		h.anna = h.idaIsInvited() // and it is she who gets the role
		link := h.linkTo("/invite")
		return func() *webtest.Browser { return h.blank().Go(link).Status(410) }
	},
	"a new address that waits": func(h *house, _ *google, b *webtest.Browser) func() *webtest.Browser {
		movesTo(b, first)
		link := linkIn(h.t, h.letterTo(first), confirmPath)
		return func() *webtest.Browser { return h.anew(b).Go(link).Status(410) }
	},
	"an app that is being set up": func(h *house, _ *google, b *webtest.Browser) func() *webtest.Browser {
		tab := b.Go(issuer + "/account/authenticator").Tab()
		phone := h.scanned(b)
		return func() *webtest.Browser {
			h.anew(b)
			return tab.Fill("name", "Their phone").Fill("code", phone.code()).Press("submit")
		}
	},
	"a Google account that is being connected": func(h *house, g *google, b *webtest.Browser) func() *webtest.Browser {
		back := connecting(h, g, b)
		return func() *webtest.Browser { return h.anew(b).Go(back).SeesNot("is connected") }
	},
	"a Google account": func(h *house, g *google, b *webtest.Browser) func() *webtest.Browser {
		b.Go(connecting(h, g, b)).Sees("Your Google account is connected.")
		return func() *webtest.Browser { return byGoogle(h.browser()).SeesNot("app got") }
	},
	"a sign-in that is at Google": func(h *house, g *google, b *webtest.Browser) func() *webtest.Browser {
		b.Go(connecting(h, g, b)).Sees("Your Google account is connected.")
		away := h.browser()
		back := h.returning(g, away)
		return func() *webtest.Browser { return away.Go(back).SeesNot("app got") }
	},
}

// anew signs Anna in again in her browser.
func (h *house) anew(b *webtest.Browser) *webtest.Browser {

	return h.in(b.Go(issuer+"/app"), owners).Sees("app got " + owners)
}

func TestWhatWasBegunBeforeARoleIsNothingAfterIt(t *testing.T) {
	t.Parallel()
	for name, prepare := range beforeRole {
		t.Run(name, func(t *testing.T) {
			eachAnna(t, func(t *testing.T, h *house, g *google, b *webtest.Browser) {
				use := prepare(h, g, b)
				h.role("viewer")
				use().Check()
				after := h.present(h.anna)
				_, err := h.db.PasswordSince(t.Context(), after.ID)
				if h.linked(h.anna) != 0 || after.TOTP || after.Email == first || after.State == "invited" && err == nil {
					t.Errorf("it has done something: %+v", after)
				}
				for _, e := range []string{"session.raised ok", "trust.given ok"} {
					if h.events()[e] > 1 {
						t.Errorf("%s", e)
					}
				}
			})
		})
	}
}

// An operator's role is not one of the person's own acts: it counts though they are signed in, and at once.
func TestWhoIsGivenAnotherRoleSignsInAnewAndIsTheSamePerson(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		h.role("viewer")
		b.Go(issuer + "/account").SeesNot("Anna Berg")
		h.anew(b)
		if p := h.present(h.anna); p.Role != "viewer" || p.ID != h.anna.ID {
			t.Errorf("%+v", p)
		}
	})
}
