package login_test

import (
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

func TestAnAddressThatGoogleHasNotVerifiedLinksNobody(t *testing.T) { // FD-01, S-23
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		for what, said := range map[string]any{"false": false, "the text true": "true", "one": 1, "null": nil} {
			g.account("1001", "gina@gmail.com", claims{"email_verified": said})
			byGoogle(h.browser()).Status(http.StatusForbidden).Check().Sees("Google has not verified this address yet").Sees("Verify it at Google, then come back.")
			if h.linked(gina) != 0 {
				t.Errorf("email_verified is %s, and the account is linked", what)
			}
		}
		delete(g.accounts["1001"], "email_verified")
		byGoogle(h.browser()).Status(http.StatusForbidden).Sees("Google has not verified this address yet")
		h.sees("sign_in.refused google_unverified", 5)
		h.sees("google.linked ok", 0)
	})
}

func TestWhereGoogleDoesNotRunTheMailboxItsWordLinksNobody(t *testing.T) { // FD-03
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, g *google) {
		gina := h.invited("gina@corp.test")
		g.account("1001", "gina@corp.test", nil)
		byGoogle(h.browser()).Status(http.StatusForbidden).Check().Sees("Google cannot vouch for gina@corp.test").Sees("does not run the mailboxes of corp.test")
		g.account("1001", "nobody@corp.test", nil) // it does not tell whom we know
		byGoogle(h.browser()).Status(http.StatusForbidden).Sees("Google cannot vouch for nobody@corp.test")
		for _, hd := range []any{"", "CORP.test", "evil.test", "corp.test.", " corp.test"} {
			g.account("1001", "gina@corp.test", claims{"hd": hd})
			byGoogle(h.browser()).Status(http.StatusForbidden)
		}
		g.account("1001", "gina@corp.test", claims{"hd": []string{"corp.test"}})
		byGoogle(h.browser()).Status(http.StatusBadRequest)
		if h.linked(gina) != 0 {
			t.Error("the account is linked")
		}
		g.account("1001", "gina@corp.test", claims{"hd": "corp.test"})
		byGoogle(h.browser()).Sees("app got gina@corp.test")
	})
}

func TestOnlyAccountsOfTheHostedDomainSignIn(t *testing.T) { // FD-04
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, g *google) {
		gina, evil := h.invited("gina@corp.test"), h.invited("gina@evil.test")
		h.invited("gina@gmail.com")
		for what, account := range map[string]claims{
			"no hd":             {"email": "gina@corp.test"},
			"hd in capitals":    {"email": "gina@corp.test", "hd": "CORP.test"},
			"another hd":        {"email": "gina@corp.test", "hd": "evil.test"},
			"a hd of their own": {"email": "gina@evil.test", "hd": "evil.test"},
			"a gmail.com":       {"email": "gina@gmail.com"},
		} {
			g.account("1001", "", account)
			t.Log(what)
			byGoogle(h.browser()).Status(http.StatusForbidden).Check().Sees("Use your Google account of corp.test")
		}
		for what, account := range map[string]claims{
			"a longer domain": {"email": "gina@corp.test.evil.test", "hd": "corp.test"},
			"two @":           {"email": "gina@corp.test@evil.test", "hd": "corp.test"},
			"another domain":  {"email": "gina@evil.test", "hd": "corp.test"},
		} {
			g.account("1001", "", account)
			t.Log(what)
			byGoogle(h.browser()).SeesNot("app got")
		}
		if h.linked(gina)+h.linked(evil) != 0 {
			t.Error("an account is linked")
		}
		g.account("1001", "gina@corp.test", claims{"hd": "corp.test"})
		byGoogle(h.browser()).Sees("app got gina@corp.test")
		if g.last.Get("hd") != "corp.test" {
			t.Errorf("Google was asked for %v", g.last)
		}
		g.account("1001", "gina@corp.test", nil) // she has left the organisation
		byGoogle(h.browser()).Status(http.StatusForbidden).SeesNot("app got")
	}, func(o *login.Options) { o.Google.HostedDomain = "corp.test" })
}

func TestAnotherAccountOfTheSameAddressStaysOut(t *testing.T) { // FD-05
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
		letters := len(h.mailbox.Letters())
		g.account("6666", "gina@gmail.com", nil)
		byGoogle(h.browser()).Status(http.StatusForbidden).Check().Sees("There is no account for gina@gmail.com").SeesNot("app got")
		h.sees("sign_in.refused google_other_account", 1)
		if h.linked(gina) != 1 || len(h.mailbox.Letters()) != letters {
			t.Errorf("%d accounts are linked, %d letters", h.linked(gina), len(h.mailbox.Letters()))
		}
		g.chosen = "1001"
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
	})
}

func TestAChangedAddressAtGoogleIsNotedAndChangesNothing(t *testing.T) { // FD-06, S-23
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
		for _, address := range []string{"anna@example.com", "gina.new@gmail.com", "not an address"} {
			g.account("1001", address, claims{"email_verified": false})
			byGoogle(h.browser()).Sees("app got gina@gmail.com")
		}
		h.sees("google.address_changed ok", 2)
		now, err := h.db.User(t.Context(), gina.ID)
		all, err2 := h.db.Identities(t.Context(), gina.ID)
		if err != nil || err2 != nil || now.Email != "gina@gmail.com" || all[0].Email != "gina.new@gmail.com" {
			t.Errorf("the person is %+v (%v), the account %+v (%v)", now, err, all, err2)
		}
	})
}

func TestAnAddressMatchesExactlyOrNot(t *testing.T) { // FD-07
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		for _, address := range []string{"gi.na@gmail.com", "gina+x@gmail.com", "ｇina@gmail.com", "gına@gmail.com", "gina@googlemail.com", "gina@gmail.com ", " gina@gmail.com",
			"gina@gmail.com\x00", "gina@evil.test@gmail.com", `"gina"@gmail.com`, "gina@gmail.com.", "gina@GMAIL.com.evil.test", "gina\u200b@gmail.com", "", "gina", "<gina@gmail.com>"} {
			g.account("1001", address, nil)
			byGoogle(h.browser().From(newPeer())).SeesNot("app got")
			if h.linked(gina) != 0 {
				t.Fatalf("%q is taken for gina@gmail.com", address)
			}
		}
		g.account("1001", "GINA@gmail.COM", nil)
		byGoogle(h.browser()).Sees("app got gina@gmail.com")
	})
}

func TestNothingThatWasPreparedSurvivesTheFirstLink(t *testing.T) { // FD-09, FD-10
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		victim := h.add(storage.User{Email: "vic@gmail.com"}) // somebody has got at the password first
		attacker := h.in(h.browser(), "vic@gmail.com").Sees("app got vic@gmail.com")
		pending := toCode(h.browser(), "vic@gmail.com").Sees("Check your email")
		code := h.code()
		g.account("1001", "vic@gmail.com", nil)
		byGoogle(h.browser()).Sees("app got vic@gmail.com")
		attacker.Go("/account").SeesNot("vic@gmail.com")
		pending.Fill("code", code).Press("submit").SeesNot("app got")
		if h.linked(victim) != 1 {
			t.Error("the account is not linked")
		}
		letter := h.mailbox.Letters()[0]
		if letter.To != "vic@gmail.com" || !strings.Contains(letter.Subject, "Google account was connected") || !strings.Contains(letter.Text, "/alarm?token=") {
			t.Errorf("who had an account before is told %q: %s", letter.Subject, letter.Text)
		}
	})
}

func TestAnAdminMaySetAnotherAddressForGoogle(t *testing.T) { // S-22
	t.Parallel()
	g := newGoogle(t)
	h := withGoogle(t, g)
	u := storage.User{ID: storage.NewID(), Version: 1, Email: "gina@corp.test", LinkEmail: "gina.lane@gmail.com", State: "invited"}
	h.must(h.db.AddUser(t.Context(), u, "", storage.Event{Actor: "test"}))
	g.account("1001", "gina@corp.test", claims{"hd": "corp.test"})
	byGoogle(h.browser()).Status(http.StatusForbidden).Sees("There is no account for gina@corp.test")
	g.account("1002", "gina.lane@gmail.com", nil)
	byGoogle(h.browser()).Sees("app got gina@corp.test")
}

func TestAnAddressThatThePersonChoseLinksNobody(t *testing.T) { // S-23, FD-09
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, g *google) {
		mallory := storage.User{ID: storage.NewID(), Version: 1, Email: "mallory@example.com", LinkEmail: "mallory@example.com", State: "active"}
		h.must(h.db.AddUser(t.Context(), mallory, "", storage.Event{Actor: "test"}))
		h.must(h.db.PutLink(t.Context(), storage.Link{ID: "l1", Token: make([]byte, 32), Kind: storage.LinkAddress, UserID: mallory.ID, UserVersion: 1,
			Email: "victim@gmail.com", Created: h.now(), Expires: h.now().Add(1e12)}, storage.Event{}))
		_, err := h.db.ConfirmAddress(t.Context(), "l1", storage.Event{})
		h.must(err)
		g.account("1001", "victim@gmail.com", nil)
		byGoogle(h.browser()).Status(http.StatusForbidden).Sees("There is no account for victim@gmail.com")
		if h.linked(mallory) != 0 {
			t.Error("the account is linked to whoever claims its address")
		}
	})
}

func TestTwoTabsThatLinkTheSameAccountBothSignIn(t *testing.T) {
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, gina storage.User) {
		one, two := h.browser(), h.browser()
		first, second := h.returning(g, one), h.returning(g, two)
		one.Go(first).Sees("app got gina@gmail.com")
		two.Go(second).Sees("app got gina@gmail.com")
		if h.linked(gina) != 1 {
			t.Errorf("%d accounts are linked", h.linked(gina))
		}
	})
}

func TestAnInvitedPersonComesByTheLetterAndSignsInWithGoogle(t *testing.T) { // S-13, S-21
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		ida := h.welcomed(storage.User{Email: "ida@gmail.com", Claims: claims{"name": "Ida Holm", "given_name": "Ida"}})
		g.account("4004", "ida@gmail.com", nil)
		link := h.linkTo("/invite")
		b := h.blank().Go(link).Check().Sees("Welcome, Ida").Sees("Sign in with Google")
		waiting := h.blank().Go(link)
		byGoogle(b).Sees("Your account").Sees("Ida Holm")
		if now, err := h.db.User(t.Context(), ida.ID); err != nil || now.State != "active" || h.linked(ida) != 1 {
			t.Errorf("the person is %+v, %v", now, err)
		}
		h.blank().Go(link).SeesNot("Welcome") // the invitation is used
		waiting.Press("Sign in with email").SeesNot("Create a password")
		g.account("5005", "stranger@gmail.com", nil)
		h.welcomed(storage.User{Email: "otto@gmail.com", Claims: claims{"name": "Otto Holm"}})
		byGoogle(h.blank().Go(h.linkTo("/invite"))).Status(http.StatusForbidden).Sees("There is no account for stranger@gmail.com") // a letter alone links no other account
	})
}

func TestTooManyRefusalsFromOneNetworkAreSlowedDown(t *testing.T) { // BF-13
	t.Parallel()
	eachGina(t, func(t *testing.T, h *house, g *google, _ storage.User) {
		g.account("2002", "x@gmail.com", nil)
		for range 51 {
			byGoogle(h.browser()).Status(http.StatusForbidden)
		}
		asked := g.count("/token")
		byGoogle(h.browser()).Status(http.StatusTooManyRequests).Check().Sees("Too many tries from this network")
		if g.count("/token") != asked {
			t.Error("Google is asked all the same")
		}
		g.chosen = "1001"
		byGoogle(h.browser().From("198.51.100.7:1234")).Sees("app got gina@gmail.com")
		toCode(h.browser(), "anna@example.com").Sees("Check your email")
	})
}
