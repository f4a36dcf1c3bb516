// OIDC Core §3.1.2.2, §5.5.1: what the claims parameter demands of a sign-in.
package op_test

import (
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

func wants(member, claim, request string) change {
	return with("claims", `{"`+member+`":{"`+claim+`":`+request+`}}`)
}

func TestADemandedSubjectIsTheOnlyOneWhoIsAnswered(t *testing.T) {
	h := newHouse(t)
	id := h.people["anna"].ID
	for _, demand := range []change{
		wants("id_token", "sub", `{"value":"`+id+`"}`),
		wants("id_token", "sub", `{"essential":true,"value":"`+id+`"}`),
		wants("id_token", "sub", `{"values":["`+id+`"]}`),
		wants("userinfo", "sub", `{"value":"`+id+`"}`),
	} {
		if h.code(h.signedIn(t, "anna").authorize(demand, with("prompt", "none"))).User != id {
			t.Error("the answer is for somebody else")
		}
		ben := h.signedIn(t, "ben")
		ben.authorize(demand, with("prompt", "none")).refused("login_required")
		h.browser(t).authorize(demand, with("prompt", "none")).refused("login_required")
		ben.authorize(demand).asked()
		ask := h.face.last(t)
		if ask.UserID != id {
			t.Errorf("the face was asked for %q", ask.UserID)
		}
		ben.signIn("ben", ask.Attempt) // a face that lets another person pass does not matter
		ben.get(ask.Back).refused("login_required")
	}
}

func TestADemandedSubjectThatIsNobodyIsAskedForLikeAnybody(t *testing.T) {
	h := newHouse(t)
	demand := wants("id_token", "sub", `{"value":"nobody"}`)
	anna := h.signedIn(t, "anna")
	anna.authorize(demand, with("prompt", "none")).refused("login_required")
	anna.authorize(demand).asked()
	if ask := h.face.last(t); ask.UserID != "nobody" {
		t.Errorf("the face was asked %+v", ask)
	}
}

func TestTwoDemandsForTheSubjectMustAgree(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	id, other := h.people["anna"].ID, h.people["ben"].ID
	hint := with("id_token_hint", h.idToken(t, nil))
	h.code(anna.authorize(hint, wants("id_token", "sub", `{"value":"`+id+`"}`)))
	anna.authorize(hint, wants("id_token", "sub", `{"value":"`+other+`"}`)).refused("invalid_request")
	anna.authorize(wants("id_token", "sub", `{"values":["`+id+`","`+other+`"]}`)).refused("invalid_request")
	anna.authorize(with("claims", `{"id_token":{"sub":{"value":"`+id+`"}},"userinfo":{"sub":{"value":"`+other+`"}}}`)).refused("invalid_request")
}

func TestAClaimAskedForInAnUnknownFormIsRefused(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	for _, request := range []string{`"anna"`, `{"value":7}`, `{"values":"anna"}`, `{"essential":"yes"}`, `[]`} {
		anna.authorize(wants("id_token", "sub", request)).refused("invalid_request")
		anna.authorize(wants("id_token", "acr", request)).refused("invalid_request")
	}
	for _, request := range []string{`null`, `{}`, `{"essential":true}`, `{"value":""}`} { // nobody in particular
		h.code(anna.authorize(wants("id_token", "sub", request)))
		h.code(anna.authorize(wants("id_token", "acr", request)))
	}
}

func TestAWishedACRIsLikeACRValues(t *testing.T) {
	h := newHouse(t)
	anna := h.atLevel(t, oneFactor, twoFactors)
	wish := wants("id_token", "acr", `{"values":["`+appFactor+`","`+twoFactors+`"]}`)
	anna.authorize(wish).asked()
	if ask := h.face.last(t); ask.ACR != twoFactors {
		t.Errorf("the face was asked %+v", ask)
	}
	if got := h.code(anna.authorize(wish, with("prompt", "none"))); got.ACR != oneFactor {
		t.Errorf("the answer says %s", got.ACR)
	}
}

func TestADemandedACRIsHadOrRefused(t *testing.T) {
	h := newHouse(t)
	demand := wants("id_token", "acr", `{"essential":true,"values":["`+appFactor+`","`+twoFactors+`"]}`)
	anna := h.atLevel(t, oneFactor, appFactor)
	anna.authorize(demand, with("prompt", "none")).refused("interaction_required")
	anna.authorize(demand).asked()
	ask := h.face.last(t)
	if ask.ACR != appFactor {
		t.Errorf("the face was asked %+v", ask)
	}
	anna.signIn("anna", ask.Attempt) // with one factor again
	anna.get(ask.Back).refused("unmet_authentication_requirements")

	anna.authorize(demand).asked()
	ask = h.face.last(t)
	anna.acr = twoFactors
	anna.signIn("anna", ask.Attempt)
	if got := h.code(anna.get(ask.Back)); got.ACR != twoFactors {
		t.Errorf("the answer says %s", got.ACR)
	}
}

func TestADemandedACRThatCannotBeReachedIsRefusedAtOnce(t *testing.T) {
	h := newHouse(t)
	anna := h.atLevel(t, twoFactors, twoFactors)
	anna.authorize(wants("id_token", "acr", `{"essential":true,"value":"`+appFactor+`"}`)).refused("unmet_authentication_requirements")
	anna.authorize(wants("id_token", "acr", `{"essential":true,"value":"phrh"}`)).refused("unmet_authentication_requirements")
	// Another account may reach it.
	anna.authorize(wants("id_token", "acr", `{"essential":true,"value":"`+appFactor+`"}`), with("prompt", "select_account")).asked()
	if ask := h.face.last(t); ask.ACR != appFactor {
		t.Errorf("the face was asked %+v", ask)
	}
}

func TestTheAnswerNamesADemandedACRThoughTheSessionHasMore(t *testing.T) {
	h := newHouse(t)
	anna := h.atLevel(t, appFactor, appFactor)
	if got := h.code(anna.authorize(wants("id_token", "acr", `{"essential":true,"values":["`+oneFactor+`","`+twoFactors+`"]}`))); got.ACR != twoFactors {
		t.Errorf("the answer says %s", got.ACR)
	}
}

func TestADemandedACRDoesNotGoRoundForEver(t *testing.T) {
	h := newHouse(t)
	anna := h.atLevel(t, oneFactor, appFactor)
	r := anna.authorize(wants("id_token", "acr", `{"essential":true,"value":"`+twoFactors+`"}`))
	for range 5 {
		r.asked()
		h.later(time.Second)
		anna.signIn("anna", storage.NewID()) // elsewhere
		r = anna.get(h.face.last(t).Back)
	}
	r.refused("unmet_authentication_requirements")
}
