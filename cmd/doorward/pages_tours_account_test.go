package main_test

import (
	"net/url"
	"time"
)

func accountTour() []sight {
	return []sight{
		{"", "#code", toAccount()},
		{"", "#trust-yes", moves(enter("#code", mailed))},
		{"account", "main.wide", moves(press("#trust-yes"))},
		{"account-sessions", "main .rows", moves(open("/account/sessions"))},
		{"account-browsers", "main .rows", moves(open("/account/browsers"))},
		{"account-activity", "main .rows", moves(open("/account/activity"))},
		{"account-apps", "main", moves(open("/account/apps"))},
		{"account-profile", "#locale", moves(open("/account/profile"))},
		{"account-profile-wrong", ".problem", moves(empty("#name"), press("#submit"))},
		{"account-done", ".notice.good", moves(fill("#name", word("Anna Maria Berg")), press("#submit"))},
		{"account-password", "#new", moves(open("/account/password"))},
		{"account-password-wrong", ".problem", moves(press("#submit"))},
		{"account-alarm", "#confirm", moves(open("/account/alarm"))},
		{"account-google", "#google", moves(open("/account/google"))},
		{"account-address", "#email", moves(open("/account/address"))},
		{"account-address-wrong", ".problem", moves(press("#submit"))},
		{"account-address-sent", "main strong", moves(fill("#email", word("new@acme.example")), press("#submit"))},
		{"account-address-confirm", "#confirm", moves(as("new@acme.example"), follow("/account/address/confirm?"))},
		{"alarm-address", "#confirm", moves(as(anna), keep("/alarm?"), press("#confirm"), follow("/alarm?"))},
		{"sign-out", "#confirm", moves(open("/end_session"))},
		{"account-alarm-old", "#confirm", moves(wait(6*time.Minute), open("/account/alarm"))},
		{"account-reauth", "[autocomplete=current-password]", moves(open("/account/address"))},
	}
}

func secondFactorTour() []sight {
	return []sight{
		{"", "#code", toAccount()},
		{"", "#trust-no", moves(enter("#code", mailed))},
		{"", "main.wide", moves(press("#trust-no"))},
		{"authenticator", ".qr", moves(keep("/alarm?"), open("/account/authenticator"))},
		{"authenticator-wrong", ".problem", moves(scan, fill("#code", word("000000")), press("#submit"))},
		{"recovery-codes", ".codes", moves(fill("#code", app(0)), press("#submit"))},
		{"account-totp", "main.wide", moves(note, open("/account"))},
		{"authenticator-more", ".qr", moves(open("/account/authenticator"))},
		{"recovery-codes-left", "#submit", moves(open("/account/recovery-codes"))},
		{"authenticator-remove", "#submit.danger", moves(open("/account"), press("a[href^='/account/authenticator/remove']"))},
		{"alarm-device", "#confirm", moves(follow("/alarm?"))},
		{"totp", "#code", append(moves(clear, authorize("wiki", nil)), signsIn()...)},
		{"totp-wrong", ".problem", moves(enter("#code", word("000000")))},
		{"recovery", "#code:not([inputmode])", moves(press("a[href^='/login/recovery']"))},
		{"recovery-wrong", ".problem", moves(fill("#code", word("xxxx-xxxx")), press("#submit"))},
		{"account-few-codes", ".warn", moves(fill("#code", spare), press("#submit"), press("#allow"), elsewhere, fewCodes, open("/account"))},
		{"totp-step-up", "#code[inputmode]", moves(authorize("grafana", url.Values{"acr_values": {"urn:doorward:2fa-app"}}))},
		{"totp-slow", ".problem", moves(often("code.slow", enter("#code", word("000000"))))},
	}
}

// googleTour meets a provider that answers.
func googleTour() []sight {
	return []sight{
		{"google-cancelled", ".notice", moves(open("/login"), press("#google"), press("#cancel"))},
		{"google-uninvited", "=google.uninvited-title", moves(press("#google"), press("#a2002"))},
		{"google-foreign", "=google.foreign-title", moves(press("#another"), press("#a3003"))},
		{"google-unverified", "=google.unverified-title", moves(lie("unverified"), press("#another"), press("#a1001"))},
		{"google-failed", "=google.failed-title", moves(lie("nonce"), press("#another"), press("#a1001"))},
		{"google-long", "=google.long-title", moves(lie(""), clear, authorize("grafana", url.Values{"state": {longState}}), press("#google"))},
		{"account-with-google", "main.wide", moves(clear, open("/login"), press("#google"), press("#a1001"))},
		{"account-google-linked", "#remove", moves(open("/account/google"))},
		{"account-google-only", ".warn", moves(press("#remove"))},
		{"account-password-first", "#new", moves(open("/account/password"))},
		{"account-google-remove", "#confirm", moves(fill("#new", password), press("#submit"), open("/account/google/remove"))},
		{"google-disabled", "=google.disabled-title", moves(as(gina), state("disabled"), clear, open("/login"), press("#google"), press("#a1001"))},
		{"", "#trust-no", append(append(moves(state("active"), clear, as(anna)), toAccount()...), enter("#code", mailed))},
		{"", "main.wide", moves(press("#trust-no"))},
		{"account-google-cancelled", ".notice", moves(open("/account/google"), press("#google"), press("#cancel"))},
		{"google-taken", "=google.taken-title", moves(press("#google"), press("#a1001"))},
	}
}

func domainTour() []sight {
	return []sight{{"google-domain", "=google.domain-title", moves(open("/login"), press("#google"), press("#a1002"))}}
}

func companyTour() []sight {
	return []sight{
		{"username-company", "#username", moves(authorize("wiki", nil), drawn)},
		{"", "#code", signsIn()},
		{"letter-code", "body", moves(reads(inSubject))},
		{"letter-invitation", "body", moves(as(carla), reads(toInvitation))},
	}
}
