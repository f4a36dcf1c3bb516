package main_test

import (
	"strings"
	"testing"

	"github.com/chromedp/chromedp"
)

// The journeys of people in a real browser, from the letter to the app. Each goes the way that a person goes: it reads the letter, follows
// its link, looks at the picture of the QR code with zbarimg, and asks oathtool for the code of the phone.

const newPassword = "seven quiet hedgehogs at dawn"

func TestAnInvitedPersonComesFromTheLetterToTheApp(t *testing.T) { // S-11 … S-19, S-26 … S-29
	t.Parallel()
	browser := startChromium(t)
	d := startDev(t)
	carla := "carla@example.com"

	v := visit(t, browser)
	v.do(chromedp.Navigate(linkIn(t, d, carla, "/invite?")))
	v.page("welcome", "#username")
	v.wants("the invited address to be filled in", v.value("#username") == carla)
	v.press("#submit")
	v.page("new-password", `#password[autocomplete="new-password"]`)
	v.types("#password", "carla2026").press("#submit")
	v.page("new-password-refused", `#password[aria-invalid="true"]`)
	v.types("#password", newPassword).press("#submit")
	v.page("invitation-code", "#code")
	v.enters(mailedCode(t, d, carla))
	v.page("trust", "#trust-yes")
	v.press("#trust-yes")
	v.page("account-new", `form[action="/account/sign-out"]`)

	v.opensApp(d)
	v.wants("two factors in the ID token", v.json("#claims")["acr"] == "urn:doorward:2fa")

	// The same browser again: no code. The session ends first, the trust stays.
	letters := len(d.letters())
	v.signsOut(d)
	v.do(chromedp.Navigate(d.App), chromedp.Click(chromedp.CSS("#sign-in")))
	v.page("continue-as", "#another")
	v.passes(carla, newPassword)
	v.page("", "#claims")
	v.wants("one factor where trust stood for the code", v.json("#claims")["acr"] == "urn:doorward:1fa")
	v.wants("no letter", len(d.letters()) == letters)

	// Another browser: a code again, and no trust by answering No.
	other := visit(t, browser)
	other.do(chromedp.Navigate(d.App), chromedp.Click(chromedp.CSS("#sign-in")))
	other.page("", "#username")
	other.passes(carla, newPassword)
	other.page("", "#code")
	other.enters(mailedCode(t, d, carla))
	other.page("", "#trust-no")
	other.press("#trust-no")
	other.page("", "#claims")

	// The letter again: used.
	again := visit(t, browser)
	again.do(chromedp.Navigate(linkIn(t, d, carla, "/invite?")))
	again.sees("You already have an account")
}

func TestAPersonTurnsOnAnAuthenticatorAppByItsPicture(t *testing.T) { // S-31 … S-37
	t.Parallel()
	needsPrograms(t, "zbarimg", "oathtool")
	browser := startChromium(t)
	d := startDev(t)
	person := d.People[0]

	v := visit(t, browser)
	v.toCode(d.Issuer, person.Email, person.Password)
	v.enters(mailedCode(t, d, person.Email))
	v.page("", "#trust-no")
	v.press("#trust-no")
	v.page("account", `a[href="/account/authenticator"]`)
	v.press(`a[href="/account/authenticator"]`)
	v.page("authenticator", "#qr svg")

	phone := v.scans(t)
	v.wants("the key below to be the same", phone.secret == strings.ReplaceAll(v.text("#key"), " ", ""))
	v.enters(phone.code(t))
	v.page("recovery-codes", "#codes")
	codes := strings.Fields(v.text("#codes"))
	v.wants("ten recovery codes", len(codes) == 10)
	v.press("#saved").press("#submit")
	v.page("account-with-totp", `form[action="/account/sign-out"]`)

	// Signing in: the app's code, and no letter. Its time step is not the one that set it up.
	letters := len(d.letters())
	next := visit(t, browser)
	next.do(chromedp.Navigate(d.App), chromedp.Click(chromedp.CSS("#sign-in")))
	next.page("", "#username")
	next.passes(person.Email, person.Password)
	next.page("totp", "#code")
	next.enters(phone.nextCode(t))
	next.page("", "#claims")
	next.wants("two factors by app in the ID token", next.json("#claims")["acr"] == "urn:doorward:2fa-app")
	next.wants("no letter with a code", len(codeLetters(d)) == len(codeLetters(d, letters)))

	// Without the phone: a recovery code, once.
	for _, works := range []bool{true, false} {
		lost := visit(t, browser)
		lost.toCode(d.Issuer, person.Email, person.Password)
		lost.press(`a[href^="/login/recovery"]`)
		lost.page("recovery", `form[action^="/login/recovery"] #code`)
		lost.enters(codes[3])
		if works {
			lost.page("", `form[action="/account/sign-out"]`)
		} else {
			lost.page("recovery-refused", `#code[aria-invalid="true"]`)
		}
	}
}

func TestWhoForgotThePasswordComesBackByALetter(t *testing.T) { // S-38 … S-42
	t.Parallel()
	browser := startChromium(t)
	d := startDev(t)
	person := d.People[0]

	v := visit(t, browser)
	v.do(chromedp.Navigate(d.App), chromedp.Click(chromedp.CSS("#sign-in")))
	v.page("", "#username")
	v.types("#username", person.CustomerNumber).press("#submit")
	v.page("", "#password")
	v.press(`a[href^="/forgot"]`)
	v.page("forgot", `form[action="/forgot"]`)
	v.wants("the number to be filled in", v.value("#username") == person.CustomerNumber)
	v.press("#submit")
	v.page("forgot-sent", "#resend")
	v.do(chromedp.Navigate(awaitLink(t, d, person.Email, "/reset?")))
	v.page("reset", `#password[autocomplete="new-password"]`)
	v.types("#password", newPassword).press("#submit")
	v.page("changed", ".notice.good")
	v.press("#submit")
	v.page("", "#claims") // the same browser is back in the app that it came from

	old := visit(t, browser)
	old.do(chromedp.Navigate(d.Issuer + "/account"))
	old.page("", "#username")
	old.passes(person.Email, person.Password)
	old.page("", `#password[aria-invalid="true"]`)
}

func TestThatWasNotMeEndsEverythingAndLeadsToANewPassword(t *testing.T) { // S-41
	t.Parallel()
	browser := startChromium(t)
	d := startDev(t)
	person := d.People[1]

	at := visit(t, browser) // the person, signed in
	at.toCode(d.Issuer, person.Email, person.Password)
	at.enters(mailedCode(t, d, person.Email))
	at.page("", "#trust-yes")
	at.press("#trust-yes")
	at.page("", `form[action="/account/sign-out"]`)

	thief := visit(t, browser) // who has the password only
	thief.toCode(d.Issuer, person.Email, person.Password)
	code := mailedCode(t, d, person.Email)

	owner := visit(t, browser) // reads the letter on another device
	owner.do(chromedp.Navigate(linkIn(t, d, person.Email, "/alarm?")))
	owner.page("alarm", "#confirm")
	owner.press("#confirm")
	owner.sees("Check your email")
	owner.do(chromedp.Navigate(awaitLink(t, d, person.Email, "/reset?")))
	owner.page("", `#password[autocomplete="new-password"]`)
	owner.types("#password", newPassword).press("#submit")
	owner.page("", ".notice.good")
	owner.press("#submit")
	owner.page("", `form[action="/account/sign-out"]`)

	thief.enters(code)
	thief.sees("no longer fits")
	at.do(chromedp.Navigate(d.Issuer + "/account"))
	at.page("", "#username")
}
