// RFC 6749 §3.1.2, §4.1.2.1; RFC 8252 §7.3, §8.3; RFC 9700 §2.1: who may be answered at all.
package op_test

import (
	"net/http"
	"regexp"
	"strings"
	"testing"
)

func TestAnUnknownClientGetsAPage(t *testing.T) { // AZ-01
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for _, id := range []string{"", "nobody", "dis", "WEB", "web ", "web\x00", "<script>"} {
			r := anna.authorize(with("client_id", id))
			r.page(http.StatusBadRequest)
			if strings.Contains(r.body, "<script>") {
				t.Errorf("client_id %q stands on the page as it is", id)
			}
		}
		anna.authorize(without("client_id")).page(http.StatusBadRequest)
		anna.authorize(with("client_id", strings.Repeat("c", 10_000))).page(http.StatusRequestURITooLong)
	})
}

func TestUnknownAndDisabledClientsLookAlike(t *testing.T) { // AZ-01
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		unknown, disabled := anna.authorize(with("client_id", "dix")), anna.authorize(with("client_id", "dis"))
		a, b := unique.ReplaceAllString(unknown.body, ""), unique.ReplaceAllString(disabled.body, "")
		if strings.ReplaceAll(a, "dix", "dis") != b {
			t.Errorf("unknown:\n%s\ndisabled:\n%s", a, b)
		}
		if strings.Contains(disabled.body, "rp.test/cb") {
			t.Error("the page tells what a disabled client has registered")
		}
	})
}

// unique is what differs from page to page: reference and time.
var unique = regexp.MustCompile(`E-[0-9A-Z]+-[0-9A-Z]+|\d{4}-\d\d-\d\dT[0-9:]+Z`)

func TestOnlyTheRegisteredAddressOfAWebAppIsAnswered(t *testing.T) { // RU-02 to RU-04, RU-13 to RU-17, RU-20, RU-22; C.2 item 12
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for _, redirect := range []string{
			"https%3A//rp.test/cb", "https://rp.test%2Fcb", "https://rp.test/c%62", "https://rp.test/%63b", "https://rp.test/cb%20", "https://rp.test/cb+",
			"https://rp.test@evil.test/cb", "https://evil.test#@rp.test/cb", `https://evil.test\@rp.test/cb`, "https://rp.test:443@evil.test/cb",
			"https://rp.test.evil.test/cb", "https://evilrp.test/cb", "https://rp-test/cb",
			"HTTPS://rp.test/cb", "https://RP.test/cb", "https://rp.test/CB", "http://rp.test/cb", "https://rp.test:443/cb", "https://rp.test:444/cb",
			"https://rp.test/cb/", "https://rp.test/cb/../evil", "https://rp.test/cb/..;/evil", "https://rp.test/cb%2f..%2fevil", "https://rp.test/cb%252f..",
			"https://rp.test/cb;x", "https://rp.test//cb", "https://rp.test/./cb", "https://rp.test/cb?x=1", "https://rp.test/cb?",
			"https://rp.test/cb#", "https://rp.test/cb#x", "https://rp.test/cb%23x",
			"https://rp.tеst/cb", "https://rp。test/cb", "https://xn--rp-test-x/cb", "https://rp.test\u202e/cb", "https://rp.test\u00ad/cb",
			" https://rp.test/cb", "https://rp.test/cb\n", "https://rp.test/cb%09", "https:///rp.test/cb", "https:/rp.test/cb", "https:rp.test/cb", "//rp.test/cb",
			"https://rp2.test/cb", "javascript:alert(1)", "data:text/html,x", "https://rp.test/" + strings.Repeat("p", 2100), "https://u:p@rp.test/cb", "%",
		} {
			anna.authorize(with("redirect_uri", redirect)).page(http.StatusBadRequest)
			anna.post(good(with("redirect_uri", redirect))).page(http.StatusBadRequest)
			anna.authorize(with("redirect_uri", redirect), with("response_mode", "form_post")).page(http.StatusBadRequest)
		}
		anna.authorize(with("redirect_uri", "")).page(http.StatusBadRequest)
		anna.authorize(without("redirect_uri")).page(http.StatusBadRequest)
		anna.authorize(of("machine", "https://rp.test/cb")).page(http.StatusBadRequest)
	})
}

func TestNativeAppsChooseTheirPortOnRegisteredLoopbackLiterals(t *testing.T) { // RU-01, RU-05 to RU-11, RU-19
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for _, redirect := range []string{
			"http://127.0.0.1/cb", "http://127.0.0.1:1/cb", "http://127.0.0.1:8080/cb", "http://127.0.0.1:65535/cb", "com.example.app:/cb",
		} {
			got := anna.authorize(of("nat", redirect))
			if code := h.code(got); code.Client != "nat" || !strings.HasPrefix(got.header.Get("Location"), redirect+"?code=") {
				t.Errorf("%s: the answer went to %s", redirect, got.header.Get("Location"))
			}
		}
		for _, redirect := range []string{
			"http://127.0.0.1%2Fcb%23@evil.test/steal", "http://127.0.0.1%2Fcb%3F@evil.test/steal", "http://127.0.0.1%5C@evil.test/cb",
			"http://127.0.0.1%0A@evil.test/cb", "http://127.0.0.1%09@evil.test/cb", "http://127.0.0.1:7777@evil.test/cb",
			"http://127.0.0.1:7777/cb#frag", "http://127.0.0.1:7777/cb?x=1", "https://127.0.0.1:7777/cb", "http://localhost:7777/cb", "http://[::1]:7777/cb",
			"http://127.9.9.9:7777/cb", "http://127.1:7777/cb", "http://u:p@127.0.0.1:5000/cb", "http://127.0.0.1:7777/cb/",
			"http://127.0.0.1:0/cb", "http://127.0.0.1:99999/cb", "http://127.0.0.1:-1/cb", "http://127.0.0.1:08080/cb", "http://127.0.0.1:٨٠٨٠/cb", "http://127.0.0.1:/cb",
			"COM.EXAMPLE.APP:/cb", "com.example.app://evil/cb", "com.example.app:/cb?x", "com.example.app:cb", "com.example.app:///cb",
		} {
			anna.authorize(of("nat", redirect)).page(http.StatusBadRequest)
		}
	})
}

func TestNoErrorOfARequestGoesToAnUnprovedAddress(t *testing.T) { // AZ-17
	eachHouse(t, func(t *testing.T, h *house) {
		anna := h.signedIn(t, "anna")
		for name, value := range map[string]string{
			"response_type": "token", "response_mode": "bogus", "scope": "bogus", "code_challenge_method": "plain", "prompt": "bogus", "max_age": "x",
			"claims": "{", "request": "x", "request_uri": "https://evil.test/", "registration": "{}", "state": "\n",
		} {
			anna.authorize(with("redirect_uri", "https://evil.test/cb"), with(name, value)).page(http.StatusBadRequest)
		}
	})
}

func TestTheErrorPageSpeaksTheLanguageThatTheClientWishes(t *testing.T) {
	h := newHouse(t)
	if body := h.browser(t).authorize(with("client_id", "nobody"), with("ui_locales", "fr de")).body; !strings.Contains(body, `<html lang="de">`) {
		t.Errorf("the page is %.60s", body)
	}
}

func unescaped(page string) string {
	return strings.NewReplacer("&#34;", `"`, "&#43;", "+", "&lt;", "<", "&gt;", ">", "&#39;", "'", "&amp;", "&").Replace(page)
}

func TestAPageNeverLeadsAway(t *testing.T) {
	h := newHouse(t)
	r := h.browser(t).authorize(with("redirect_uri", "https://evil.test/cb"))
	if strings.Contains(r.body, `href="https://evil.test`) || strings.Contains(r.header.Get("Content-Security-Policy"), "evil") {
		t.Error("the page links to the address that was sent")
	}
}

func TestTheFaceIsToldWhereTheAnswerGoes(t *testing.T) { // RG-03: a name can be borrowed, an address cannot
	h := newHouse(t)
	for redirect, want := range map[string]string{"https://rp.test/cb": "rp.test", "http://127.0.0.1:8080/cb": "127.0.0.1", "com.example.app:/cb": "com.example.app:"} {
		client := "nat"
		if want == "rp.test" {
			client = "web"
		}
		h.browser(t).authorize(of(client, redirect)).asked()
		if got := h.face.last(t).AppHost; got != want {
			t.Errorf("of %s the face is told %q", redirect, got)
		}
	}
}
