package web_test

import (
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
)

func setCookies(site *web.Site, f func(w http.ResponseWriter)) []string {
	w := httptest.NewRecorder()
	f(w)
	return w.Header()["Set-Cookie"]
}

func TestACookieOverHTTPSCannotBeSetByASibling(t *testing.T) {
	site := newPlace(t).site
	got := setCookies(site, func(w http.ResponseWriter) { site.SetCookie(w, web.Cookie{Name: "session"}, "v1") })
	if want := []string{"__Host-session=v1; Path=/; HttpOnly; Secure; SameSite=Lax"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
	got = setCookies(site, func(w http.ResponseWriter) {
		site.SetCookie(w, web.Cookie{Name: "lang", MaxAge: 60}, "v1")
	})
	if want := []string{"__Host-lang=v1; Path=/; Max-Age=60; HttpOnly; Secure; SameSite=Lax"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestOnPlainHTTPTheCookieHasItsPlainName(t *testing.T) {
	site := newPlace(t, func(s *web.Site) { s.Issuer = "http://localhost:8080" }).site
	got := setCookies(site, func(w http.ResponseWriter) { site.SetCookie(w, web.Cookie{Name: "session"}, "v1") })
	if want := []string{"session=v1; Path=/; HttpOnly; SameSite=Lax"}; !slices.Equal(got, want) {
		t.Errorf("%q", got)
	}
}

func TestTheLastValueOfACookieWins(t *testing.T) {
	site := newPlace(t).site
	got := setCookies(site, func(w http.ResponseWriter) {
		site.SetCookie(w, web.Cookie{Name: "session"}, "v1")
		site.SetCookie(w, web.Cookie{Name: "bind"}, "b")
		site.SetCookie(w, web.Cookie{Name: "session"}, "v2")
		site.ClearCookie(w, web.Cookie{Name: "bind"})
	})
	if len(got) != 2 || !strings.HasPrefix(got[0], "__Host-session=v2;") || !strings.HasPrefix(got[1], "__Host-bind=; Path=/; Max-Age=0;") {
		t.Errorf("%q", got)
	}
}

func TestOfTwoCookiesNeitherIsBelieved(t *testing.T) { // CS-12
	site := newPlace(t).site
	for header, want := range map[string]string{
		"__Host-session=v1":                                "v1",
		"a=b; __Host-session=v1; c=d":                      "v1",
		"session=v1":                                       "",
		"__host-session=v1":                                "",
		"__Host-session=v1; __Host-session=v2":             "",
		"__Host-session=v1; __Host-session=v1":             "",
		"__Host-session=" + strings.Repeat("x", 256):       strings.Repeat("x", 256),
		"__Host-session=" + strings.Repeat("x", 257):       "",
		"__Host-session":                                   "",
		"":                                                 "",
		strings.Repeat("x=y; ", 500) + "__Host-session=v1": "v1",
		strings.Repeat("__Host-session=v1; ", 500):         "",
		"__Host-session=v\x001":                            "",
		"__Host-session=v\n1":                              "",
		"__Host-session=v\x7f1":                            "",
		"__Host-session=\x00; __Host-session=v1":           "v1", // net/http drops what is no cookie, before it counts
	} {
		r := httptest.NewRequest("GET", "/", nil)
		r.Header.Set("Cookie", header)
		if got := site.CookieValue(r, web.Cookie{Name: "session"}); got != want {
			t.Errorf("%.60q: %q", header, got)
		}
	}
}
