package login_test

import (
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

func TestTheAlarmOfALetterAboutGoogleTakesItAway(t *testing.T) { // S-41, FD-16
	t.Parallel()
	eachAnna(t, func(t *testing.T, h *house, g *google, thief *webtest.Browser) {
		thief.Go(connecting(h, g, thief)).Sees("Your Google account is connected.")
		letter := h.letters("anna@example.com", 1)[0]
		page := h.blank().Go(alarmIn(t, letter.Letter)).Check().Sees("The Google account anna.private@gmail.com is disconnected from your account")
		if h.linked(h.anna) != 1 {
			t.Fatal("looking at the page has changed something") // PR-03
		}
		page.Press("That wasn't me").Sees("Check your email")
		h.sees("google.unlinked ok", 1)
		reset := addressIn(h.letters("anna@example.com", 2)[0].Letter, "/reset")
		choose(page.Go(reset), fresh).Sees("Your password is changed").Press("Continue").Sees("Anna Berg")
		byGoogle(h.browser()).SeesNot("app got")
		if h.linked(h.anna) != 0 {
			t.Error("the thief's account is linked")
		}
	})
}

func TestTheAlarmOfALetterAboutAnAppTakesItAway(t *testing.T) { // S-41
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.setUp(h.signedIn(), "Thief's phone")
		letter := h.letters("anna@example.com", 2)[0]
		phone := h.blank().Go(alarmIn(t, letter.Letter)).Check().Sees("The authenticator app on Thief's phone is removed: its codes no longer work.")
		phone.Press("That wasn't me").Sees("Check your email")
		h.sees("totp.removed ok", 1)
		left, err := h.db.RecoveryLeft(t.Context(), h.anna.ID)
		h.must(err)
		if h.present(h.anna).TOTP || left != 0 {
			t.Errorf("TOTP %v, %d recovery codes; want false, 0", h.present(h.anna).TOTP, left)
		}
		reset := addressIn(h.letters("anna@example.com", 3)[0].Letter, "/reset")
		choose(phone.Go(reset), fresh).Sees("Your password is changed").Press("Continue").Sees("Anna Berg")
	})
}

// or whoever reads the mailbox would take away the factor that is there to keep them out.
func TestNoAlarmTakesAwayWhatHasBeenInUse(t *testing.T) { // PR-07, S-42
	t.Parallel()
	for name, c := range map[string]struct {
		wait    time.Duration
		of      int // which letter, the newest is 0
		says    string
		devices int
	}{
		"a letter of a day":                 {24 * time.Hour, 0, "The authenticator app on My tablet stays, since the email is more than a day old.", 2},
		"the last minute of that day":       {24*time.Hour - time.Minute, 0, "The authenticator app on My tablet is removed", 1},
		"a letter about something else":     {0, 2, "It was you?", 2},
		"one about the first of two is its": {0, 1, "The authenticator app on My phone is removed", 1},
	} {
		t.Run(name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				_, _, b := h.withApp()
				h.setUp(b, "My tablet")
				letter := h.letters("anna@example.com", 3)[c.of]
				h.later(c.wait)
				h.blank().Go(alarmIn(t, letter.Letter)).Check().Sees(c.says).Press("confirm").Sees("Check your email")
				devices, err := h.db.Authenticators(t.Context(), h.anna.ID)
				h.must(err)
				if len(devices) != c.devices || !h.present(h.anna).TOTP {
					t.Errorf("%d devices, want %d", len(devices), c.devices)
				}
				if len(h.sessions(h.anna)) != 0 {
					t.Error("the rest was not ended")
				}
				reset := addressIn(h.letters("anna@example.com", 4)[0].Letter, "/reset")
				choose(h.blank().Go(reset), fresh).Sees("Enter the code from your app") // the other app is asked for
			})
		})
	}
}

func TestWhatIsGoneBeforeTheAlarmIsNoError(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.signedIn()
	h.setUp(b, "My phone")
	letter := h.letters("anna@example.com", 2)[0]
	h.must(h.db.ResetFactors(t.Context(), h.anna.ID, storage.Event{Actor: "test"}))
	h.blank().Go(alarmIn(t, letter.Letter)).SeesNot("My phone").Press("confirm").Sees("Check your email")
	h.sees("totp.removed ok", 0)
}
