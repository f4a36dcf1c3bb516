package login_test

import (
	"context"
	"strings"
	"testing"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/web"
	"github.com/doorward/doorward/web/webtest"
)

func TestTheSignInShowsWhatAnApplicationSaysOfItself(t *testing.T) { // C.2 item 31
	t.Parallel()
	about := web.App{
		Name: "Ledger", Home: "https://app.example/", Logo: "/app-logo/ledger/0123456789abcdef", Width: 88, Height: 44,
		Policy: "https://app.example/privacy?a=b&c=d", Terms: `https://app.example/terms`,
	}
	var asked []string
	h := open(t, func(o *login.Options) {
		o.App = func(_ context.Context, clientID string) web.App {
			asked = append(asked, clientID)
			return about
		}
	})
	h.ask.Consent = []string{"openid"}
	pages := func(b *webtest.Browser) {
		body := b.Check().Sees("More about Ledger:").Sees("privacy policy").Sees("terms of use").Sees("website").Body()
		for _, part := range []string{
			`<img src="/app-logo/ledger/0123456789abcdef" width="88" height="44" alt="">`,
			`<a href="https://app.example/privacy?a=b&amp;c=d" rel="noopener noreferrer nofollow">`,
			`<a href="https://app.example/terms" rel="noopener noreferrer nofollow">`, `<a href="https://app.example/" rel="noopener noreferrer nofollow">`,
		} {
			if !strings.Contains(body, part) {
				t.Errorf("the page at %s lacks %s", b.URL(), part)
			}
		}
		if strings.Count(body, "app.example/privacy") != 1 {
			t.Error("an address of the application travels with the sign-in")
		}
	}
	b := h.browser().Go("/app")
	pages(b)
	b.Fill("username", "anna@example.com").Press("Sign in with email")
	pages(b)
	for _, id := range asked {
		if id != "grafana" {
			t.Errorf("asked about %q", id)
		}
	}

	about = web.App{Name: "Ledger"}
	h.browser().Go("/app").SeesNot("More about").SeesNot("app-logo")
	about = web.App{Name: "Ledger", Logo: "/app-logo/ledger/0123456789abcdef", Width: 88, Height: 44}
	if body := h.browser().Go("/app").SeesNot("More about").Body(); !strings.Contains(body, `alt="">`) {
		t.Error("a logo without links is not shown")
	}
	about = web.App{Name: "Ledger", Policy: "javascript:alert(1)"}
	if body := h.browser().Go("/app").Body(); strings.Contains(body, "javascript:") {
		t.Error("a page leads to a script")
	}
	direct := h.browser()
	asked = nil
	direct.Go("/account").SeesNot("More about")
	if len(asked) != 0 {
		t.Errorf("without an application, asked about %q", asked)
	}
}
