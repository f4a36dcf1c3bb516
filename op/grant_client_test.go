package op_test

// RFC 6749 §4.4: a client's access on its own behalf.

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/google/go-cmp/cmp"
)

// ask is a client asking for access of its own.
func (a *apps) ask(client string, changes ...change) reply {
	a.t.Helper()
	form := url.Values{"grant_type": {"client_credentials"}}
	prove := a.as(client, form)
	for _, c := range changes {
		c(form)
	}
	return a.post("/token", form, prove)
}

func TestAServiceGetsAnAccessTokenAndNothingElse(t *testing.T) {
	a := newApps(t)
	for _, client := range []string{"robot", "signed-robot"} {
		got := a.ask(client)
		tokens := got.issued()
		if tokens.Scope != "read write" || tokens.ExpiresIn != 600 || tokens.TokenType != "Bearer" {
			t.Errorf("%s got %s", client, got.body)
		}
		if members := got.json(); len(members) != 4 {
			t.Errorf("%s got %v: no refresh token and no ID token belongs there (RFC 6749 §4.4.3)", client, members)
		}
		if signed := strings.HasPrefix(tokens.AccessToken, "eyJ"); signed != (client == "signed-robot") {
			t.Errorf("%s got the token %s", client, tokens.AccessToken)
		}
	}
}

func TestASignedTokenOfAServiceNamesTheClientAsItsSubject(t *testing.T) {
	a := newApps(t)
	header, claims := a.claimsIn(a.ask("signed-robot").issued().AccessToken, "at+jwt")
	if header["alg"] != "ES256" {
		t.Errorf("header %v", header)
	}
	want := map[string]any{
		"iss": issuer, "sub": "signed-robot", "client_id": "signed-robot", "aud": issuer, "scope": "read write",
		"jti": claims["jti"], "iat": claims["iat"], "exp": claims["exp"],
	}
	if diff := cmp.Diff(want, claims); diff != "" || claims["jti"] == nil { // RFC 9068 §2.2
		t.Errorf("(-want +got):\n%s", diff)
	}
	if _, second := a.claimsIn(a.ask("signed-robot").issued().AccessToken, "at+jwt"); second["jti"] == claims["jti"] {
		t.Error("two tokens have one jti")
	}
}

func TestAServiceMayNarrowItsScopesAndNeverWidenThem(t *testing.T) {
	a := newApps(t)
	for asked, want := range map[string]string{"read": "read", "write read": "read write", "": "read write", " read ": "read"} {
		if got := a.ask("robot", with("scope", asked)).issued().Scope; got != want {
			t.Errorf("asked for %q it got %q", asked, got)
		}
	}
	// openid and email tell of a person: registered for them or not, there is none here.
	for _, asked := range []string{"admin", "read admin", "openid", "read email", "offline_access"} {
		a.ask("robot", with("scope", asked)).denied(http.StatusBadRequest, "invalid_scope")
	}
}

func TestAServiceWithoutScopesGetsATokenWithoutScope(t *testing.T) {
	a := newApps(t)
	form := url.Values{"grant_type": {"client_credentials"}}
	if got := a.post("/token", form, basic("machine:s")).json(); got["scope"] != nil || got["access_token"] == nil {
		t.Errorf("got %v", got)
	}
	form.Set("scope", "read")
	a.post("/token", form, basic("machine:s")).denied(http.StatusBadRequest, "invalid_scope")
}

func TestOnlyAClientThatIsRegisteredForItGetsAccessOfItsOwn(t *testing.T) {
	a := newApps(t)
	a.ask("basic").denied(http.StatusBadRequest, "unauthorized_client")
	a.ask("spa").denied(http.StatusBadRequest, "unauthorized_client")
	form := url.Values{"grant_type": {"client_credentials"}, "client_id": {"robot"}}
	a.post("/token", form).denied(http.StatusUnauthorized, refused)
	a.post("/token", form, basic("robot:wrong")).denied(http.StatusUnauthorized, refused)
}

func TestUserinfoRefusesTheTokenOfAService(t *testing.T) {
	a := newApps(t)
	for _, client := range []string{"robot", "signed-robot"} {
		a.userinfo(a.ask(client).issued().AccessToken).denied(http.StatusForbidden, "insufficient_scope")
	}
}

func TestATokenOfAServiceWritesNothing(t *testing.T) {
	a := newApps(t)
	written := func() int64 { return a.db.Stats().Batches.Works } // into whatever table
	before := written()
	for _, client := range []string{"robot", "signed-robot"} {
		a.introspect("api", a.ask(client).issued().AccessToken).active(true)
	}
	if n := written() - before; n != 0 {
		t.Errorf("%d writes were made", n)
	}
	if a.granted("basic"); written() == before {
		t.Error("a grant of a person is a row, and the count does not show it")
	}
}

func TestATokenOfAServiceEndsByTimeWithItsClientAndWithTheEpoch(t *testing.T) {
	for _, client := range []string{"robot", "signed-robot"} {
		t.Run(client, func(t *testing.T) {
			a := newApps(t)
			old := a.ask(client).issued().AccessToken
			a.later(9*time.Minute + 50*time.Second)
			a.introspect("api", old).active(true)
			a.later(11 * time.Second)
			a.introspect("api", old).active(false)

			token := a.ask(client).issued().AccessToken
			must(t, a.db.SetClientDisabled(t.Context(), client, true, storage.Event{Actor: "test"}))
			a.introspect("api", token).active(false)
			must(t, a.db.SetClientDisabled(t.Context(), client, false, storage.Event{Actor: "test"}))
			a.introspect("api", token).active(true)

			_, err := a.db.RaiseEpoch(t.Context(), storage.Event{Actor: "test"})
			must(t, err)
			must(t, a.keys.Refresh(t.Context()))
			a.introspect("api", token).active(false)
			a.introspect("api", a.ask(client).issued().AccessToken).active(true)
		})
	}
}
