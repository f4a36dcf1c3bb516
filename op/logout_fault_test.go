package op_test

// OIDC RP-Initiated Logout 1.0 §4: what is wrong with the request is said on the page, to whoever has to mend it.

import (
	"net/url"
	"strings"
	"testing"
)

func TestTheQuestionSaysWhatIsWrongWithTheRequest(t *testing.T) {
	h := newHouse(t)
	b := h.signedIn(t, "anna")
	const (
		badHint       = "id_token_hint is not an ID token that we gave this client"
		needsHint     = "post_logout_redirect_uri counts only with an id_token_hint"
		notRegistered = "post_logout_redirect_uri is not one that this client has registered"
		toPeople      = "you will not be taken back to it"
	)
	for name, c := range map[string]struct {
		change func(url.Values)
		want   string
	}{
		"a broken hint":             {func(v url.Values) { v.Set("id_token_hint", v.Get("id_token_hint")+"x") }, badHint},
		"another client's hint":     {func(v url.Values) { v.Set("client_id", "another") }, badHint},
		"no hint":                   {func(v url.Values) { v.Del("id_token_hint") }, needsHint},
		"an unregistered address":   {func(v url.Values) { v.Set("post_logout_redirect_uri", "https://evil.test/") }, notRegistered},
		"a query added":             {func(v url.Values) { v.Set("post_logout_redirect_uri", out+"?a=b") }, notRegistered},
		"nothing":                   {func(v url.Values) { clear(v) }, ""},
		"nothing but a state to it": {func(v url.Values) { v.Del("id_token_hint"); v.Del("post_logout_redirect_uri") }, ""},
	} {
		t.Run(name, func(t *testing.T) {
			sent := b.leaving()
			c.change(sent)
			body := b.get("/end_session?" + sent.Encode()).body
			for _, text := range []string{toPeople, "<code>invalid_request</code>", c.want} {
				if strings.Contains(body, text) != (c.want != "") && text != "" {
					t.Errorf("%q: %t", text, c.want == "")
				}
			}
			if strings.Contains(body, out) {
				t.Error("the page names what is registered")
			}
		})
	}
}
