package login_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

const (
	newAddress  = "anna.tal@example.net"
	confirmPath = "/account/address/confirm?token="
)

// movesTo asks for another address.
func movesTo(b *webtest.Browser, address string) *webtest.Browser {
	return b.Go(issuer+"/account/address").Fill("email", address).Press("submit")
}

func TestAPersonChangesTheirAddress(t *testing.T) { // 3.10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.saysYes(h.browser(), "anna@example.com")
		b.Go(issuer + "/account/address").Check().Sees("Your address is anna@example.com.")
		movesTo(b, " Anna.Tal@Example.NET ").Check().Sees("We sent a link to anna.tal@example.net.").Sees("Until you confirm it, your address stays anna@example.com.")
		letter := h.letterTo(newAddress)
		if strings.Contains(letter, "Anna") || strings.Contains(letter, "anna@example.com") {
			t.Errorf("the letter to a mailbox that nobody has proved says whose account it is:\n%s", letter)
		}
		link := linkIn(t, letter, confirmPath)
		if h.present(h.anna).Email != "anna@example.com" {
			t.Fatal("the address has changed before its mailbox was proved")
		}
		before := h.everything()
		b.Go(link).Check().Sees("Confirm your new address").Sees(newAddress)
		if h.everything() != before {
			t.Error("looking at the link has changed something") // PR-03
		}
		b.Press("confirm").Check().Sees("Your address is changed.").Sees(newAddress)
		u := h.present(h.anna)
		if u.Email != newAddress || u.Version != h.anna.Version+1 || u.LinkEmail != "" || len(h.trusted(h.anna)) != 0 {
			t.Errorf("the person is %+v, trusts %v", u, h.trusted(h.anna))
		}
		b.Go(link).Status(http.StatusGone).Check().Sees("You have used this link already")
		h.sees("email.changed ok", 1)

		notice := h.letterTo("anna@example.com")
		if !strings.Contains(notice, "a•••@example.net") {
			t.Errorf("the old address hears:\n%s", notice)
		}
		h.browser().Go(linkIn(t, notice, "/alarm?token=")).Sees("Your address becomes anna@example.com again.").Press("confirm").Sees("Check your email")
		if got := h.present(h.anna).Email; got != "anna@example.com" {
			t.Errorf("after the alarm the address is %s", got)
		}
		b.Go("/account").SeesNot("Recent activity")
	})
}

func TestATakenAddressIsAnsweredLikeAFreeOne(t *testing.T) { // EN-01
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.add(storage.User{Email: "ben@example.com"})
		b := h.signedIn()
		free := text(movesTo(b, "cat@example.com").Status(http.StatusOK))
		taken := text(movesTo(b, "ben@example.com").Status(http.StatusOK))
		if strings.ReplaceAll(taken, "ben@", "cat@") != free {
			t.Errorf("the pages differ:\n%s\n%s", free, taken)
		}
		b.Go(linkIn(t, h.letterTo("ben@example.com"), confirmPath)).Press("confirm").Status(http.StatusConflict).Check().Sees("Another account has this address")
		if got := h.present(h.anna).Email; got != "anna@example.com" {
			t.Errorf("the address became %s", got)
		}
	})
}

func TestOnlyWhoAskedForItConfirmsAnAddress(t *testing.T) { // EO-04, PR-12
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.add(storage.User{Email: "ben@example.com"})
		movesTo(h.signedIn(), newAddress)
		link := linkIn(t, h.letterTo(newAddress), confirmPath)
		token, err := url.Parse(link)
		h.must(err)
		form := url.Values{"token": {token.Query().Get("token")}}

		ben := h.signedInAs("ben@example.com")
		ben.Go(link).Status(http.StatusForbidden).Check().Sees("This link is for another account")
		ben.Go(issuer+"/account").Post("/account/address/confirm", form).Status(http.StatusForbidden)
		stranger := h.browser().Go(link).Sees("Sign in") // has the mailbox alone
		stranger.Tab().Post("/account/address/confirm", form).Sees("Sign in")
		h.in(stranger, "anna@example.com").Sees("Confirm your new address") // the person, in another browser
		if got := h.present(h.anna).Email; got != "anna@example.com" {
			t.Errorf("the address became %s", got)
		}
	})
}

func TestALinkToANewAddressDies(t *testing.T) { // PR-01, PR-15, FD-10
	t.Parallel()
	for name, end := range map[string]func(h *house, b *webtest.Browser){
		"by a newer one": func(h *house, b *webtest.Browser) { movesTo(b, "cat@example.com") },
		"by its age":     func(h *house, _ *webtest.Browser) { h.later(24 * time.Hour) },
		"by a new password": func(h *house, _ *webtest.Browser) {
			h.must(h.db.SetPassword(h.t.Context(), h.anna.ID, "$x", h.sessions(h.anna)[0], storage.Event{}))
		},
		"by an alarm": func(h *house, b *webtest.Browser) { b.Go(issuer + "/account/alarm").Press("confirm") },
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				b := toCode(h.browser(), "anna@example.com")
				movesTo(b, newAddress)
				link := linkIn(t, h.letterTo(newAddress), confirmPath)
				end(h, b)
				if len(h.sessions(h.anna)) == 0 {
					b = toCode(h.browser(), "anna@example.com")
				}
				b.Go(link).Status(http.StatusGone).Check().Sees("This link does not work any more")
				token, err := url.Parse(link)
				h.must(err)
				b.Go(issuer+"/account").Post("/account/address/confirm", url.Values{"token": {token.Query().Get("token")}}).Status(http.StatusGone)
				if got := h.present(h.anna).Email; got != "anna@example.com" {
					t.Errorf("the address became %s", got)
				}
			}, without)
		})
	}
}

func TestATokenThatNobodyMadeIsNoLink(t *testing.T) { // CD-07
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	for _, token := range []string{"", "dwd_nothing", "dwp_" + strings.Repeat("a", 43), strings.Repeat("x", 5000)} {
		b.Go(issuer + confirmPath + token).Status(http.StatusNotFound).Check().Sees("This link does not work any more")
	}
}

func TestOfManyWhoConfirmOneAddressOneWins(t *testing.T) { // PR-01
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		movesTo(b, newAddress)
		b.Go(linkIn(t, h.letterTo(newAddress), confirmPath))
		together(20, func(int) {
			if tab := b.Clone().Press("confirm"); strings.Contains(text(tab), "wrong on our side") {
				t.Errorf("one gets an error: %s", text(tab))
			}
		})
		h.sees("email.changed ok", 1)
		if u := h.present(h.anna); u.Email != newAddress || u.Version != h.anna.Version+1 {
			t.Errorf("the person is %+v", u)
		}
	})
}

func TestAWrongAddressIsRefused(t *testing.T) { // XS-07, EO-10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		for address, want := range map[string]string{
			"":                                     "Enter an email address like name@example.com.",
			"1000001":                              "Enter an email address like name@example.com.",
			"anna":                                 "Enter an email address like name@example.com.",
			"anna@example.com\r\nBcc: x@evil.test": "Enter an email address like name@example.com.",
			"a@b.test, c@d.test":                   "Enter an email address like name@example.com.",
			`"a\"@x"@b.test`:                       "Enter an email address like name@example.com.",
			"anna@[127.0.0.1]":                     "Enter an email address like name@example.com.",
			"ANNA@example.com":                     "This is your address already.",
		} {
			movesTo(b, address).Status(http.StatusUnprocessableEntity).Check().Sees(want)
		}
		b.Go(issuer+"/account").Post("/account/address", url.Values{"email": {newAddress}, "user": {"ben"}}).Status(http.StatusBadRequest)
		h.sees("link.sent ok", 0)
	})
}

func TestLettersToNewAddressesAreFew(t *testing.T) { // EO-07, PR-09
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		ben := h.add(storage.User{Email: "ben@example.com"})
		b := h.signedIn()
		for range 3 {
			movesTo(b, newAddress).Status(http.StatusOK)
		}
		movesTo(b, newAddress).Status(http.StatusTooManyRequests).Check().Sees("We have sent several links already.")
		movesTo(h.signedInAs(ben.Email), newAddress).Status(http.StatusTooManyRequests) // of the mailbox, whoever asks
		for i := range 7 {
			movesTo(b, string(rune('a'+i))+"@example.org").Status(http.StatusOK)
		}
		movesTo(b, "z@example.org").Status(http.StatusTooManyRequests) // of the person, whichever mailbox
		h.sees("link.sent ok", 10)
		h.signedIn() // codes go on
	})
}

func TestWhereMailIsDownNoAddressChanges(t *testing.T) {
	t.Parallel()
	h := open(t, without, func(o *login.Options) { o.Mail = nil })
	b := toCode(h.browser(), "anna@example.com")
	movesTo(b, newAddress).Status(http.StatusServiceUnavailable).Check().Sees("We can't send email right now.")
}
