package main

import (
	"path/filepath"
	"strings"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

func TestANewcomerFollowsTheInvitationInTheMailbox(t *testing.T) { // S-11 to S-18
	t.Parallel()
	data := filepath.Join(t.TempDir(), "data")
	h := openDev(t, data)
	b := webtest.New(t, nil).Go(h.report.Mailbox)
	for _, l := range lettersOf(t, h) {
		if l.To == "carla@example.com" {
			i := strings.Index(l.Text, h.report.Issuer+"/invite?token=")
			link, _, _ := strings.Cut(l.Text[i:], "\n")
			b.Follow(link)
		}
	}
	b.Check().Sees("Welcome, Carla").Press("Sign in with email").Check().Sees("Create a password").Fill("password", "a sentence is fine").Press("submit")
	b.Fill("code", codeFor(t, h, "carla@example.com")).Press("submit").Sees("Trust this browser?").Press("trust-yes").Sees("Carla Moreno")
	b.Go(h.report.App).Follow("Sign in with Doorward").Sees("Hello, Carla Moreno") // one sign-on for all apps
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}

	h = openDev(t, data)
	b.Go(h.report.Mailbox).Sees("No letter has come yet").Check()
}

func TestAForgottenPasswordLeadsBackToTheAppThatAsked(t *testing.T) { // S-08, S-38
	t.Parallel()
	h := openDev(t, "")
	b := webtest.New(t, nil).Go(h.report.App).Follow("Sign in with Doorward")
	b.Fill("username", "anna@example.com").Press("submit").Follow("Forgot your password?").Press("submit").Sees("Check your email")
	link := ""
	eventually(t, "a letter with the link comes", func() bool {
		for _, l := range lettersOf(t, h) {
			if i := strings.Index(l.Text, h.report.Issuer+"/reset?token="); i >= 0 && l.To == "anna@example.com" {
				link, _, _ = strings.Cut(l.Text[i:], "\n")
			}
		}
		return link != ""
	})
	b.Go(link).Fill("password", "another sentence is fine").Press("submit").Sees("Your password is changed").Press("submit").Sees("Hello, Anna Berg")
}
