package main_test

import (
	"net/url"
	"time"
)

// signsIn is as far as the second factor, from the page that asks for the name.
func signsIn() []move {
	return moves(fill("#username", person), press("#submit"), fill("#password", password), press("#submit"))
}

// toAccount is the same for whoever comes without an application.
func toAccount() []move { return append(moves(open("/login")), signsIn()...) }

// twoFactors asks a session of one for the other.
var twoFactors = url.Values{"acr_values": {"urn:doorward:2fa"}}

func signInTour() []sight {
	return []sight{
		{"username", "#username", moves(authorize("wiki", nil))},
		{"username-empty", ".problem", moves(press("#submit"))},
		{"password", "#password:not([tabindex])", moves(fill("#username", person), press("#submit"))},
		{"password-wrong", ".problem", moves(fill("#password", word("not the password at all")), press("#submit"))},
		{"email-code", "#code", moves(fill("#password", password), press("#submit"))},
		{"email-code-wrong", ".problem", moves(fill("#code", word("00000x")), press("#submit"))},
		{"trust", "#trust-yes", moves(fill("#code", mailed), press("#submit"))},
		{"consent", "#allow", moves(press("#trust-yes"))},
		{"", "main.wide", moves(press("#allow"), elsewhere, open("/account"))},
		{"signed-out", "main .btn[href='/login']", moves(press("form[action='/account/sign-out'] button"))},
		{"username-known", "[name=continue]", moves(open("/login"))},
		{"", "main.wide", moves(press("[name=continue]"), fill("#password", password), press("#submit"))},
		{"email-code-step-up", "#code", moves(authorize("grafana", twoFactors))},
		{"", "[name=continue]", moves(open("/account"), press("form[action='/account/sign-out'] button"), open("/login"))},
		{"", "#trust-yes", moves(as(ben), press("#another"), fill("#username", person), press("#submit"), fill("#password", password), press("#submit"), enter("#code", mailed))},
		{"username-known-two", "[name=continue] ~ [name=continue]", moves(press("#trust-yes"), press("form[action='/account/sign-out'] button"), open("/login"))},
	}
}

func codesTour() []sight {
	return []sight{
		{"", "#code", append(moves(authorize("portal", nil)), signsIn()...)},
		{"email-code-expired", ".problem", moves(wait(11*time.Minute), enter("#code", mailed))},
		{"email-code-again", "#code", moves(press("#resend"))},
		{"email-code-used-up", ".problem", moves(often("code.used-up", enter("#code", word("000000"))))},
		{"", "#code", moves(wait(time.Minute), again, press("#resend"))},
		{"email-code-gone", "#resend", moves(remember, enter("#code", mailed), comeBack)},
		{"leave", "a.btn[href]", moves(comeBack, press("#trust-no"))}, // the portal answers with 204, so the browser stays
		{"form-post", "#confirm", moves(authorize("portal", url.Values{"response_mode": {"form_post"}}))},
		{"password-slow", ".problem", moves(clear, as(ben), open("/login"), fill("#username", person), press("#submit"),
			often("password.slow", fill("#password", word("not the password at all")), press("#submit")))},
		{"password-disabled", ".problem", moves(as(anna), state("disabled"), open("/login"), fill("#username", person), press("#submit"), fill("#password", password), press("#submit"))},
	}
}

func noMailTour() []sight {
	return []sight{{"email-code-unsent", ".problem", toAccount()}}
}

func selectTour() []sight {
	return []sight{
		{"", "#code", toAccount()},
		{"", "#trust-no", moves(enter("#code", mailed))},
		{"", "main.wide", moves(press("#trust-no"))},
		{"select", "#another", moves(authorize("grafana", url.Values{"prompt": {"select_account"}}))},
	}
}

func invitationTour() []sight {
	return []sight{
		{"invitation", "#username", moves(as(carla), follow("/invite?"))},
		{"new-password", "#password[autocomplete=new-password]", moves(press("#submit"))},
		{"new-password-refused", ".problem", moves(fill("#password", word("acme")), press("#submit"))},
		{"", "#code", moves(fill("#password", password), press("#submit"))},
		{"", "#trust-no", moves(enter("#code", mailed))},
		{"account-new", "main.wide", moves(press("#trust-no"))},
		{"invitation-used", "=link.invitation-used", moves(follow("/invite?"))},
	}
}

// linksTour opens mailed links that do not work any more.
func linksTour() []sight {
	return []sight{
		{"link-unknown", "=link.unknown", moves(open("/invite?token=none"))},
		{"invitation-replaced", "=link.replaced", moves(as(carla), keep("/invite?"), invite, comeBack)},
		{"invitation-expired", "=link.invitation-expired", moves(wait(8*24*time.Hour), follow("/invite?"))},
		{"invitation-sent", "=invite.sent-title", moves(press("#submit"))},
		{"", "#resend", moves(as(anna), open("/forgot"), fill("#username", person), press("#submit"))},
		{"", "#resend", moves(keep("/reset?"), press("#resend"))},
		{"reset-replaced", "=link.replaced", moves(follow("/reset?"), comeBack)},
		{"reset-expired", "=link.reset-expired", moves(wait(31*time.Minute), follow("/reset?"))},
		{"", "main.wide", append(toAccount(), enter("#code", mailed), press("#trust-no"))},
		{"address-dead", "=account.address-dead", moves(open("/account/address/confirm?token=none"))},
		{"alarm-dead", "=alarm.dead", moves(open("/alarm?token=none"))},
	}
}

func forgotTour() []sight {
	return []sight{
		{"forgot", "#username", moves(open("/forgot"))},
		{"forgot-sent", "#resend", moves(fill("#username", person), press("#submit"))},
		{"reset", "#password[autocomplete=new-password]", moves(follow("/reset?"))},
		{"changed", ".good", moves(fill("#password", word("seven quiet hedgehogs at dawn")), press("#submit"))},
		{"reset-used", "=link.reset-used", moves(follow("/reset?"))},
		{"alarm", "#confirm", moves(follow("/alarm?"))},
		{"alarm-raised", "main .sub", moves(press("#confirm"))},
		{"alarm-used", "=alarm.used", moves(follow("/alarm?"))},
	}
}
