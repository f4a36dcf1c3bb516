package op_test

// RFC 7591 §3: who may register at all.

import (
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

func TestWhereRegistrationIsClosedThereIsNoEndpoint(t *testing.T) { // RG-08
	eachRegistry(t, op.Registration{Mode: "closed"}, func(r *registry) {
		for method, path := range map[string]string{"POST": "/register", "GET": "/register/web", "PUT": "/register/web", "DELETE": "/register/web"} {
			if answer := r.call(method, path, "dwx_x", some()); answer.status != http.StatusNotFound {
				r.t.Errorf("%s %s: %d", method, path, answer.status)
			}
		}
		if said := r.discovery(); said["registration_endpoint"] != nil {
			r.t.Errorf("discovery lists %v", said["registration_endpoint"])
		}
	})
	for _, o := range []op.Registration{anybody, whoIsSent} {
		if said := register(t, newHouse(t), o).discovery(); said["registration_endpoint"] != issuer+"/register" {
			t.Errorf("%s: discovery lists %v", o.Mode, said["registration_endpoint"])
		}
	}
}

func TestAnInvitationIsGoodForAsManyApplicationsAsItSays(t *testing.T) {
	eachRegistry(t, whoIsSent, func(r *registry) {
		r.call("POST", "/register", "", some()).unknown()
		r.call("POST", "/register", "dwn_invented", some()).unknown()
		token := r.invitation(3, time.Hour)
		r.call("POST", "/register", token, some(data{"client_name": " "})).unfit("invalid_client_metadata", "client_name") // spends nothing
		var won sync.WaitGroup
		statuses := make([]int, 12)
		for i := range statuses {
			won.Go(func() { statuses[i] = r.call("POST", "/register", token, some()).status })
		}
		won.Wait()
		made := 0
		for _, status := range statuses {
			if status == http.StatusCreated {
				made++
			}
		}
		if list, err := r.db.Clients(r.t.Context()); err != nil || made != 3 || len(list) != len(clients())+3 {
			r.t.Errorf("%d registered: %v; %d clients, %v", made, statuses, len(list), err)
		}
		late := r.invitation(1, time.Hour)
		r.later(time.Hour)
		r.call("POST", "/register", late, some()).unknown()
	})
}

func TestAnInvitationOfBeforeARestoreIsWorthNothing(t *testing.T) {
	r := newRegistry(t, whoIsSent)
	token := r.invitation(1, time.Hour)
	_, err := r.db.RaiseEpoch(t.Context(), storage.Event{Actor: "operator"})
	must(t, err)
	must(t, r.keys.Refresh(t.Context()))
	r.call("POST", "/register", token, some()).unknown()
}

func TestWhoeverMayRegisterDoesSoTenTimesAnHour(t *testing.T) {
	eachRegistry(t, op.Registration{Mode: "open", Hourly: 10}, func(r *registry) {
		for range 10 {
			r.add()
		}
		answer := r.call("POST", "/register", "", some())
		if answer.status != http.StatusTooManyRequests || answer.header.Get("Retry-After") == "" {
			r.t.Errorf("the eleventh is answered %d %v", answer.status, answer.header)
		}
		r.call("POST", "/register", r.invitation(1, time.Hour), some()).registered(http.StatusCreated) // who is invited is not among them
		r.later(time.Hour)
		r.add()
	})
}

func TestAConfidentialApplicationMayLeavePKCEOutOnlyWhereTheHouseAllowsIt(t *testing.T) {
	t.Parallel()
	for optional, want := range map[bool]bool{false: true, true: false} {
		eachRegistry(t, op.Registration{Mode: "open", PKCEOptional: optional}, func(r *registry) {
			if c := r.stored(r.add().ID); c.RequirePKCE != want {
				t.Errorf("optional %t: wanted of it is %t", optional, c.RequirePKCE)
			}
			page := r.stored(r.add(data{"token_endpoint_auth_method": "none"}).ID)
			if !page.RequirePKCE || page.Type != "browser" { // RG-02: web + none without PKCE
				t.Errorf("a page without a server: %+v", page)
			}
		})
	}
}
