package demoapp

import (
	"net/http"
	"net/url"
)

// signOut forgets the visitor here, and sends the browser to the provider to end the session there too: the ID token says
// who asks, so nobody is asked again, and the provider sends the browser back to our start (OIDC RP-Initiated Logout §2).
// A provider without that endpoint, or one that does not answer, keeps its session.
func (a *app) signOut(w http.ResponseWriter, r *http.Request) {
	to := "/"
	if v := a.visits.of(r); v != nil {
		v.mu.Lock()
		if v.tokens != nil {
			to = a.logoutAddress(v.tokens.idToken, a.origin(r)+"/")
		}
		v.mu.Unlock()
	}
	a.visits.forget(w, r)
	http.Redirect(w, r, to, http.StatusSeeOther)
}

// logoutAddress is where the provider ends the session, or our start where it does not offer that.
func (a *app) logoutAddress(idToken, back string) string {
	if _, err := a.provider.get(); err != nil || a.provider.endSession == "" {
		return "/"
	}
	return a.provider.endSession + "?" + url.Values{"id_token_hint": {idToken}, "post_logout_redirect_uri": {back}}.Encode()
}
