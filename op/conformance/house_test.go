package main

import (
	"encoding/json"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

// The house of a run starts from this very configuration, so that a setting which is renamed is missed here, and not by whoever has a
// suite.
func TestTheHouseOfARunKnowsTheSuitesClientsAndRotatesItsKeys(t *testing.T) {
	t.Parallel()
	suite, err := openSuite(t.Context(), newStandIn(t).URL)
	if err != nil {
		t.Fatal(err)
	}
	h, err := openHouse(t.Context(), suite)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(h.close)
	suite.client.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	for _, c := range staticClients {
		query := url.Values{"client_id": {c.id}, "redirect_uri": {suite.address + "/test/a/" + alias + "/callback"}, "response_type": {"code"}, "scope": {"openid"}}
		answer, err := suite.client.Get(h.issuer + "/authorize?" + query.Encode())
		if err != nil {
			t.Fatal(err)
		}
		_ = answer.Body.Close()
		if got := answer.Header.Get("Location"); answer.StatusCode != http.StatusSeeOther || !strings.Contains(got, "/login/username?") {
			t.Errorf("%s is sent to %q with %s", c.id, got, answer.Status)
		}
	}
	var said struct {
		Registration string `json:"registration_endpoint"`
	}
	read(t, h, "/.well-known/openid-configuration", &said)
	if said.Registration != h.issuer+"/register" {
		t.Errorf("clients register at %q", said.Registration)
	}
	before := keysOf(t, h)
	if err := h.rotate(t.Context()); err != nil {
		t.Fatal(err)
	}
	if after := keysOf(t, h); after <= before {
		t.Errorf("%d keys are published after a rotation, %d before", after, before)
	}
	if told := h.tell(plans[0]); told["client"].(map[string]any)["client_secret"] == "" || len(told["browser"].([]visit)) == 0 {
		t.Errorf("the suite is told %v", told)
	}
}

func keysOf(t *testing.T, h *house) int {
	var set struct{ Keys []any }
	read(t, h, "/jwks", &set)
	return len(set.Keys)
}

func read(t *testing.T, h *house, path string, into any) {
	answer, err := h.suite.client.Get(h.issuer + path)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = answer.Body.Close() }()
	if err := json.NewDecoder(answer.Body).Decode(into); err != nil {
		t.Fatal(err)
	}
}
