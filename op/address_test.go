package op_test

// An administrator adds a redirect URI that was met (behaviours.md 3.13, 3.16).

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// offered is the address that the page's button adds; nil where there is none.
func (r reply) offered(h *house) (url.Values, *op.Address) {
	r.t.Helper()
	_, after, found := strings.Cut(unescaped(r.body), `id="act" href="`)
	if !found {
		return nil, nil
	}
	link, _, _ := strings.Cut(after, `"`)
	u, err := url.Parse(link)
	must(r.t, err)
	a, err := op.OpenAddress(h.keys.Box, u.Query().Get("sealed"), h.now())
	must(r.t, err)
	if u.Path != "/admin/apps/"+a.Client+"/redirects" {
		r.t.Errorf("the button leads to %s", u)
	}
	return u.Query(), &a
}

func TestAnAdministratorIsOfferedTheAddressThatWasSent(t *testing.T) {
	h := newHouse(t)
	root := h.boss(t)
	sent := "https://rp.test/login/oauth?x=%2F&y"
	r := root.authorize(with("redirect_uri", sent))
	r.page(http.StatusBadRequest)
	wantText(t, r.body, "Add this address", `href="https://op.test/admin/apps/web"`)
	query, a := r.offered(h)
	if a == nil || a.Redirect != sent || a.Client != "web" || a.Session != root.session.ID {
		t.Fatalf("offered %+v", a)
	}
	h.later(11 * time.Minute)
	if _, err := op.OpenAddress(h.keys.Box, query.Get("sealed"), h.now()); err == nil {
		t.Error("it may be added after eleven minutes")
	}
	wantNoText(t, h.signedIn(t, "ben").authorize(with("redirect_uri", sent)).body, "Add this address", "/admin/")
	wantNoText(t, h.browser(t).authorize(with("redirect_uri", sent)).body, "Add this address", "/admin/")
}

// However the request is dressed up, the button adds nothing that the record's rules refuse.
func TestNoButtonAddsWhatNoRecordMayHold(t *testing.T) { // RG-01
	h := newHouse(t)
	root := h.boss(t)
	for _, sent := range []string{
		"http://rp.test/cb", "http://127.0.0.1.evil.test/cb", "http://localhost.evil.test/cb", "http://localhost@evil.test/cb", "HTTP://rp.test/cb",
		"javascript:alert(1)", "data:text/html,x", "com.example.app:/cb", "https://rp.test/cb#x", "https://*.rp.test/cb", "https://a@rp.test/cb",
		"https://rp.test/a/../cb", "https://rp.test\\@evil.test/", "//evil.test/cb", "/cb", "https://rp.test/" + strings.Repeat("a", 2048),
	} {
		r := root.authorize(with("redirect_uri", sent))
		if _, a := r.offered(h); a != nil {
			t.Errorf("%q is offered", sent)
		}
		wantText(t, r.body, "invalid_redirect_uri")
	}
	for _, sent := range []string{"http://localhost:3000/cb", "http://127.0.0.1/cb", "http://[::1]:8080/cb"} {
		if _, a := root.authorize(with("redirect_uri", sent)).offered(h); a == nil {
			t.Errorf("%q is not offered", sent)
		}
	}
}

// What a file declares is changed there, what registered itself changes itself, and what is full takes no more.
func TestNoButtonChangesWhatIsNotTheConsoles(t *testing.T) {
	h := newHouse(t)
	declared := clients()[0]
	declared.ID = "declared"
	must(t, h.db.DeclareClients(t.Context(), []storage.Client{declared}, storage.Event{}))
	rogue := clients()[0]
	rogue.ID, rogue.Consent, rogue.Registration = "rogue", true, keys.HashSecret("x")
	must(t, h.db.RegisterClient(t.Context(), storage.Registration{Client: rogue}, storage.Event{}))
	h.change(t, "web2", func(c *storage.Client) {
		for range 49 {
			c.RedirectURIs = append(c.RedirectURIs, "https://rp2.test/"+storage.NewID())
		}
	})
	root := h.boss(t)
	for _, id := range []string{"declared", "rogue", "web2", "machine"} {
		r := root.authorize(of(id, "https://new.test/cb"))
		if _, a := r.offered(h); a != nil {
			t.Errorf("%s: offered", id)
		}
		wantText(t, r.body, "https://op.test/admin/apps/"+id)
	}
	for _, r := range []reply{root.authorize(with("client_id", "nobody")), root.authorize(with("client_id", "dis")), root.authorize(without("redirect_uri"))} {
		wantNoText(t, r.body, "/admin/")
	}
}

// Who could not enter the console is offered nothing of it, and where it has an address of its own the links lead there.
func TestTheButtonIsForWhomTheConsoleLetsIn(t *testing.T) {
	h := newHouse(t)
	root := h.boss(t)
	in := false
	h.serve(t, op.Options{Insider: func(*http.Request) bool { return in }, Console: "https://op.test:8444"})
	body := root.authorize(with("redirect_uri", "https://new.test/cb")).body
	wantNoText(t, body, "/admin/", "<details open>", "'https://rp.test/cb'")
	in = true
	body = root.authorize(with("redirect_uri", "https://new.test/cb")).body
	wantText(t, body, `href="https://op.test:8444/admin/apps/web/redirects?sealed=dwh_`)
	in = true
	wantNoText(t, h.signedIn(t, "ben").authorize(with("redirect_uri", "https://new.test/cb")).body, "/admin/")
}

func TestAnAddressThatIsNotSealedForThisIsNone(t *testing.T) {
	h := newHouse(t)
	for _, p := range []keys.Purpose{keys.ForRequest, keys.ForCode, keys.ForTest} {
		sealed, err := h.keys.Box.Seal(p, op.Address{Client: "web", Redirect: "https://evil.test/", Session: "s", Expires: h.now().Add(time.Minute).Unix()})
		must(t, err)
		for _, text := range []string{sealed, "dwh_" + sealed[4:], "", "dwh_"} {
			if a, err := op.OpenAddress(h.keys.Box, text, h.now()); err == nil || a != (op.Address{}) {
				t.Errorf("%s: %v %v", p, a, err)
			}
		}
	}
}
