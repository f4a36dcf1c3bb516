package login_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestAccessIsTakenBack(t *testing.T) { // 3.10, 3.11
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.must(h.db.AddClient(t.Context(), thirdParty(), storage.Event{Actor: "test"}))
		h.client("wiki", "Wiki") // never asked about: of the house
		h.ask.Consent = []string{"openid", "email"}
		b := h.in(h.browser(), "anna@example.com").Press("Allow").Sees("app got anna")
		h.connect(h.anna, sidOf(b), "wiki", "openid")
		b.Go("/account").Sees("Connected apps 2").Sees("Recognise you when you come back · See your email address")
		posts(b, "/account/apps/remove", "wiki").Check().Sees("The app has no access any more.").Sees("Connected apps 1").Sees("You took back Wiki's access.")
		posts(b, "/account/apps/remove", "grafana").Sees("No app has access to your account.")
		if got := h.apps(h.anna); len(got) != 0 {
			t.Errorf("these apps are left: %q", got)
		}
		h.sees("consent.withdrawn ok", 2)
		b.Go(issuer + "/app").Sees("Grafana wants to use your Acme account") // it is asked again
	})
}

func TestAnIdThatIsNoAppLeavesNoRow(t *testing.T) { // BF-11
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		h.client("grafana", "Grafana")
		b := h.signedIn()
		for _, id := range []string{"grafana", "nobody", "", "<b>"} {
			posts(b, "/account/apps/remove", id).Status(200).Sees("Your account")
		}
		h.sees("consent.withdrawn ok", 0)
	})
}

func TestConsentSaysWhereTheApplicationLives(t *testing.T) { // 3.11, RG-03
	t.Parallel()
	h := open(t, without)
	h.ask.Consent = []string{"openid"}
	h.ask.AppHost = "grafana.example.net"
	b := toCode(h.browser(), "anna@example.com").Check().Sees("The app's address is grafana.example.net.").Sees("You can take this back in your account.")
	if !slices.Contains(bold(b), "grafana.example.net") {
		t.Errorf("only %q stands out", bold(b))
	}
	h.ask.AppHost = "127.0.0.1"
	toCode(h.browser(), "anna@example.com").Check().Sees("Grafana is a program on this device.").SeesNot("127.0.0.1")
	h.ask.AppHost = "com.example.app:"
	toCode(h.browser(), "anna@example.com").Check().Sees("The app's address is com.example.app:.")
	h.ask.AppHost = ""
	toCode(h.browser(), "anna@example.com").Check().SeesNot("address is").Press("Allow").Sees("app got anna")
}

func TestAnApplicationIsOpenedWhereItBeginsASignIn(t *testing.T) { // OIDC Core §4; B.10
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		started := thirdParty()
		started.InitiateURI = "https://grafana.test/start?org=%7e1#top"
		h.must(h.db.AddClient(t.Context(), started, storage.Event{Actor: "test"}))
		h.client("wiki", "Wiki") // has told of no such place
		h.ask.Consent = []string{"openid"}
		b := h.in(h.browser(), "anna@example.com").Press("Allow").Sees("app got anna")
		h.connect(h.anna, sidOf(b), "wiki", "openid")
		body := b.Go("/account").Check().Sees("Open Grafana").SeesNot("Open Wiki").Body()
		if want := `href="https://grafana.test/start?org=%7e1&amp;iss=https%3A%2F%2Flogin.test#top"`; !strings.Contains(body, want) {
			t.Errorf("the page lacks %s", want)
		}
	})
}
