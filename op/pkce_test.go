// RFC 7636, RFC 9700 §2.1.1: proof key for code exchange.
package op_test

import (
	"strings"
	"testing"
)

func TestPKCE(t *testing.T) { // PK-02, PK-04, PK-10; C.2 item 25
	eachHouse(t, func(t *testing.T, h *house) {
		const native = "http://127.0.0.1:7777/cb"
		none := []change{without("code_challenge"), without("code_challenge_method")}
		anna := h.signedIn(t, "anna")
		for _, c := range []struct {
			name   string
			client change
			change []change
			good   bool
			pkce   string
		}{
			{"S256 is taken", of("web", "https://rp.test/cb"), nil, true, challenge},
			{"a public client must send it", of("nat", native), none, false, ""},
			{"a public client may not send it plain", of("nat", native), []change{with("code_challenge_method", "plain")}, false, ""},
			{"a public client with S256", of("nat", native), nil, true, challenge},
			{"a client that must send it", of("web", "https://rp.test/cb"), none, false, ""},
			{"a client that may go without", of("lax", "https://rp.test/cb"), none, true, ""},
			{"and without a nonce too", of("lax", "https://rp.test/cb"), append(none, without("nonce")), true, ""},
			{"if it sends one, it counts", of("lax", "https://rp.test/cb"), nil, true, challenge},
			{"if it sends one, it is S256", of("lax", "https://rp.test/cb"), []change{with("code_challenge_method", "plain")}, false, ""},
			{"a missing method means plain", of("lax", "https://rp.test/cb"), []change{without("code_challenge_method")}, false, ""},
			{"a method alone", of("lax", "https://rp.test/cb"), []change{without("code_challenge")}, false, ""},
			{"s256 is not S256", of("web", "https://rp.test/cb"), []change{with("code_challenge_method", "s256")}, false, ""},
			{"a short challenge", of("web", "https://rp.test/cb"), []change{with("code_challenge", challenge[1:])}, false, ""},
			{"a long challenge", of("web", "https://rp.test/cb"), []change{with("code_challenge", challenge+"A")}, false, ""},
			{"128 characters", of("web", "https://rp.test/cb"), []change{with("code_challenge", strings.Repeat("A", 128))}, false, ""},
			{"padding", of("web", "https://rp.test/cb"), []change{with("code_challenge", challenge[1:]+"=")}, false, ""},
			{"plus", of("web", "https://rp.test/cb"), []change{with("code_challenge", challenge[1:]+"+")}, false, ""},
			{"a character that is not ASCII", of("web", "https://rp.test/cb"), []change{with("code_challenge", challenge[2:]+"é")}, false, ""},
		} {
			t.Run(c.name, func(t *testing.T) {
				anna.t = t
				r := anna.authorize(append([]change{c.client}, c.change...)...)
				if !c.good {
					r.refused("invalid_request")
					return
				}
				if code := h.code(r); code.PKCE != c.pkce {
					t.Errorf("the code is bound to %q", code.PKCE)
				}
			})
		}
	})
}
