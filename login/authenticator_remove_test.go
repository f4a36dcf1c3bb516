package login_test

import (
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// device is the id of the person's device of this name.
func (h *house) device(name string) string {
	h.t.Helper()
	devices, err := h.db.Authenticators(h.t.Context(), h.anna.ID)
	h.must(err)
	i := slices.IndexFunc(devices, func(d storage.Authenticator) bool { return d.Name == name })
	if i < 0 {
		h.t.Fatalf("no device %q in %+v", name, devices)
	}
	return devices[i].ID
}

func TestAnAppIsRemovedAfterPasswordAndCode(t *testing.T) { // TP-10
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, b *webtest.Browser) {
		page := "/account/authenticator/remove?id=" + h.device("My phone")
		h.later(5 * time.Minute)
		b.Go(page).Sees("Enter your password").Fill("password", password).Press("submit").Sees("Enter the code from your app") // the password alone is not enough
		b.Tab().Go(page).Sees("Enter your password")
		b.Tab().Post(page, nil).Sees("Enter your password")
		b.Fill("code", a.code()).Press("submit").Check().Sees("Remove this device?").Sees("Codes of My phone will no longer be accepted.").
			Sees("It is your only one.")
		if b.URL() != issuer+page || !h.person().TOTP {
			t.Fatalf("it leads to %s", b.URL())
		}
		before, stolen := cookie(b, "__Host-session"), b.Clone()
		b.Press("Remove").Check().Sees("Your account").Sees("The device is removed. All other browsers are signed out.")
		if h.person().TOTP || cookie(b, "__Host-session") == before {
			t.Error("the app is on, or the cookie the same")
		}
		stolen.Go("/account").SeesNot("Anna Berg")
		if left, err := h.db.RecoveryLeft(t.Context(), h.anna.ID); err != nil || left != 0 {
			t.Errorf("%d recovery codes are left: %v", left, err)
		}
		letter := h.mailbox.Letters()[0]
		if letter.Subject != "An authenticator app was removed from your Acme account" || !strings.Contains(letter.Text, "“My phone”") || !strings.Contains(letter.Text, "/alarm?token=") {
			t.Errorf("the letter: %s\n%s", letter.Subject, letter.Text)
		}
		h.sees("totp.removed ok", 1)
		toCode(h.browser(), "anna@example.com").Sees("Check your email")
		b.Post(page, nil).Sees("Your account") // gone already
		h.sees("totp.removed ok", 1)
	})
}

func TestARecoveryCodeLetsTheLostDeviceBeRemoved(t *testing.T) { // TP-10
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, _ app, codes []string, b *webtest.Browser) {
		tablet := h.setUp(b, "My tablet")
		fresh := h.toRecovery().Fill("code", codes[0]).Press("submit").Sees("app got anna")
		fresh.Go("/account/authenticator/remove?id=" + h.device("My phone")).Check().Sees("Remove this device?").SeesNot("It is your only one.").
			Press("submit").Sees("Your account").Sees("My tablet")
		b.Go("/account").SeesNot("Anna Berg") // signed out everywhere else
		h.toApp().Fill("code", tablet.code()).Press("submit").Sees("app got anna")
		if left, err := h.db.RecoveryLeft(t.Context(), h.anna.ID); err != nil || left != 9 {
			t.Errorf("%d recovery codes are left: %v", left, err)
		}
	})
}

func TestNobodyRemovesTheDeviceOfSomebodyElse(t *testing.T) {
	t.Parallel()
	h, _, _, _ := withApp(t)
	h.add(storage.User{Email: "ben@example.com"})
	ben := h.signedInAs("ben@example.com")
	page := "/account/authenticator/remove?id=" + h.device("My phone")
	ben.Go(page).Sees("Your account").SeesNot("My phone")
	ben.Post(page, nil).Sees("Your account")
	ben.Tab().Set("Origin", "https://evil.test").Set("Sec-Fetch-Site", "cross-site").Post("/account/recovery-codes", nil).Status(403)
	if !h.person().TOTP {
		t.Error("the app is off")
	}
}

func TestAMailedCodeOfBeforeIsNoProofForAnApp(t *testing.T) { // TP-10: a session that knows no app
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, b *webtest.Browser) {
		h.later(5 * time.Minute)
		h.toApp().Fill("code", a.code()).Press("submit").Sees("app got anna")
		b.Go("/account/recovery-codes").Sees("Enter your password")
		b.Post("/account/recovery-codes", nil).Sees("Enter your password")
		h.sees("recovery.made ok", 0)
	})
}

func TestNewRecoveryCodesEndTheOldOnes(t *testing.T) { // TP-12
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, _ app, old []string, b *webtest.Browser) {
		b.Go("/account/recovery-codes").Check().Sees("You have 10 recovery codes left. If you make new ones, no old one works any more.")
		b.Press("Make new codes").Status(200).Check().Sees("Save your recovery codes")
		fresh := codesOf(b)
		for _, code := range old {
			if slices.Contains(fresh, code) {
				t.Fatalf("%s is old and new", code)
			}
		}
		b.Go("/account/recovery-codes").Sees("You have 10 recovery codes left.")
		if len(fresh) != 10 || len(codesOf(b)) != 0 {
			t.Errorf("the codes %q are shown again", fresh)
		}
		if letter := h.mailbox.Letters()[0]; letter.Subject != "New recovery codes for your Acme account" || strings.Contains(letter.Text, fresh[0]) {
			t.Errorf("the letter: %s\n%s", letter.Subject, letter.Text)
		}
		h.sees("recovery.made ok", 1)
		signIn := h.toRecovery()
		for _, code := range []string{old[0], old[9]} {
			signIn.Fill("code", code).Press("submit").Status(422)
		}
		signIn.Fill("code", fresh[0]).Press("submit").Sees("app got anna")
	})
}

func TestAResetOfAnOperatorEndsAppSessionsAndAttempts(t *testing.T) { // S-37, TP-10
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, b *webtest.Browser) {
		waiting := h.toApp()
		h.must(h.db.ResetFactors(t.Context(), h.anna.ID, storage.Event{Actor: "operator"}))
		b.Go("/account").SeesNot("Anna Berg")
		waiting.Fill("code", a.code()).Press("submit").Status(400).SeesNot("app got")
		toCode(h.browser(), "anna@example.com").Sees("Check your email")
		for _, path := range []string{"/account/recovery-codes", "/account/authenticator/remove"} {
			h.signedIn().Post(path+"?id="+url.QueryEscape(storage.NewID()), nil).SeesNot("Save your recovery codes")
		}
	})
}

func TestAResetOfAnOperatorTellsThePerson(t *testing.T) { // S-37, TP-10
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, codes []string, b *webtest.Browser) {
		told, err := h.face.ResetFactors(t.Context(), h.person(), storage.Event{Actor: "operator"})
		if err != nil || !told {
			t.Fatalf("told %v: %v", told, err)
		}
		letter := h.mailbox.Letters()[0]
		if letter.To != "anna@example.com" || letter.Subject != "Your Acme two-factor sign-in was reset" || !strings.Contains(letter.Text, "/alarm?token=") {
			t.Errorf("the letter: %s\n%s", letter.Subject, letter.Text)
		}
		if !strings.Contains(letter.Text, "Your admin has reset") || !strings.Contains(letter.Text, "You didn't ask for that?") {
			t.Errorf("the letter does not say who did it: %s", letter.Text)
		}
		h.sees("factors.reset ok", 1)
		b.Go("/account").SeesNot("Anna Berg")
		fresh := h.signedIn()
		again := h.setUp(fresh, "New phone") // and no old secret or recovery code comes back to life
		h.toApp().Fill("code", a.code()).Press("submit").Status(422)
		h.toRecovery().Fill("code", codes[0]).Press("submit").Status(422)
		h.toApp().Fill("code", again.code()).Press("submit").Sees("app got anna")

		h.face.Mail = nil
		if told, err := h.face.ResetFactors(t.Context(), h.person(), storage.Event{Actor: "operator"}); err != nil || told {
			t.Errorf("told %v: %v", told, err)
		}
	})
}

// Each of two tabs was told that another device is left.
func TestTheLastDeviceIsRemovedOnlyByWhoWasToldSo(t *testing.T) { // TP-10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.signedIn()
		h.setUp(b, "one")
		h.setUp(b, "two")
		first := b.Tab().Go("/account/authenticator/remove?id=" + h.device("one")).SeesNot("It is your only one.")
		second := b.Tab().Go("/account/authenticator/remove?id=" + h.device("two")).SeesNot("It is your only one.")
		first.Press("Remove").Sees("The device is removed.")
		second.Press("Remove").Status(409).Check().Sees("It is your only one.")
		if !h.person().TOTP {
			t.Fatal("the last device is gone")
		}
		second.Press("Remove").Sees("The device is removed.")
		if h.person().TOTP {
			t.Error("the last device stays")
		}
	})
}
