package login_test

import (
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
)

func TestWhatChangesTheWayInAsksForTheAppAfterGoogleInAnyCase(t *testing.T) { // TP-10, S-36
	t.Parallel()
	eachGoogle(t, func(t *testing.T, h *house, g *google) {
		h.anna = h.invited("gina@gmail.com")
		g.account("1001", "gina@gmail.com", nil)
		b := byGoogle(h.browser()).Sees("app got gina@gmail.com").Sees("acr=urn:doorward:1fa")
		a := h.setUp(b, "Gina's phone") // after Google alone: it asks for no mailed code
		b = byGoogle(h.browser()).Sees("app got gina@gmail.com").Sees("acr=urn:doorward:1fa")
		b.Go("/account/recovery-codes").SeesNot("Make new codes")
		byGoogle(b).Sees("Enter the code from your app").Fill("code", a.code()).Press("submit").Sees("Make new recovery codes").Press("submit").Sees("Save your recovery codes")
		h.later(5 * time.Minute)
		page := "/account/authenticator/remove?id=" + h.device("Gina's phone")
		byGoogle(b.Go(page)).Sees("Enter the code from your app").Fill("code", a.code()).Press("submit").Sees("Remove this device?")
	}, func(o *login.Options) { o.TOTPAfterGoogle = false })
}

func TestTheLetterOfACodeAfterGoogleSpeaksOfGoogle(t *testing.T) { // S-41: nobody entered a password
	t.Parallel()
	h, _, _ := ginas(t)
	h.ask.ACR = "urn:doorward:2fa"
	byGoogle(h.browser()).Check().Sees("Check your email").Sees("to continue to Grafana")
	letter := h.mailbox.Letters()[0]
	if letter.To != "gina@gmail.com" || !strings.Contains(letter.Text, "with your Google account:") || !strings.Contains(letter.Text, "Change the password of your Google account") ||
		strings.Contains(letter.Text, "your password") {
		t.Errorf("the letter to %s says:\n%s", letter.To, letter.Text)
	}
}
