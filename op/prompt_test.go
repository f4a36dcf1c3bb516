// OIDC Core §3.1.2.1 prompt, §3.1.2.3, §3.1.2.4: what the person is asked.
package op_test

import (
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

func TestPromptNoneNeverShowsAPage(t *testing.T) { // C.2 item 17
	h := newHouse(t)
	none := with("prompt", "none")
	h.browser(t).authorize(none).refused("login_required")
	anna := h.signedIn(t, "anna")
	if h.code(anna.authorize(none)).AuthTime != anna.session.AuthTime.Unix() {
		t.Error("auth_time has changed")
	}
	anna.authorize(none, of("third", "https://rp.test/cb")).refused("consent_required")
	h.later(time.Minute)
	anna.authorize(none, with("max_age", "1")).refused("login_required")
	if len(h.face.asks) != 0 {
		t.Errorf("the face was asked %v", h.face.asks)
	}
}

func TestPromptValuesThatDoNotGoTogether(t *testing.T) { // AZ-07
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for _, prompt := range []string{"none login", "login none", "none consent", "bogus", "login bogus", "login login", "create", strings.Repeat("login ", 500), "NONE"} {
			anna.authorize(with("prompt", prompt)).refused("invalid_request")
		}
	})
}

func TestPromptLoginAsksOnce(t *testing.T) { // C.2 item 18
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	first := anna.session.AuthTime
	h.later(2 * time.Second)
	anna.authorize(with("prompt", "login")).asked()
	ask := h.face.last(t)
	if !ask.Fresh || ask.UserID != "" {
		t.Errorf("the face was asked %+v", ask)
	}
	anna.get(ask.Back).asked() // going back without having signed in asks again
	ask = h.face.last(t)
	anna.signIn("anna", ask.Attempt)
	code := h.code(anna.get(ask.Back))
	if code.AuthTime <= first.Unix() || code.User != h.people["anna"].ID {
		t.Errorf("auth_time %d is not later than %d", code.AuthTime, first.Unix())
	}
}

func TestAnotherSignInOfTheSameBrowserIsNotTheOneThatPromptLoginAskedFor(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	anna.authorize(with("prompt", "login")).asked()
	back := h.face.last(t).Back
	anna.signIn("anna", storage.NewID()) // in another tab
	anna.get(back).asked()
}

func TestPromptSelectAccountAsksOnce(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	b.authorize(with("prompt", "select_account")).asked()
	ask := h.face.last(t)
	if !ask.Select || ask.Fresh {
		t.Errorf("the face was asked %+v", ask)
	}
	b.signIn("ben", ask.Attempt)
	if h.code(b.get(ask.Back)).User != h.people["ben"].ID {
		t.Error("the answer is not for the chosen person")
	}
}

func TestAChosenAccountNeedNotProveItselfAgain(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	before := b.session.AuthTime
	h.later(time.Minute)
	b.authorize(with("prompt", "select_account")).asked()
	ask := h.face.last(t)
	b.finish("anna", ask.Attempt, before)
	if h.code(b.get(ask.Back)).AuthTime != before.Unix() {
		t.Error("auth_time has changed")
	}
}

func TestAThirdPartyIsAskedAboutOnce(t *testing.T) { // C.2 item 24
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	third := []change{of("third", "https://rp.test/cb"), with("scope", "openid email")}
	anna.authorize(third...).asked()
	ask := h.face.last(t)
	if !slices.Equal(ask.Consent, []string{"openid", "email"}) || ask.Fresh || ask.Select {
		t.Errorf("the face was asked %+v", ask)
	}
	h.consent(t, "anna", "third", "openid", "email")
	h.code(anna.get(ask.Back))
	h.code(anna.authorize(third...))
	h.code(anna.authorize(append(third, with("prompt", "none"))...))
	anna.authorize(append(third, with("scope", "openid email groups"))...).asked()
	h.browser(t).authorize(third...).asked()
}

func TestConsentIsAskedAfterSignInWhenNobodyWasSignedIn(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.authorize(of("third", "https://rp.test/cb")).asked()
	b.signIn("anna", h.face.last(t).Attempt)
	b.get(h.face.last(t).Back).asked()
	if ask := h.face.last(t); !slices.Equal(ask.Consent, []string{"openid"}) {
		t.Errorf("the face was asked %+v", ask)
	}
	h.consent(t, "anna", "third", "openid")
	if h.code(b.get(h.face.last(t).Back)).Client != "third" {
		t.Error("the code is for somebody else")
	}
}

func TestPromptConsentAsksEachTime(t *testing.T) { // C.2 item 18
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	h.consent(t, "anna", "web", "openid", "offline_access")
	h.later(time.Second)
	request := []change{with("prompt", "consent"), with("scope", "openid offline_access")}
	anna.authorize(request...).asked()
	if ask := h.face.last(t); !slices.Equal(ask.Consent, []string{"openid", "offline_access"}) {
		t.Errorf("the face was asked %+v", ask)
	}
	h.later(time.Second)
	h.consent(t, "anna", "web", "openid", "offline_access")
	h.code(anna.get(h.face.last(t).Back))
	h.later(time.Second)
	anna.authorize(request...).asked()
}

func TestPromptLoginAndConsentAreBothMetByOneRound(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.authorize(with("prompt", "login consent")).asked()
	ask := h.face.last(t)
	if !ask.Fresh || len(ask.Consent) == 0 {
		t.Errorf("the face was asked %+v", ask)
	}
	b.signIn("anna", ask.Attempt)
	h.consent(t, "anna", "web", "openid")
	h.code(b.get(ask.Back))
}

func TestASignInStaysGoodWhileConsentIsAskedAfterIt(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	b.authorize(of("third", "https://rp.test/cb"), with("prompt", "login")).asked()
	b.signIn("anna", h.face.last(t).Attempt)
	b.get(h.face.last(t).Back).asked()
	ask := h.face.last(t)
	if ask.Fresh {
		t.Error("the sign-in of just now is asked again")
	}
	h.consent(t, "anna", "third", "openid")
	h.code(b.get(ask.Back))
}

func TestARequestDoesNotGoRoundForEver(t *testing.T) {
	h := newHouse(t)
	b := h.browser(t)
	r := b.authorize()
	for range 5 {
		r.asked()
		r = b.get(h.face.last(t).Back)
	}
	r.refused("interaction_required")
}

func TestAFinishedSignInThatProvesNothingNewIsNotRepeated(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	before := anna.session.AuthTime
	h.later(time.Second)
	anna.authorize(with("prompt", "login")).asked()
	ask := h.face.last(t)
	anna.finish("anna", ask.Attempt, before)
	anna.get(ask.Back).refused("login_required")
}

func TestABrokenFaceIsAPage(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	h.face.fail = errBroken
	anna.authorize(with("prompt", "none")).page(http.StatusInternalServerError)
}
