package op_test

// OIDC Core §8.1, Registration §5: a client that wants pairwise subjects proves that its redirect URIs belong together.

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"testing"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/web"
)

func TestPairwiseSubjectsAreRegisteredBySectorsThatVouchForTheirURIs(t *testing.T) { // C.6 items 57, 58; SR-09
	listed := []string{"https://app.example/cb", "https://two.example/cb"}
	asked := 0
	sector := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked++
		w.Header().Set("Content-Type", "application/json")
		_ = json.NewEncoder(w).Encode(listed)
	}))
	t.Cleanup(sector.Close)
	eachRegistry(t, anybody, func(r *registry) {
		pairwise := data{"subject_type": "pairwise", "sector_identifier_uri": sector.URL + "/uris"}
		got := r.add(pairwise, data{"redirect_uris": listed})
		if got.all["subject_type"] != "pairwise" || got.all["sector_identifier_uri"] != sector.URL+"/uris" || r.stored(got.ID).Sector != "127.0.0.1" {
			r.t.Errorf("registered is %v, stored the sector %q", got.all, r.stored(got.ID).Sector)
		}
		foreign := data{"redirect_uris": []string{"https://app.example/cb", "https://foreign.example/cb"}}
		r.call("POST", "/register", "", some(pairwise, foreign)).unfit("invalid_client_metadata", "sector_identifier_uri")
		change := some(pairwise, foreign, data{"client_id": got.ID})
		r.call("PUT", got.path, got.Token, change).unfit("invalid_client_metadata", "sector_identifier_uri")

		alone := r.add(data{"subject_type": "pairwise"})
		if r.stored(alone.ID).Sector != "app.example" || alone.all["sector_identifier_uri"] != nil {
			r.t.Errorf("the sector of one host is %q", r.stored(alone.ID).Sector)
		}
		r.call("POST", "/register", "", some(data{"subject_type": "pairwise", "redirect_uris": listed})).unfit("invalid_client_metadata", "sector_identifier_uri")
		for _, uri := range []string{"https://169.254.169.254/uris", "http://localhost:1/uris", "https://10.0.0.1/", "file:///etc/passwd", "https://u:p@app.example/"} {
			r.call("POST", "/register", "", some(data{"subject_type": "pairwise", "sector_identifier_uri": uri})).unfit("invalid_client_metadata", "sector_identifier_uri")
		}
		native := data{"subject_type": "pairwise", "application_type": "native", "redirect_uris": []string{"com.evil.app://app.example/cb"}}
		r.call("POST", "/register", "", some(native)).unfit("invalid_client_metadata", "sector_identifier_uri")
		public := r.add(data{"sector_identifier_uri": "https://169.254.169.254/uris"})
		if public.all["sector_identifier_uri"] != nil || public.all["subject_type"] != "public" {
			r.t.Errorf("with public subjects it is told %v", public.all)
		}
	}, sector.URL)
	if asked == 0 {
		t.Error("the sector was never asked")
	}
}

func TestWhoIsSlowedDownHasNothingFetched(t *testing.T) { // SR-09
	asked := 0
	sector := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { asked++ }))
	t.Cleanup(sector.Close)
	r := newRegistry(t, op.Registration{Mode: "open", Hourly: 2}, sector.URL)
	for range 5 {
		r.call("POST", "/register", "", some(data{"subject_type": "pairwise", "sector_identifier_uri": sector.URL + "/uris"}))
	}
	if asked != 2 {
		t.Errorf("%d times fetched", asked)
	}
}

// SR-09: what an operator vouches for is for clients that the operator knows.
func TestWhatAnOperatorVouchesForIsNothingForThoseWhoRegisterThemselves(t *testing.T) {
	asked, status := 0, http.StatusUnauthorized
	inside := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		asked++
		w.WriteHeader(status)
	}))
	t.Cleanup(inside.Close)
	vouched, err := web.NewOutbound(web.OutboundOptions{Allow: []string{inside.URL}})
	must(t, err)
	sector := some(data{"subject_type": "pairwise", "sector_identifier_uri": inside.URL + "/admin"})
	h := newHouse(t)
	h.serve(t, op.Options{Registration: op.Registration{Mode: "open", Hourly: 100}, Outbound: vouched})
	r := &registry{h, t}
	first := r.call("POST", "/register", "", sector)
	first.unfit("invalid_client_metadata", "sector_identifier_uri")
	signs := r.add(data{"token_endpoint_auth_method": "private_key_jwt", "jwks_uri": inside.URL + "/admin", "request_uris": []string{inside.URL + "/r"},
		"logo_uri": inside.URL + "/logo"})
	r.signedIn(t, "anna").authorize(of(signs.ID, "https://app.example/cb"), with("request_uri", inside.URL+"/r")).refused("invalid_request_uri")
	if about := h.door.About(t.Context(), signs.ID); about.Logo != "" || asked != 0 {
		t.Errorf("asked %d times, the logo is at %q", asked, about.Logo)
	}

	// Where they may name the place, they still learn nothing of what stands there.
	r = register(t, newHouse(t), anybody, inside.URL)
	for _, status = range []int{http.StatusUnauthorized, http.StatusOK, http.StatusFound} {
		if answer := r.call("POST", "/register", "", sector); answer.body != first.body {
			t.Errorf("the status %d is told by %s", status, answer.body)
		}
	}
	if asked == 0 {
		t.Error("a place that is allowed was not asked")
	}
}
