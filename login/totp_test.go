package login_test

import (
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestWithAnAppItsCodeIsAskedAndNoneIsMailed(t *testing.T) { // S-32, 3.5
	t.Parallel()
	h, a, _, _ := withApp(t)
	letters := len(h.mailbox.Letters())
	b := h.toApp().Check().Sees("Open your authenticator app and find Acme.").
		Sees("I've lost my phone").Sees("Ask help@acme.test to reset your two-factor sign-in.")
	b.Fill("code", a.code()).Press("Continue").
		Sees("app got anna@example.com").Sees("acr=urn:doorward:2fa-app").Sees("amr=pwd+otp+mfa")
	if n := len(h.mailbox.Letters()); n != letters {
		t.Errorf("%d letters were sent", n-letters)
	}
	h.sees("sign_in.totp_right ok", 1)

	h.ask.Locales = []string{"de"}
	toCode(h.browser(), "1000001").Check().Sees("Code aus Ihrer App eingeben").Sees("suchen Sie Acme").
		Sees("Bitten Sie help@acme.test, Ihre Zwei-Faktor-Anmeldung zurückzusetzen.")
}

func TestACodeOfAnAppIsRightOnce(t *testing.T) { // TP-01, OpenBao CVE-2025-55000
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
		code := a.code()
		one, two := h.toApp(), h.toApp()
		one.Fill("code", code).Press("submit").Sees("app got anna")
		two.Fill("code", code).Press("submit").Status(422).Check().
			Sees("That code is not right. Codes change every 30 seconds; enter the one shown now.")
		used := two.Body()
		two.Fill("code", wrongFor(a)).Press("submit").Status(422)
		if withoutSeal(used) != withoutSeal(two.Body()) {
			t.Error("a used code is told from a wrong one")
		}
		h.later(30 * time.Second)
		two.Fill("code", code).Press("submit").Status(422) // a step later it would still be timely
		two.Fill("code", a.code()).Press("submit").Sees("app got anna")
		h.sees("sign_in.refused totp_used", 2)
		h.sees("sign_in.refused totp_wrong", 1)
	})
}

// wrongFor is a code that the app shows at no time near this one.
func wrongFor(a app) string {
	for _, code := range []string{"000000", "111111", "222222", "333333"} {
		near := false
		for step := int64(-11); step <= 11; step++ {
			near = near || a.at(step) == code
		}
		if !near {
			return code
		}
	}
	panic("four codes in twenty-three steps")
}

// withoutSeal is a page without what is sealed in it, which is another each time.
func withoutSeal(body string) string {
	for {
		before, after, found := strings.Cut(body, "dwt_")
		if !found {
			return body
		}
		body = before + strings.TrimLeft(after, "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")
	}
}

func TestCodesCountOneStepBeforeAndBehind(t *testing.T) { // TP-03
	t.Parallel()
	for _, row := range []struct {
		step int64
		text string
	}{
		{-11, "Codes change every 30 seconds"},
		{-10, "Your code was right for a time 5 minutes off. Set your phone's clock to automatic."},
		{-2, "Your code was right for a time one minute off."},
		{-1, "app got anna"},
		{0, "app got anna"},
		{1, "app got anna"},
		{2, "Your code was right for a time one minute off."},
		{10, "Your code was right for a time 5 minutes off."},
		{11, "Codes change every 30 seconds"},
	} {
		eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
			h.later(20 * time.Minute)
			h.step()
			h.toApp().Fill("code", a.at(row.step)).Press("submit").Sees(row.text)
		})
	}
}

func TestTheClockHintSignsNobodyInLaterEither(t *testing.T) { // or each guess would count for twenty
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
		h.step()
		b, soon, next := h.toApp(), a.at(4), a.at(5)
		b.Fill("code", soon).Press("submit").Status(422).Check().Sees("Your code was right for a time 2 minutes off.")
		h.later(2 * time.Minute)
		b.Fill("code", soon).Press("submit").Status(422).Sees("Codes change every 30 seconds")
		b.Fill("code", next).Press("submit").Sees("app got anna") // one that nobody was told of
		h.sees("sign_in.refused totp_clock", 1)
	})
}

func TestWhatIsNoCodeOfAnAppIsRefusedBeforeItCosts(t *testing.T) { // TP-15
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
		b := h.toApp()
		for typed, text := range map[string]string{
			"":           "Enter the code that your app shows.",
			" \u200b - ": "Enter the code that your app shows.",
			"12345":      "The code has 6 digits.",
			"1234567":    "The code has 6 digits.",
			"12345a":     "The code has 6 digits.",
			"１２３４５６":     "The code has 6 digits.",
			"١٢٣٤٥٦":     "The code has 6 digits.",
			"+12345":     "The code has 6 digits.",
			"0x1234":     "The code has 6 digits.",
		} {
			for range 2 {
				b.Fill("code", typed).Press("submit").Status(422).Check().Sees(text)
			}
		}
		b.Tab().Post("/login/totp", url.Values{"attempt": {b.Value("attempt")}}).Status(422)
		b.Tab().Post("/login/totp", url.Values{"attempt": {b.Value("attempt")}, "code": {a.code() + "\x00"}}).Status(400)
		b.Tab().Post("/login/totp", url.Values{"attempt": {b.Value("attempt")}, "code": {a.code(), a.code()}}).Status(400)
		code := a.code()
		b.Fill("code", " "+code[:3]+"\u00a0"+code[3:5]+"-"+code[5:]).Press("submit").Sees("app got anna") // no try was charged
	})
}

func TestAnyDeviceOfThePersonWill(t *testing.T) {
	t.Parallel()
	h, phone, _, b := withApp(t)
	tablet := h.setUp(b, "My tablet")
	for _, a := range []app{phone, tablet, phone} {
		h.later(30 * time.Second)
		h.toApp().Fill("code", a.code()).Press("submit").Sees("app got anna")
	}
	h.add(storage.User{Email: "ben@example.com"})
	ben := h.setUp(h.signedInAs("ben@example.com"), "Ben's phone")
	h.toApp().Fill("code", ben.code()).Press("submit").Status(422).Sees("That code is not right.")
}

func TestADeviceWhoseSecretDoesNotOpenStopsNoOther(t *testing.T) {
	t.Parallel()
	h, a, _, _ := withApp(t)
	foreign := h.addDevice()
	h.toApp().Fill("code", a.code()).Press("submit").Sees("app got anna")
	if !strings.Contains(h.log.String(), foreign) {
		t.Error("the log does not tell which")
	}
}

// addDevice stores a device whose secret was sealed for another row, and gives its id.
func (h *house) addDevice() string {
	h.t.Helper()
	added := storage.NewAuthenticator{
		Authenticator: storage.Authenticator{ID: storage.NewID(), UserID: h.anna.ID, Name: "Another", Sealed: []byte("0123456789abcdef0123456789abcdef")},
		UserVersion:   h.person().Version,
	}
	h.must(h.db.AddAuthenticator(h.t.Context(), added, storage.Event{Actor: "test"}))
	return added.ID
}

func TestAClockThatIsSetBackLetsNoCodeInTwice(t *testing.T) { // TP-16
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, codes []string, _ *webtest.Browser) {
		used := a.code()
		h.toApp().Fill("code", used).Press("submit").Sees("app got anna")
		h.later(-time.Hour)
		b := h.toApp()
		for _, code := range []string{a.code(), used, wrongFor(a)} { // the app's clock is as wrong as ours, and as right
			b.Fill("code", code).Press("submit").Status(422).Check().Sees("Our clock is wrong, so we cannot check codes of apps for the moment.")
		}
		if strings.Count(h.log.String(), "the clock of this machine was set back") != 1 {
			t.Errorf("the log: %s", h.log.String())
		}
		b.Follow("Use a recovery code").Fill("code", codes[0]).Press("submit").Sees("app got anna")
		h.later(time.Hour)
		h.later(30 * time.Second)
		h.toApp().Fill("code", a.code()).Press("submit").Sees("app got anna")
	})
}

func TestAClockThatRunsAheadTakesNoOldCode(t *testing.T) { // TP-16
	t.Parallel()
	eachApp(t, func(t *testing.T, h *house, a app, _ []string, _ *webtest.Browser) {
		slow := app{a.secret, h.now, -time.Hour} // the phone, when our clock jumps an hour forward
		h.later(time.Hour)
		h.toApp().Fill("code", slow.code()).Press("submit").Status(422).Sees("Codes change every 30 seconds")
		h.toApp().Fill("code", a.code()).Press("submit").Sees("app got anna")
		h.later(-time.Hour)
		h.toApp().Fill("code", a.code()).Press("submit").Status(422)
	})
}
