package op_test

// OIDC Core §3.1.3.3, RFC 6749 §5.1: what a client is answered is kept nowhere, and a token answer has its types.

import (
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"
)

// apps.send holds every other answer of these tests to the same.
func TestWhatAClientIsAnsweredIsKeptNowhere(t *testing.T) { // HD-05; C.3 item 37
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic")
		kept := func(what string, r *http.Request) {
			t.Helper()
			w := httptest.NewRecorder()
			a.router.ServeHTTP(w, r)
			if h := w.Header(); h.Get("Cache-Control") != "no-store" || h.Get("Pragma") != "no-cache" {
				t.Errorf("%s: %d may be kept: %v", what, w.Code, h)
			}
		}
		for _, path := range []string{"/token", "/introspect", "/revoke"} {
			kept("a good request to "+path, formRequest(path, url.Values{"grant_type": {"refresh_token"}, "refresh_token": {got.RefreshToken}, "token": {got.AccessToken}}, "nosy:secret"))
			kept("a wrong secret at "+path, formRequest(path, url.Values{"token": {"x"}}, "basic:wrong"))
			kept("a bad form at "+path, formRequest(path, url.Values{"token": {"x", "y"}}, "basic:secret"))
			kept("GET "+path, httptest.NewRequest(http.MethodGet, issuer+path, nil))
		}
		for _, token := range []string{got.AccessToken, "x", ""} {
			r := httptest.NewRequest(http.MethodGet, issuer+"/userinfo", nil)
			r.Header.Set("Authorization", "Bearer "+token)
			kept("userinfo", r)
		}
	})
}

func TestATokenAnswerHasTheTypesOfItsMembers(t *testing.T) { // C.3 item 38
	eachApps(t, func(t *testing.T, a *apps) {
		got := a.granted("basic")
		for what, answer := range map[string]reply{
			"a code": a.redeem("basic", a.code("basic")), "a refresh token": a.refresh("basic", got.RefreshToken), "a service": a.ask("robot"),
		} {
			var told map[string]json.RawMessage
			must(t, json.Unmarshal([]byte(answer.body), &told))
			var seconds int
			if err := json.Unmarshal(told["expires_in"], &seconds); err != nil || seconds < 1 || seconds > 15*60 {
				t.Errorf("%s: expires_in is %s", what, told["expires_in"])
			}
			if answer.status != http.StatusOK || string(told["token_type"]) != `"Bearer"` || answer.header.Get("Content-Type") != "application/json" {
				t.Errorf("%s: %d %v %s", what, answer.status, answer.header, answer.body)
			}
		}
	})
}

// torn is a client that has gone when so many bytes of its answer have come: its context ends, as net/http ends it.
type torn struct {
	header http.Header
	left   int
	gone   context.CancelFunc
}

func (w *torn) Header() http.Header { return w.header }
func (w *torn) WriteHeader(int)     {}

func (w *torn) Write(p []byte) (int, error) {
	n := min(len(p), w.left)
	if w.left -= n; n < len(p) {
		w.gone()
		return n, errors.New("broken pipe")
	}
	return n, nil
}

// leaves sends a request of a client that goes after so many bytes; -1: before it is even read.
func (a *apps) leaves(after int, r *http.Request) {
	ctx, gone := context.WithCancel(a.t.Context())
	defer gone()
	if after < 0 {
		gone()
	}
	a.router.ServeHTTP(&torn{http.Header{}, max(after, 0), gone}, r.WithContext(ctx))
}

// RT-08 has the answer that was lost: it is given again, the same. A code is spent, and nobody has two grants of it.
func TestAClientThatLeavesAtAnyByteOfItsAnswerGetsNothingTwice(t *testing.T) { // RQ-12
	eachApps(t, func(t *testing.T, a *apps) {
		whole := len(a.redeem("basic", a.code("basic")).body)
		step := rounds(whole/12, 1)
		first := a.granted("basic")
		var same string
		for after := -1; after < whole; after += step {
			a.leaves(after, formRequest("/token", refreshing(first.RefreshToken), "basic:secret"))
			next := a.refresh("basic", first.RefreshToken).issued()
			if same == "" {
				same = next.RefreshToken
			}
			if next.RefreshToken != same {
				t.Fatalf("after %d bytes: the successor is another one", after)
			}
		}
		for after := -1; after < whole; after += step {
			code := a.code("basic")
			a.leaves(after, tokenRequest(attempt(with("code", code), with("code_verifier", verifier)).Encode(), "basic:secret"))
			again := a.redeem("basic", code)
			if after >= 0 {
				again.denied(http.StatusBadRequest, "invalid_grant")
			} else if again.status == http.StatusOK {
				a.redeem("basic", code).denied(http.StatusBadRequest, "invalid_grant")
			}
		}
	})
}

func refreshing(token string) url.Values {
	return url.Values{"grant_type": {"refresh_token"}, "refresh_token": {token}}
}

// JSON of strangers that costs who reads it: deep, long, and numbers that no machine has (RFC 8259 §9).
func TestHostileJSONIsRefusedAtOnce(t *testing.T) { // RQ-09
	eachRegistry(t, anybody, func(r *registry) {
		anna := r.signedIn(r.t, "anna")
		for name, text := range map[string]string{
			"lists, deep":      strings.Repeat("[", 10_000),
			"objects, deep":    strings.Repeat(`{"a":`, 10_000) + "1" + strings.Repeat("}", 10_000),
			"a long string":    `{"client_name":"` + strings.Repeat("x", 1<<20) + `"}`,
			"a number too big": `{"default_max_age":1e999999}`,
			"many digits":      `{"default_max_age":` + strings.Repeat("9", 60_000) + `}`,
			"half a surrogate": `{"client_name":"\ud800"}`,
		} {
			least := fastest(func() {
				if answer := r.call("POST", "/register", "", text); answer.status != http.StatusBadRequest && answer.status != http.StatusRequestEntityTooLarge {
					r.t.Errorf("%s: %d %s", name, answer.status, answer.body)
				}
			})
			if least.Milliseconds() > 500 { // 50 ms on a quiet machine without the race detector; what grows with the square takes seconds
				r.t.Errorf("%s: it took %v", name, least)
			}
			// As claims most of it is over the bound of a request, which is looked at first.
			if answer := anna.authorize(with("claims", text)); answer.status == http.StatusSeeOther && answer.sent().Has("code") && name != "half a surrogate" {
				r.t.Errorf("%s: taken as claims", name)
			}
		}
	})
}

// fastest is the least time of five: a busy machine may hold up any one of them.
func fastest(f func()) time.Duration {
	least := time.Hour
	for range 5 {
		began := time.Now()
		f()
		least = min(least, time.Since(began))
	}
	return least
}
