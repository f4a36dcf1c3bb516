// OIDC Core §6.2, RFC 9101 §5.2: request objects that lie elsewhere.
package op_test

import (
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

func TestARequestObjectIsFetchedFromARegisteredAddress(t *testing.T) { // C.2 item 23; oidcc-request-uri-signed-rs256
	eachHouse(t, func(t *testing.T, h *house) {
		a := newRP(t, h)
		a.lies.Store(a.object(t, map[string]any{"exp": nil}) + "\n") // what is fetched now needs no exp
		r := h.signedIn(t, "anna").authorize(byAddress(a.address), with("scope", "openid groups"), with("response_type", "code"), with("nonce", "beside"))
		if code := h.code(r); code.Client != "jar" || code.Nonce != "signed" || !slices.Equal(code.Scopes, []string{"openid", "email"}) {
			t.Errorf("the code carries %+v", code)
		}
		if r.sent().Get("state") != "inside" || a.asked.Load() != 1 {
			t.Errorf("state %q, fetched %d times", r.sent().Get("state"), a.asked.Load())
		}
	})
}

func TestNothingIsFetchedFromAnAddressThatIsNotRegistered(t *testing.T) { // AZ-14, SR-09
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	a.lies.Store(a.object(t, nil))
	back := with("redirect_uri", "https://rp.test/cb")
	for _, uri := range []string{
		"https://169.254.169.254/", "http://127.0.0.1/", a.address + "/", a.address + "?x", strings.ToUpper(a.address), a.address + "/../object",
		a.address + "/pinned", a.address + "/pinned#v2", a.address + "/pinned#", "urn:example:request", "file:///etc/passwd", "//127.0.0.1/object", "object", "#x", " ",
	} {
		anna.authorize(byAddress(uri), back).refused("invalid_request_uri")
		anna.authorize(byAddress(uri)).page(http.StatusBadRequest)
		anna.authorize(byAddress(uri), with("redirect_uri", "https://evil.test/cb")).page(http.StatusBadRequest)
	}
	for _, client := range []string{"web", "lax"} { // which have registered none
		anna.authorize(of(client, "https://rp.test/cb"), with("request_uri", a.address)).refused("invalid_request_uri")
	}
	h.disable(t, "jar2")
	for _, client := range []string{"nobody", "jar2", ""} {
		anna.authorize(byAddress(a.address), with("client_id", client)).page(http.StatusBadRequest)
	}
	anna.authorize(byAddress(a.address), back, with("request", a.object(t, nil))).refused("invalid_request")
	if n := a.asked.Load(); n != 0 {
		t.Errorf("%d times something was fetched", n)
	}
}

func TestARegisteredFragmentIsPartOfTheAddressAndOthersAreFree(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	a.lies.Store(a.object(t, nil))
	for _, uri := range []string{a.address, a.address + "#", a.address + "#of-something-else", a.address + "/pinned#v1"} {
		h.code(anna.authorize(byAddress(uri)))
	}
}

func TestAnObjectIsKeptForAMinuteOnlyUnderItsOwnHash(t *testing.T) {
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	body := a.object(t, map[string]any{"exp": nil, "iat": nil})
	a.lies.Store(body)
	sum := sha256.Sum256([]byte(body))
	hashed := a.address + "#" + base64.RawURLEncoding.EncodeToString(sum[:])
	fetched := func(uri string, times int32) {
		t.Helper()
		before := a.asked.Load()
		for range 3 {
			h.code(anna.authorize(byAddress(uri)))
		}
		if n := a.asked.Load() - before; n != times {
			t.Errorf("%s was fetched %d times, want %d", uri, n, times)
		}
	}
	fetched(a.address, 3) // another state may lie there each time
	fetched(a.address+"#another", 3)
	fetched(hashed, 1)
	fetched(hashed, 0)
	a.lies.Store(a.object(t, map[string]any{"nonce": "changed"}))
	if code := h.code(anna.authorize(byAddress(hashed))); code.Nonce != "signed" {
		t.Errorf("the hash names another object: %+v", code)
	}
	h.later(time.Minute)
	if code := h.code(anna.authorize(byAddress(hashed))); code.Nonce != "changed" {
		t.Errorf("what has changed a minute ago is %+v", code)
	}
	fetched(hashed, 3) // it is not what the hash says, and not kept
}

func TestWhatCannotBeFetchedIsNoRequest(t *testing.T) { // SR-06
	h := newHouse(t)
	a, anna := newRP(t, h), h.signedIn(t, "anna")
	good := a.object(t, nil)
	back := with("redirect_uri", "https://rp.test/cb")
	for _, c := range []struct {
		status int
		lies   string
		code   string
	}{
		{http.StatusNotFound, good, "invalid_request_uri"},
		{http.StatusFound, good, "invalid_request_uri"},
		{http.StatusOK, "", "invalid_request_uri"},
		{http.StatusOK, " \n", "invalid_request_uri"},
		{http.StatusOK, good + strings.Repeat(" ", 300<<10), "invalid_request_uri"},
		{http.StatusOK, strings.Repeat("x", 100<<10), "invalid_request_object"},
		{http.StatusOK, good + "x", "invalid_request_object"},
		{http.StatusOK, "<html>not found</html>", "invalid_request_object"},
		{http.StatusOK, bare(t, a.claims(nil)), "request_uri_not_supported"},
		{http.StatusOK, a.object(t, map[string]any{"exp": 1}), "invalid_request_object"},
		{http.StatusOK, a.object(t, map[string]any{"aud": nil}), "invalid_request_object"},
		{http.StatusOK, a.object(t, map[string]any{"nonce": strings.Repeat("n", 5000)}), "invalid_request_object"},
		{http.StatusOK, a.object(t, map[string]any{"request_uri": a.address}), "invalid_request_object"},
	} {
		a.status.Store(int32(c.status))
		a.lies.Store(c.lies)
		anna.authorize(byAddress(a.address), back).refused(c.code)
	}
}

func TestAVisitorMakesUsFetchOnlySoOften(t *testing.T) { // SR-09
	eachHouse(t, func(t *testing.T, h *house) {
		a, stranger := newRP(t, h), h.browser(t)
		request := []change{byAddress(a.address), with("redirect_uri", "https://rp.test/cb")}
		a.lies.Store(a.object(t, nil))
		_, err := h.db.Spend(t.Context(), "request-object:jar:192.0.2.1", storage.Rate{Burst: 2, Per: 2 * time.Hour}) // as if it had asked often
		must(t, err)
		stranger.authorize(request...).refused("temporarily_unavailable")
		stranger.authorize(append(request, byAddress(a.address+"#of-something-else"), with("redirect_uri", "https://rp.test/cb"))...).refused("temporarily_unavailable")
		if n := a.asked.Load(); n != 0 {
			t.Errorf("it was fetched %d times", n)
		}
		stranger.authorize(append(request, with("client_id", "jar2"))...).page(http.StatusBadRequest) // fetched, and its redirect URI is another's
		h.later(2 * time.Hour)
		a.lies.Store(a.object(t, nil))
		stranger.authorize(request...).asked()
		if n := a.asked.Load(); n != 2 {
			t.Errorf("it was fetched %d times", n)
		}
	})
}

func TestStrangersElsewhereUseUpNobodysRequestObjects(t *testing.T) { // SR-09
	eachHouse(t, func(t *testing.T, h *house) {
		a, anna := newRP(t, h), h.signedIn(t, "anna")
		a.lies.Store(a.object(t, nil))
		back := with("redirect_uri", "https://rp.test/cb")
		for block := range 6 {
			stranger := h.browser(t)
			stranger.address = fmt.Sprintf("198.51.100.%d:4711", block)
			for i := range 60 {
				stranger.authorize(byAddress(fmt.Sprintf("%s#%d", a.address, i)), back).asked()
			}
		}
		h.code(anna.authorize(byAddress(a.address)))
	})
}
