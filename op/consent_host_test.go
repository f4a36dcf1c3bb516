package op_test

// RG-03, OIDC Core §3.1.2.4: what a person allowed goes where they were shown that it goes.

import (
	"slices"
	"strings"
	"testing"
)

func TestConsentForOneHostSendsNothingToAnother(t *testing.T) {
	eachRegistry(t, anybody, func(r *registry) {
		shown, other := "https://grafana.company.example/cb", "https://evil.example/cb"
		rogue := r.add(data{"redirect_uris": []string{shown, other}})
		b := r.signedIn(r.t, "anna")
		b.authorize(of(rogue.ID, shown)).asked()
		if host := r.face.last(r.t).AppHost; host != "grafana.company.example" {
			r.t.Errorf("the person is shown %s", host)
		}
		r.consentAt(r.t, "anna", rogue.ID, "grafana.company.example", "openid", "email")
		b.authorize(of(rogue.ID, shown), with("prompt", "none")).sent()
		b.authorize(of(rogue.ID, other), with("prompt", "none")).refused("consent_required")
		b.authorize(of(rogue.ID, other)).asked()
		if ask := r.face.last(r.t); ask.AppHost != "evil.example" || !slices.Contains(ask.Consent, "openid") {
			r.t.Errorf("the face is asked %+v", ask)
		}

		// Whoever allows the other a little gives it nothing of what the first may have.
		r.consentAt(r.t, "anna", rogue.ID, "evil.example", "openid")
		b.authorize(of(rogue.ID, other), with("prompt", "none")).sent()
		b.authorize(of(rogue.ID, other), with("prompt", "none"), with("scope", "openid email")).refused("consent_required")
		b.authorize(of(rogue.ID, shown), with("prompt", "none"), with("scope", "openid email")).sent()
	})
}

func TestAHostThatIsAddedWhileThePersonIsAskedIsNotAllowed(t *testing.T) { // RG-05
	eachRegistry(t, anybody, func(r *registry) {
		shown, other := "https://grafana.company.example/cb", "https://evil.example/cb"
		rogue := r.add(data{"redirect_uris": []string{shown}})
		b := r.signedIn(r.t, "anna")
		b.authorize(of(rogue.ID, shown)).asked()
		r.call("PUT", rogue.path, rogue.Token, some(data{"client_id": rogue.ID, "redirect_uris": []string{shown, other}})).registered(200)
		r.consentAt(r.t, "anna", rogue.ID, r.face.last(r.t).AppHost, "openid")
		b.authorize(of(rogue.ID, other), with("prompt", "none")).refused("consent_required")
		b.authorize(of(rogue.ID, shown), with("prompt", "none")).sent()
	})
}

// RFC 8252 §7.1: the name of a scheme may look like somebody's host.
func TestAnAppsOwnSchemeIsNoHost(t *testing.T) {
	r := newRegistry(t, anybody)
	app := r.add(data{"application_type": "native", "redirect_uris": []string{"grafana.company.example:/cb", "https://grafana.company.example/cb"}})
	b := r.signedIn(t, "anna")
	b.authorize(of(app.ID, "grafana.company.example:/cb")).asked()
	if host := r.face.last(t).AppHost; host != "grafana.company.example:" {
		t.Errorf("the person is shown %s", host)
	}
	r.consentAt(t, "anna", app.ID, "grafana.company.example", "openid")
	answer := b.authorize(of(app.ID, "grafana.company.example:/cb"), with("prompt", "none"))
	if !strings.Contains(answer.header.Get("Location"), "error=consent_required") {
		t.Errorf("it is sent %s", answer.header.Get("Location"))
	}
}
