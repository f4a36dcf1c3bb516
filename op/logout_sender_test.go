package op_test

// OIDC Back-Channel Logout 1.0.

import (
	"bytes"
	"log/slog"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// C.7 item 61, item 62; conformance B.7.
func TestALogoutTokenSaysExactlyWhatHasEnded(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a)
		algs := []string{"RS256", "PS256", "ES256", "EdDSA"}
		for _, alg := range algs {
			d.join(alg, func(c *storage.Client) { c.IDTokenAlg, c.BackchannelSession = alg, true })
		}
		d.join("pairwise", func(c *storage.Client) { c.Sector = "rp.test" })
		seen := map[any]bool{}
		for _, id := range append(algs, "pairwise") {
			b, hint := d.visits(t, id)
			_, signedOn := d.claimsIn(hint, "JWT")
			b.leaves(hint).leads(out + "?state=st")
			d.becomes(b.session, id, storage.LogoutDelivered, 1)
			b.authorize(with("prompt", "none")).refused("login_required")

			got := d.of(id)
			if len(got) != 1 || len(got[0].form) != 1 || len(got[0].form["logout_token"]) != 1 || got[0].query != "" ||
				got[0].header.Get("Content-Type") != "application/x-www-form-urlencoded" {
				t.Fatalf("%s heard %+v, want one form with a logout_token alone", id, got)
			}
			header, claims := d.claimsIn(got[0].form.Get("logout_token"), "logout+jwt")
			if want := d.clients[id].IDTokenAlg; header["alg"] != want || header["kid"] == nil {
				t.Errorf("%s: header %v, want %s", id, header, want)
			}
			for _, name := range []string{"sub", "sid", "iss", "aud"} {
				if claims[name] != signedOn[name] || claims[name] == nil {
					t.Errorf("%s: %s is %v, in the ID token %v", id, name, claims[name], signedOn[name])
				}
			}
			events, _ := claims["events"].(map[string]any)
			happened, isObject := events["http://schemas.openid.net/event/backchannel-logout"].(map[string]any)
			if len(events) != 1 || !isObject || len(happened) != 0 {
				t.Errorf("%s: events are %v", id, claims["events"])
			}
			made, until := claims["iat"].(float64), claims["exp"].(float64)
			if made > d.seconds(d.now()) || until-made != 120 || claims["jti"] == "" || seen[claims["jti"]] {
				t.Errorf("%s: iat, exp and jti of %v", id, claims)
			}
			seen[claims["jti"]] = true
			if len(claims) != 8 {
				t.Errorf("%s: there is more in %v", id, claims) // a nonce above all
			}
		}
	})
}

func TestOnlyApplicationsOfTheSessionThatWantItAreTold(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat", "wiki", "board")
		elsewhere, _ := d.visits(t, "board", "chat")
		b, hint := d.visits(t, "chat", "basic", "wiki", "chat")
		b.leaves(hint).leads(out + "?state=st")
		d.becomes(b.session, "chat", storage.LogoutDelivered, 1)
		d.becomes(b.session, "wiki", storage.LogoutDelivered, 1)
		if n := len(d.of("board")); n != 0 || !elsewhere.lives() {
			t.Errorf("an application of another session heard %d times", n)
		}
		if got := d.stands(elsewhere.session, "chat"); got.State != storage.LogoutOpen {
			t.Errorf("the other session: %+v", got)
		}
		if len(d.of("chat")) != 1 {
			t.Errorf("two sign-ons are told %d times", len(d.of("chat")))
		}
		if all, err := d.db.Logouts(t.Context(), b.session.ID); err != nil || len(all) != 2 {
			t.Errorf("%+v, %v", all, err)
		}
	})
}

func TestAnApplicationThatIsSwitchedOffIsToldAllTheSame(t *testing.T) {
	d := newAudience(t, newApps(t), "chat")
	b, _ := d.visits(t, "chat")
	d.disable(t, "chat")
	must(t, d.db.EndSession(t.Context(), b.session.ID, storage.Event{}))
	d.becomes(b.session, "chat", storage.LogoutDelivered, 1)
}

// LO-12: what ends sessions from elsewhere is told too, within a second or two and by whoever runs.
func TestTheApplicationsOfWhoIsDisabledAreTold(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat")
		one, _ := d.visits(t, "chat")
		two, _ := d.visits(t, "chat")
		must(t, d.db.SetUserState(t.Context(), d.person.ID, "disabled", storage.Event{Actor: "operator"}))
		d.becomes(one.session, "chat", storage.LogoutDelivered, 1)
		d.becomes(two.session, "chat", storage.LogoutDelivered, 1)
	})
}

// LO-09.
func TestALogoutTokenIsGoodForNothingElse(t *testing.T) {
	d := newAudience(t, newApps(t), "chat")
	b, hint := d.visits(t, "chat")
	b.leaves(hint)
	d.becomes(b.session, "chat", storage.LogoutDelivered, 1)
	token := d.of("chat")[0].form.Get("logout_token")

	again, _ := d.visits(t, "chat")
	again.leaves(token).asks()
	again.authorize(with("prompt", "none"), with("id_token_hint", token)).refused("login_required")
	d.userinfo(token).denied(http.StatusUnauthorized, "invalid_token")
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"chat"}, "client_assertion": {token},
		"client_assertion_type": {assertionType}}
	d.post("/token", form).denied(http.StatusUnauthorized, "invalid_client")
	d.refresh("chat", token).denied(http.StatusBadRequest, "invalid_grant")
	d.redeem("chat", token).denied(http.StatusBadRequest, "invalid_grant")
	if !again.lives() {
		t.Error("the session has ended")
	}
}

// LG: neither the token nor the address that it goes to stands in the log.
func TestTheLogTellsWhoWasToldAndNoToken(t *testing.T) {
	var log bytes.Buffer
	a := newApps(t)
	a.site.Log = slog.New(slog.NewTextHandler(&log, nil))
	d := newAudience(t, a, "chat", "wiki")
	d.answer("wiki", status(400))
	b, hint := d.visits(t, "chat", "wiki")
	b.leaves(hint)
	d.becomes(b.session, "chat", storage.LogoutDelivered, 1)
	d.becomes(b.session, "wiki", storage.LogoutFailed, 1)
	d.runsNoMore()
	lines := log.String()
	for _, want := range []string{"msg=logout.delivered client=chat", `msg=logout.failed client=wiki`, `why="it answers 400"`, "session=" + b.session.ID} {
		if !strings.Contains(lines, want) {
			t.Errorf("the log lacks %s:\n%s", want, lines)
		}
	}
	for _, secret := range []string{"eyJ", "logout_token", d.server.URL} {
		if strings.Contains(lines, secret) {
			t.Errorf("the log holds %q", secret)
		}
	}
}
