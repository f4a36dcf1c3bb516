package op_test

// OIDC Core §8: pairwise subjects.

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// known is how a client knows the person and the session, by the ID token of a fresh code.
func (a *apps) known(client string) (sub, sid string) {
	a.t.Helper()
	_, claims := a.claimsIn(a.granted(client, scoped("openid")).IDToken, "JWT")
	sub, _ = claims["sub"].(string)
	sid, _ = claims["sid"].(string)
	return sub, sid
}

func TestClientsOfOneSectorKnowAPersonByOneSubjectAndOthersByAnother(t *testing.T) { // JW-08
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		a := appsOn(t, db)
		paired, session := a.known("paired")
		too, sessionToo := a.known("paired-too")
		apart, sessionApart := a.known("apart")
		public, sessionPublic := a.known("basic")
		if paired != too || session != sessionToo {
			t.Errorf("in one sector: sub %s and %s, sid %s and %s", paired, too, session, sessionToo)
		}
		for _, names := range [][]string{{paired, apart, public, a.person.ID}, {session, sessionApart, sessionPublic}} {
			seen := map[string]bool{}
			for i, name := range names {
				if name == "" || len(name) > 255 || seen[name] && i != 3 { // the public one is the person's id
					t.Errorf("%q is no subject or session of its own among %q", name, names)
				}
				seen[name] = true
			}
		}
		if public != a.person.ID || sessionPublic != a.session.ID {
			t.Errorf("a public client knows the person as %s, the session as %s", public, sessionPublic)
		}
		again, _ := a.known("paired")
		a.person.ID, a.person.Email, a.person.CustomerNumber = "doris-id", "doris@example.com", ""
		must(t, db.AddUser(t.Context(), a.person, "", storage.Event{Actor: "test"}))
		a.session = a.signIn()
		if other, _ := a.known("paired"); again != paired || other == paired {
			t.Errorf("one person is %s, then %s; another one is %s", paired, again, other)
		}
	})
}

func TestAPairwiseSubjectIsTheSameEverywhere(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("paired-too", scoped("openid email"))
		_, id := a.claimsIn(got.IDToken, "JWT")
		_, access := a.claimsIn(got.AccessToken, "at+jwt")
		told := a.introspect("api", got.AccessToken).json()
		userinfo := a.userinfo(got.AccessToken).json()
		for place, sub := range map[string]any{"access token": access["sub"], "introspection": told["sub"], "userinfo": userinfo["sub"]} {
			if sub != id["sub"] {
				t.Errorf("sub is %v in the ID token and %v in the %s", id["sub"], sub, place)
			}
		}
		if told["sid"] != id["sid"] {
			t.Errorf("sid is %v in the ID token and %v at introspection", id["sid"], told["sid"])
		}
		refreshed := a.introspect("paired-too", a.granted("paired-too").RefreshToken).json()
		if refreshed["sub"] != id["sub"] {
			t.Errorf("sub of the refresh token is %v", refreshed["sub"])
		}
		opaque := a.granted("paired", scoped("openid")).AccessToken
		if sub := a.userinfo(opaque).json()["sub"]; sub != id["sub"] {
			t.Errorf("sub of an opaque token is %v at userinfo", sub)
		}
		if sub := a.introspect("api", opaque).json()["sub"]; sub != id["sub"] {
			t.Errorf("sub of an opaque token is %v at introspection", sub)
		}
	})
}

func TestNothingThatAPairwiseClientGetsHoldsThePersonsIDOrTheSessions(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		for _, client := range []string{"paired", "paired-too"} {
			got := a.granted(client, scoped("openid profile email address phone groups offline_access"))
			answers := a.userinfo(got.AccessToken).body + a.introspect("api", got.AccessToken).body
			for _, token := range []string{got.AccessToken, got.IDToken} {
				if _, payload, signed := strings.Cut(token, "."); signed && strings.HasPrefix(token, "eyJ") {
					answers += decoded(t, payload)
				}
			}
			for _, id := range []string{a.person.ID, a.session.ID} {
				if strings.Contains(answers, id) {
					t.Errorf("%s reads %s in %s", client, id, answers)
				}
			}
		}
	})
}

func TestAPairwiseSubjectOutlivesRefreshEpochAndRestart(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		first := a.granted("paired")
		before, _ := a.known("paired")
		a.later(time.Minute)
		_, refreshed := a.claimsIn(a.refresh("paired", first.RefreshToken).issued().IDToken, "JWT")
		if refreshed["sub"] != before { // OIDC Core §12.2
			t.Errorf("sub is %v after a refresh", refreshed["sub"])
		}
		_, err := a.db.RaiseEpoch(t.Context(), storage.Event{Actor: "test"})
		must(t, err)
		must(t, a.keys.Refresh(t.Context()))
		a.session = a.signIn()
		if after, _ := a.known("paired"); after != before {
			t.Errorf("%s has become %s with the epoch", before, after)
		}
		a.house = restarted(t, a.house)
		if after, _ := a.known("paired"); after != before {
			t.Errorf("%s has become %s with a restart", before, after)
		}
	})
}

// restarted is the house after a restart, on the same database.
func restarted(t *testing.T, h *house) *house {
	t.Helper()
	again := &house{db: h.db, site: h.site, face: h.face, people: h.people}
	again.ahead.Store(h.ahead.Load())
	again.keys = keystest.Open(t, h.db, keys.Options{Log: quiet(), Now: again.now})
	again.router = doorOn(t, again, h.db)
	return again
}

// decoded is the payload of a JWS, of what follows its header.
func decoded(t *testing.T, rest string) string {
	t.Helper()
	payload, _, _ := strings.Cut(rest, ".")
	text, err := base64.RawURLEncoding.DecodeString(payload)
	must(t, err)
	return string(text)
}

// redemption redeems a code of the client of good.
func redemption(code string) url.Values {
	return url.Values{"grant_type": {"authorization_code"}, "code": {code}, "code_verifier": {verifier}, "redirect_uri": {back}}
}

// aliasOf is how the client "pair" knows somebody who is signed in.
func (b *browser) aliasOf() string {
	b.t.Helper()
	form := good(of("pair", back), with("scope", "openid"))
	code := b.get("/authorize?" + form.Encode()).sent().Get("code")
	a := &apps{house: b.house, t: b.t}
	token := a.post("/token", redemption(code), basic("pair:s")).issued().IDToken
	_, claims := a.claimsIn(token, "JWT")
	return claims["sub"].(string)
}

func TestAHintOfAPairwiseClientNamesItsPerson(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		pair := of("pair", back)
		anna, ben := h.signedIn(t, "anna"), h.signedIn(t, "ben")
		hint := with("id_token_hint", h.idToken(t, map[string]any{"aud": "pair", "sub": anna.aliasOf()}))
		none := with("prompt", "none")
		if h.code(anna.authorize(pair, none, hint)).User != h.people["anna"].ID {
			t.Error("the answer is for somebody else")
		}
		ben.authorize(pair, none, hint).refused("login_required")
		byID := with("id_token_hint", h.idToken(t, map[string]any{"aud": "pair", "sub": h.people["anna"].ID}))
		anna.authorize(pair, none, byID).refused("login_required") // the id itself is nothing that this client knows

		ben.authorize(pair, hint).asked()
		ask := h.face.last(t)
		if ask.UserID != "" || !ask.Select { // nobody can tell from the alias whom to ask for
			t.Errorf("the face was asked for %q, select account: %v", ask.UserID, ask.Select)
		}
		ben.signIn("ben", ask.Attempt)
		ben.get(ask.Back).refused("login_required")

		anna.authorize(pair, hint, with("prompt", "login")).asked()
		if again := h.face.last(t); again.UserID != h.people["anna"].ID || again.Select {
			t.Errorf("the face was asked for %q, select account: %v", again.UserID, again.Select)
		}
	})
}

func TestAPairwiseClientMayDemandItsPersonByClaims(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		pair, none := of("pair", back), with("prompt", "none")
		anna, ben := h.signedIn(t, "anna"), h.signedIn(t, "ben")
		demand := with("claims", `{"id_token":{"sub":{"value":"`+anna.aliasOf()+`"}}}`)
		if h.code(anna.authorize(pair, none, demand)).User != h.people["anna"].ID {
			t.Error("the answer is for somebody else")
		}
		ben.authorize(pair, none, demand).refused("login_required")
		anna.authorize(pair, none, with("claims", `{"id_token":{"sub":{"value":"`+h.people["anna"].ID+`"}}}`)).refused("login_required")
	})
}

func TestALogoutHintOfAPairwiseClientEndsItsSession(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		sub := anna.aliasOf()
		form := good(of("pair", back), with("scope", "openid"))
		a := &apps{house: h, t: t}
		token := a.post("/token", redemption(anna.get("/authorize?"+form.Encode()).sent().Get("code")), basic("pair:s")).issued().IDToken
		_, claims := a.claimsIn(token, "JWT")
		if claims["sub"] != sub || claims["sid"] == anna.session.ID {
			t.Fatalf("claims %v", claims)
		}
		forged := h.idToken(t, map[string]any{"aud": "pair", "sub": h.people["anna"].ID, "sid": anna.session.ID})
		if got := anna.get("/end_session?id_token_hint=" + forged); got.status != http.StatusOK || h.face.out != 0 {
			t.Errorf("a hint by ids that the client does not know: %d, and %d sessions ended", got.status, h.face.out)
		}
		if got := anna.get("/end_session?id_token_hint=" + token); got.status != http.StatusSeeOther || h.face.out != 1 {
			t.Errorf("status %d, and %d sessions ended", got.status, h.face.out)
		}
	})
}
