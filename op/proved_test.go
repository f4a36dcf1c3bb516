package op_test

import (
	"testing"

	"github.com/doorward/doorward/storage"
)

// OIDC Core §5.1, AD-07: the helpdesk has another's address put in, and applications join accounts by verified ones.
func TestWhatNobodyHasProvedIsNotToldAsVerified(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		ceo := storage.User{ID: "ceo-id", Email: "ceo@corp.test", State: "active", Version: 1}
		must(t, a.db.AddUser(t.Context(), ceo, "", storage.Event{Actor: "test"}))
		a.person = ceo
		a.session = a.signIn()
		token := a.granted("basic", scoped("openid email")).AccessToken
		if got := a.userinfo(token).json(); got["email"] != "ceo@corp.test" || got["email_verified"] != false {
			t.Errorf("userinfo tells %v", got)
		}
		must(t, a.db.ProveEmail(t.Context(), ceo))
		if got := a.userinfo(token).json(); got["email_verified"] != true {
			t.Errorf("proved, and userinfo tells %v", got)
		}
	})
}
