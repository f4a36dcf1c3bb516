// OIDC Core §3.1.2.1 max_age.
package op_test

import (
	"testing"
	"time"
)

func TestMaxAge(t *testing.T) { // C.2 item 19
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	h.later(2 * time.Second)
	if h.code(anna.authorize(with("max_age", "10000"))).AuthTime != anna.session.AuthTime.Unix() {
		t.Error("auth_time has changed")
	}
	for _, age := range []string{"1", "0"} {
		anna.authorize(with("max_age", age)).asked()
		ask := h.face.last(t)
		if !ask.Fresh {
			t.Errorf("the face was asked %+v", ask)
		}
		anna.signIn("anna", ask.Attempt)
		h.later(3 * time.Second) // the person is slow, but was asked
		if h.code(anna.get(ask.Back)).AuthTime != anna.session.AuthTime.Unix() {
			t.Error("auth_time is not that of the new sign-in")
		}
	}
}

func TestMaxAgeDoesNotGrowWhileThePersonAnswers(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	anna.authorize(of("third", "https://rp.test/cb"), with("max_age", "60")).asked()
	ask := h.face.last(t)
	h.later(10 * time.Minute)
	h.consent(t, "anna", "third", "openid")
	h.code(anna.get(ask.Back))
}

func TestMaxAgeIsAWholeNumberOfSeconds(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	for _, age := range []string{"-1", "abc", "1.5", "1e3", "+1", " 1", "0x10", "99999999999999999999", "2147483648", "１"} {
		anna.authorize(with("max_age", age)).refused("invalid_request")
	}
	anna.authorize(with("max_age", "2147483647")).sent()
}
