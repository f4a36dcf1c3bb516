// OIDC Core §3.1.2.1, §5.5.1.1: acr_values, and how a session comes to a level that it lacks.
package op_test

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

const (
	oneFactor  = "urn:doorward:1fa"
	twoFactors = "urn:doorward:2fa"
	appFactor  = "urn:doorward:2fa-app"
)

// atLevel is a browser whose session has a level, of a person who can reach another.
func (h *house) atLevel(t *testing.T, has, best string) *browser {
	t.Helper()
	h.face.best = best
	b := h.browser(t)
	b.acr = has
	b.signIn("anna", storage.NewID())
	return b
}

func TestASessionThatHasOneOfTheAskedLevelsIsAskedNothing(t *testing.T) { // C.2 item 21
	for _, c := range []struct{ has, asked string }{
		{oneFactor, oneFactor},
		{twoFactors, oneFactor},
		{twoFactors, twoFactors},
		{appFactor, twoFactors},
		{appFactor, appFactor},
		{oneFactor, appFactor + " " + oneFactor}, // any of them is good
		{oneFactor, "urn:mace:incommon:iap:silver"},
		{oneFactor, "0 phr phrh URN:DOORWARD:2FA urn:doorward:2fa-sms " + strings.Repeat("x ", 300)},
		{oneFactor, " "},
	} {
		h := newHouse(t)
		if got := h.code(h.atLevel(t, c.has, appFactor).authorize(with("acr_values", c.asked))); got.ACR != c.has {
			t.Errorf("%s: the answer says %s, the session has %s", c.asked, got.ACR, c.has)
		}
	}
}

func TestASessionBelowTheAskedLevelIsAskedForWhatIsMissing(t *testing.T) {
	for _, c := range []struct{ has, best, asked, want string }{
		{oneFactor, appFactor, twoFactors, twoFactors},
		{oneFactor, appFactor, appFactor, appFactor},
		{twoFactors, appFactor, appFactor, appFactor},
		{oneFactor, appFactor, twoFactors + " " + appFactor, twoFactors}, // in order of preference
		{oneFactor, appFactor, appFactor + " " + twoFactors, appFactor},
		{oneFactor, twoFactors, appFactor + " " + twoFactors, twoFactors}, // the person has no app
		{oneFactor, appFactor, "unknown " + twoFactors, twoFactors},
	} {
		h := newHouse(t)
		anna := h.atLevel(t, c.has, c.best)
		before := anna.session.AuthTime
		h.later(time.Minute)
		anna.authorize(with("acr_values", c.asked)).asked()
		ask := h.face.last(t)
		if ask.ACR != c.want || ask.Fresh || ask.Select || len(ask.Consent) > 0 {
			t.Errorf("%s with %s: the face was asked %+v", c.asked, c.has, ask)
		}
		sid := anna.session.ID
		anna.acr = c.want
		anna.finish("anna", ask.Attempt, before)
		if got := h.code(anna.get(ask.Back)); got.ACR != c.want || got.Session != sid || got.AuthTime != before.Unix() {
			t.Errorf("%s with %s: the answer is %+v", c.asked, c.has, got)
		}
	}
}

func TestALevelThatThePersonCannotReachIsNotAskedFor(t *testing.T) {
	for _, c := range []struct{ has, best, asked string }{
		{oneFactor, oneFactor, twoFactors},
		{oneFactor, oneFactor, appFactor + " " + twoFactors},
		{twoFactors, twoFactors, appFactor},
	} {
		h := newHouse(t)
		if got := h.code(h.atLevel(t, c.has, c.best).authorize(with("acr_values", c.asked))); got.ACR != c.has {
			t.Errorf("%s: the answer says %s, the session has %s", c.asked, got.ACR, c.has)
		}
		if len(h.face.asks) != 0 {
			t.Errorf("%s: the face was asked %+v", c.asked, h.face.asks)
		}
	}
}

func TestPromptNoneAnswersWithTheLevelThatIsThere(t *testing.T) {
	h := newHouse(t)
	anna := h.atLevel(t, oneFactor, appFactor)
	if got := h.code(anna.authorize(with("acr_values", appFactor), with("prompt", "none"))); got.ACR != oneFactor {
		t.Errorf("the answer says %s", got.ACR)
	}
}

func TestAFinishedStepUpIsNotRepeatedWhateverItsLevel(t *testing.T) {
	h := newHouse(t)
	anna := h.atLevel(t, oneFactor, appFactor)
	anna.authorize(with("acr_values", appFactor)).asked()
	ask := h.face.last(t)
	anna.signIn("anna", ask.Attempt) // one factor again
	if got := h.code(anna.get(ask.Back)); got.ACR != oneFactor {
		t.Errorf("the answer says %s", got.ACR)
	}
}

func TestALevelAloneNeverEndsInAnError(t *testing.T) {
	h := newHouse(t)
	anna := h.atLevel(t, oneFactor, appFactor)
	r := anna.authorize(with("acr_values", appFactor))
	for range 5 {
		r.asked()
		r = anna.get(h.face.last(t).Back) // the person goes back without having done anything
	}
	if got := h.code(r); got.ACR != oneFactor {
		t.Errorf("the answer says %s", got.ACR)
	}
}

func TestWhoeverIsNotSignedInIsAskedForTheMostWantedLevel(t *testing.T) {
	h := newHouse(t)
	h.face.best = appFactor
	b := h.browser(t)
	b.authorize(with("acr_values", "unknown "+appFactor+" "+twoFactors)).asked()
	ask := h.face.last(t)
	if ask.ACR != appFactor || ask.Fresh {
		t.Errorf("the face was asked %+v", ask)
	}
	b.acr = appFactor
	b.signIn("anna", ask.Attempt)
	if got := h.code(b.get(ask.Back)); got.ACR != appFactor {
		t.Errorf("the answer says %s", got.ACR)
	}
	b.authorize(with("prompt", "login")).asked()
	if ask := h.face.last(t); ask.ACR != "" {
		t.Errorf("nobody asked for a level, and the face was asked %+v", ask)
	}
}

// A sign-in that is made for another reason must not end below a level that the session had (TB-06).
func TestANewSignInIsAboutTheLevelThatTheSessionHad(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		for _, prompt := range []string{"login", "select_account"} {
			anna := h.atLevel(t, twoFactors, appFactor)
			anna.authorize(with("prompt", prompt), with("acr_values", appFactor+" "+twoFactors)).asked()
			if ask := h.face.last(t); ask.ACR != twoFactors {
				t.Errorf("prompt=%s: the face was asked %+v", prompt, ask)
			}
		}
	})
}

func TestAStepUpAndConsentAreOneRound(t *testing.T) {
	h := newHouse(t)
	anna := h.atLevel(t, oneFactor, twoFactors)
	anna.authorize(of("third", "https://rp.test/cb"), with("acr_values", twoFactors)).asked()
	ask := h.face.last(t)
	if ask.ACR != twoFactors || !slices.Equal(ask.Consent, []string{"openid"}) {
		t.Errorf("the face was asked %+v", ask)
	}
}
