// RFC 6749 §3.3, OIDC Core §3.1.2.1, §11: scopes.
package op_test

import (
	"context"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestScopesThatWeKnowAreKeptOnceAndInOrder(t *testing.T) { // AZ-04; C.2 item 15
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for scope, want := range map[string]string{
			"openid":                    "openid",
			"openid openid":             "openid",
			"email openid profile":      "email openid profile",
			"openid  email ":            "openid email",
			"openid bogus urn:x":        "openid",
			"profile":                   "profile", // a plain OAuth request
			"openid offline_access":     "openid offline_access",
			"phone address groups":      "phone address groups",
			"OPENID openid":             "openid",
			"offline_access openid API": "offline_access openid",
		} {
			if got := h.code(anna.authorize(with("scope", scope))).Scopes; !slices.Equal(got, strings.Fields(want)) {
				t.Errorf("scope %q became %v", scope, got)
			}
		}
	})
}

func TestAScopeThatIsNoneIsRefused(t *testing.T) { // AZ-04
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for _, scope := range []string{"", "bogus", "openid\nemail", "openid\temail", `openid "email"`, `openid e\mail`, "openid é", strings.Repeat("openid ", 51), " "} {
			anna.authorize(with("scope", scope)).refused("invalid_scope")
		}
		anna.authorize(without("scope")).refused("invalid_scope")
	})
}

func TestAClientGetsOnlyTheScopesOfItsList(t *testing.T) {
	h := newHouse(t)
	anna := h.signedIn(t, "anna")
	few := of("few", "https://rp.test/cb")
	if got := h.code(anna.authorize(few, with("scope", "openid profile email groups"))).Scopes; !slices.Equal(got, []string{"openid", "email"}) {
		t.Errorf("it got %v", got)
	}
	anna.authorize(few, with("scope", "groups")).refused("invalid_scope")
}

func TestOfflineAccessIsForClientsThatRefresh(t *testing.T) { // AZ-05
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		short := of("short", "https://rp.test/cb")
		if got := h.code(anna.authorize(short, with("scope", "openid offline_access"))).Scopes; !slices.Equal(got, []string{"openid"}) {
			t.Errorf("it got %v", got)
		}
		anna.authorize(short, with("scope", "offline_access")).refused("invalid_scope")
	})
}

// machines is a store whose clients have lost the code flow, but still their redirect URIs.
type machines struct{ *storage.DB }

func (m machines) Client(ctx context.Context, id string) (storage.Client, error) {
	c, err := m.DB.Client(ctx, id)
	c.GrantTypes = []string{"client_credentials"}
	return c, err
}

func TestAClientWithoutTheGrantTypeHasNoCodeFlow(t *testing.T) {
	h := newHouse(t)
	h.router = doorOn(t, h, machines{h.db})
	h.signedIn(t, "anna").authorize().refused("unauthorized_client")
}

// The log tells what was asked for (behaviours.md 3.18): of what the visitor wrote, no word that this server does not know.
func TestTheFaceIsToldTheScopesThatTheClientMayHave(t *testing.T) {
	h := newHouse(t)
	h.browser(t).authorize(with("scope", "openid  email groups nonsense openid doorward:write")).asked()
	if got := h.face.last(t).Scopes; !slices.Equal(got, []string{"openid", "email", "groups"}) {
		t.Errorf("the face is told %q", got)
	}
}
