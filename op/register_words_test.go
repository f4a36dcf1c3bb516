package op_test

import (
	"testing"
)

// RFC 7591 §3.2.2: error_description helps the application's developer.
func TestWhoIsRefusedIsToldWhatWouldBeTaken(t *testing.T) {
	r := newRegistry(t, anybody)
	for _, c := range []struct {
		said data
		why  string
	}{
		{data{"redirect_uris": []string{}}, "redirect_uris must be given"},
		{data{"redirect_uris": "https://app.example/cb"}, "redirect_uris must be a list of strings"},
		{data{"contacts": []any{"anna", nil}}, "contacts must be a list of strings"},
		{data{"client_name": 7}, "client_name must be a string"},
		{data{"response_types": []string{"code", "token"}}, "response_types must be code alone: no implicit and no hybrid flow is done here"},
		{data{"application_type": "service"}, "application_type must be web or native"},
		{data{"jwks": data{"keys": []any{}}}, "jwks must be a JSON Web Key Set with a key at least (RFC 7517 section 5)"},
		{data{"subject_type": "secret"}, "subject_type must be public or pairwise"},
		{data{"default_max_age": 0}, "default_max_age must be a whole number of seconds, 1 at least"},
		{data{"require_auth_time": "yes"}, "require_auth_time must be true or false"},
		{data{"backchannel_logout_session_required": 1}, "backchannel_logout_session_required must be true or false"},
		{data{"scope": "admin"}, "scope must be a string with one at least of openid profile email address phone groups offline_access"},
	} {
		answer := r.call("POST", "/register", "", some(c.said))
		if got := answer.json()["error_description"]; got != c.why {
			t.Errorf("%v: %q, want %q", c.said, got, c.why)
		}
	}
}
