package op_test

// RFC 7592: an application reads, changes and ends what it has registered.

import (
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

func TestAnApplicationEndsItsRegistrationAndWhatPeopleHaveAllowedEndsWithIt(t *testing.T) { // C.6 item 56
	eachRegistry(t, anybody, func(r *registry) {
		got := r.add(data{"grant_types": []string{"authorization_code", "refresh_token"}})
		r.consent(r.t, "anna", got.ID, "openid", "offline_access")
		b := r.signedIn(r.t, "anna")
		sent := b.authorize(of(got.ID, "https://app.example/cb"), with("scope", "openid offline_access")).sent()
		tokens := r.redeem(sent.Get("code"), "https://app.example/cb", got).issued()
		a := &apps{house: r.house, t: r.t}
		a.userinfo(tokens.AccessToken).says(http.StatusOK)
		if answer := r.call("DELETE", got.path, got.Token, nil); answer.status != http.StatusNoContent || answer.body != "" {
			r.t.Errorf("the end is answered %d %s", answer.status, answer.body)
		}
		a.userinfo(tokens.AccessToken).says(http.StatusUnauthorized)
		r.call("GET", got.path, got.Token, nil).unknown()
		r.call("DELETE", got.path, got.Token, nil).unknown()
		b.authorize(of(got.ID, "https://app.example/cb")).page(http.StatusBadRequest)
		if r.events(storage.ClientRemoved, got.ID) != 1 {
			r.t.Error("no event tells of the end, or more than one")
		}
	})
}

func TestOnlyItsOwnTokenOpensARegistration(t *testing.T) {
	eachRegistry(t, anybody, func(r *registry) {
		got, other := r.add(), r.add(data{"client_name": "Other"})
		invitation := r.invitation(1, time.Hour)
		for _, method := range []string{"GET", "PUT", "DELETE"} {
			for _, token := range []string{"", other.Token, got.Secret, invitation, "dwx_x", got.Token + "x"} {
				r.call(method, got.path, token, some(data{"client_id": got.ID})).unknown()
			}
			for _, path := range []string{"/register/" + storage.NewID(), "/register/web", "/register/%00", "/register/" + other.ID} {
				r.call(method, path, got.Token, some(data{"client_id": got.ID})).unknown()
			}
			r.call(method, got.path+"?access_token="+got.Token, "", some()).unknown()
			r.later(time.Minute) // failures are counted
		}
		r.call("GET", got.path, got.Token, nil).registered(http.StatusOK)
		r.call("POST", "/register", got.Token, some()).unknown() // nor is it an invitation
		r.disable(r.t, got.ID)
		r.call("GET", got.path, got.Token, nil).unknown()
		r.call("PUT", got.path, got.Token, some(data{"client_id": got.ID})).unknown()
	})
}

func TestWhoGuessesTokensOfRegistrationsIsSlowedDown(t *testing.T) {
	r := newRegistry(t, anybody)
	got := r.add()
	for range 20 {
		r.call("GET", got.path, "dwx_guess", nil).unknown()
	}
	if answer := r.call("GET", got.path, "dwx_guess", nil); answer.status != http.StatusTooManyRequests || answer.header.Get("Retry-After") == "" {
		t.Errorf("the twenty-first is answered %d %v", answer.status, answer.header)
	}
	r.call("GET", got.path, got.Token, nil).registered(http.StatusOK) // the right one still passes
}

func TestAChangeTakesThePlaceOfAllThatWasRegistered(t *testing.T) {
	eachRegistry(t, anybody, func(r *registry) {
		got := r.add(data{"policy_uri": "https://app.example/privacy", "default_max_age": 600, "grant_types": []string{"authorization_code", "refresh_token"}})
		before := r.stored(got.ID).Secrets
		change := some(data{"client_id": got.ID, "client_secret": got.Secret, "client_name": "Journal", "tos_uri": "https://app.example/terms", "default_max_age": nil})
		now := r.call("PUT", got.path, got.Token, change).registered(http.StatusOK)
		if now.all["client_name"] != "Journal" || now.all["tos_uri"] != "https://app.example/terms" || now.all["policy_uri"] != nil || now.all["default_max_age"] != nil {
			r.t.Errorf("it is now %v", now.all)
		}
		if now.Token != got.Token || now.Secret != "" || now.ID != got.ID || now.all["client_id_issued_at"] != got.all["client_id_issued_at"] {
			r.t.Errorf("what is given by the server has changed: %v", now.all)
		}
		c := r.stored(got.ID)
		if !c.Consent || c.Owner != "dynamic" || c.Refresh != "never" || !reflect.DeepEqual(c.Secrets, before) {
			r.t.Errorf("stored is %+v", c)
		}
		if r.events(storage.ClientChanged, got.ID) != 1 {
			r.t.Error("no event tells of the change")
		}
		page := r.call("PUT", got.path, got.Token, some(data{"client_id": got.ID, "token_endpoint_auth_method": "none"})).registered(http.StatusOK)
		if c := r.stored(got.ID); page.Secret != "" || c.Secrets[0] != nil || c.Type != "browser" {
			r.t.Errorf("without a secret it is %+v", c)
		}
		again := r.call("PUT", got.path, got.Token, some(data{"client_id": got.ID})).registered(http.StatusOK)
		if again.Secret == "" || again.Secret == got.Secret || again.all["client_secret_expires_at"] != 0.0 {
			r.t.Errorf("with one again it is told %v", again.all)
		}
	})
}

func TestAChangeTakesNothingOutOfTheServersHands(t *testing.T) {
	eachRegistry(t, anybody, func(r *registry) {
		got, other := r.add(), r.add()
		for member, value := range map[string]any{
			"client_id": other.ID, "client_secret": "mine", "registration_access_token": got.Token, "registration_client_uri": got.URI,
			"client_secret_expires_at": 0, "client_id_issued_at": 1,
		} {
			said := some(data{"client_id": got.ID})
			said[member] = value
			r.call("PUT", got.path, got.Token, said).unfit("invalid_client_metadata", member)
		}
		r.call("PUT", got.path, got.Token, some()).unfit("invalid_client_metadata", "client_id")
		r.call("PUT", got.path, got.Token, some(data{"client_id": got.ID, "grant_types": []string{"implicit"}})).unfit("invalid_client_metadata", "grant_types")
		r.call("PUT", got.path, got.Token, some(data{"client_id": got.ID, "redirect_uris": []string{"http://x.example/"}})).unfit("invalid_redirect_uri", "redirect_uris")
		if r.events(storage.ClientChanged, got.ID) != 0 {
			r.t.Error("something was changed all the same")
		}
		// RG-04: what nobody but an operator gives is not among the members
		now := r.call("PUT", got.path, got.Token, some(data{"client_id": got.ID, "consent": false, "Consent": false, "owner": "", "introspect": true, "require_pkce": false, "type": "service", "id_token_claims": true}))
		now.registered(http.StatusOK)
		if c := r.stored(got.ID); !c.Consent || c.Introspect || !c.RequirePKCE || c.Type != "web" || c.IDTokenClaims || c.Owner != "dynamic" {
			r.t.Errorf("stored is %+v", c)
		}
	})
}

func TestACodeForARedirectURIThatWasTakenAwayIsWorthNothing(t *testing.T) { // RG-05
	eachRegistry(t, anybody, func(r *registry) {
		got := r.add()
		r.consent(r.t, "anna", got.ID, "openid")
		b := r.signedIn(r.t, "anna")
		old := of(got.ID, "https://app.example/cb")
		code, unchanged := b.authorize(old).sent().Get("code"), b.authorize(old).sent().Get("code")
		r.redeem(unchanged, "https://app.example/cb", got).issued()
		change := some(data{"client_id": got.ID, "redirect_uris": []string{"https://app.example/new"}})
		r.call("PUT", got.path, got.Token, change).registered(http.StatusOK)
		r.redeem(code, "https://app.example/cb", got).denied(http.StatusBadRequest, "invalid_grant")
		b.authorize(old).page(http.StatusBadRequest)
		r.redeem(b.authorize(of(got.ID, "https://app.example/new")).sent().Get("code"), "https://app.example/new", got).issued()
	})
}

func TestAnApplicationThatMovesIsAskedAboutAgain(t *testing.T) { // RG-03
	eachRegistry(t, anybody, func(r *registry) {
		got := r.add()
		r.consent(r.t, "anna", got.ID, "openid")
		b := r.signedIn(r.t, "anna")
		code := b.authorize(of(got.ID, "https://app.example/cb")).sent().Get("code")
		change := some(data{"client_id": got.ID, "redirect_uris": []string{"https://app.example/cb", "https://bank.example/cb"}})
		r.call("PUT", got.path, got.Token, change).registered(http.StatusOK)
		r.redeem(code, "https://app.example/cb", got).denied(http.StatusBadRequest, "invalid_grant")
		b.authorize(of(got.ID, "https://bank.example/cb")).asked()
		if ask := r.face.last(r.t); ask.AppHost != "bank.example" || len(ask.Consent) == 0 {
			r.t.Errorf("the face is asked %+v", ask)
		}
	})
}

func TestOfManyWhoChangeARegistrationAtOnceEachChangesWhatIsThere(t *testing.T) { // RG-06
	eachRegistry(t, anybody, func(r *registry) {
		got := r.add()
		var all sync.WaitGroup
		statuses := make([]int, 10)
		for i := range statuses {
			change := some(data{"client_id": got.ID, "client_name": fmt.Sprint("Ledger ", i)})
			all.Go(func() { statuses[i] = r.call("PUT", got.path, got.Token, change).status })
		}
		all.Wait()
		won := 0
		for _, status := range statuses {
			switch status {
			case http.StatusOK:
				won++
			case http.StatusConflict:
			default:
				r.t.Errorf("a change is answered %d", status)
			}
		}
		if won == 0 || won != r.events(storage.ClientChanged, got.ID) {
			r.t.Errorf("%d were told that they changed it, and %d did", won, r.events(storage.ClientChanged, got.ID))
		}
	})
}

func TestWhatIsSentAgainUnchangedIsNoChange(t *testing.T) { // RFC 7592 §2.2
	eachRegistry(t, anybody, func(r *registry) {
		all := data{"jwks": setOf("ec"), "scope": "openid email", "contacts": []string{"ops@app.example"}, "default_max_age": 600}
		got := r.add(all)
		before := r.stored(got.ID)
		for range 3 {
			now := r.call("PUT", got.path, got.Token, some(all, data{"client_id": got.ID, "client_secret": got.Secret})).registered(http.StatusOK)
			if now.Token != got.Token || now.all["client_name"] != "Ledger" {
				r.t.Errorf("it is told %v", now.all)
			}
		}
		if after := r.stored(got.ID); r.events(storage.ClientChanged, got.ID) != 0 || !after.Updated.Equal(before.Updated) {
			r.t.Errorf("%d events, written at %v, then at %v", r.events(storage.ClientChanged, got.ID), before.Updated, after.Updated)
		}
	})
}

func TestChangesOfARegistrationAreCounted(t *testing.T) {
	r := newRegistry(t, anybody)
	got := r.add()
	for range 60 {
		r.call("PUT", got.path, got.Token, some(data{"client_id": got.ID})).registered(http.StatusOK)
	}
	if answer := r.call("PUT", got.path, got.Token, some(data{"client_id": got.ID})); answer.status != http.StatusTooManyRequests {
		t.Errorf("the sixty-first is answered %d", answer.status)
	}
}

func TestChangesFromOneAddressBlockAreCountedHoweverManyApplicationsItHas(t *testing.T) {
	eachRegistry(t, anybody, func(r *registry) {
		one, other := r.add(), r.add()
		elsewhere := func(q *http.Request) { q.RemoteAddr = "198.51.100.7:4711" }
		change := func(of registered, name string, changes ...func(*http.Request)) int {
			return r.call("PUT", of.path, of.Token, some(data{"client_id": of.ID, "client_name": name}), changes...).status
		}
		_, err := r.db.Spend(r.t.Context(), "registered-block:192.0.2.1", storage.Rate{Burst: 2, Per: 4 * time.Hour}) // as if many had been changed
		must(r.t, err)
		for _, of := range []registered{one, other} {
			if got := change(of, "Renamed"); got != http.StatusTooManyRequests || r.events(storage.ClientChanged, of.ID) != 0 {
				r.t.Errorf("answered %d, %d changes", got, r.events(storage.ClientChanged, of.ID))
			}
		}
		if got := change(one, "Elsewhere", elsewhere); got != http.StatusOK {
			r.t.Errorf("from elsewhere: %d", got)
		}
		r.later(4 * time.Hour)
		if got := change(other, "Later"); got != http.StatusOK {
			r.t.Errorf("later: %d", got)
		}
	})
}
