package login_test

import (
	"crypto/hmac"
	"crypto/sha1"
	"encoding/base32"
	"encoding/binary"
	"fmt"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/doorward/doorward/web/webtest"
)

// app is an authenticator app, made after RFC 6238 §4 and by nothing that the house uses.
type app struct {
	secret []byte
	now    func() time.Time
	ahead  time.Duration // how far its clock is
}

func (a app) code() string { return a.at(0) }

// at is the code of so many time steps later.
func (a app) at(steps int64) string {
	var moment [8]byte
	binary.BigEndian.PutUint64(moment[:], uint64(a.now().Add(a.ahead).Unix()/30+steps))
	mac := hmac.New(sha1.New, a.secret)
	mac.Write(moment[:])
	sum := mac.Sum(nil)
	number := binary.BigEndian.Uint32(sum[sum[19]&15:]) & 0x7fffffff
	return fmt.Sprintf("%06d", number%1_000_000)
}

func TestTheAppOfTheseTestsIsTheOneOfTheStandard(t *testing.T) { // RFC 6238, appendix B
	t.Parallel()
	for at, code := range map[int64]string{59: "287082", 1111111109: "081804", 20000000000: "353130"} {
		a := app{secret: []byte("12345678901234567890"), now: func() time.Time { return time.Unix(at, 0) }}
		if a.code() != code {
			t.Errorf("at %d it shows %s, not %s", at, a.code(), code)
		}
	}
}

var keyElement = regexp.MustCompile(`id="key"[^>]*>([A-Z2-7 ]+)<`)

// scanned is an app that has read the page's key.
func (h *house) scanned(b *webtest.Browser) app {
	h.t.Helper()
	found := keyElement.FindStringSubmatch(b.Body())
	if found == nil {
		h.t.Fatalf("the page shows no key: %s", b.Body())
	}
	secret, err := base32.StdEncoding.DecodeString(strings.ReplaceAll(found[1], " ", ""))
	h.must(err)
	return app{secret: secret, now: h.now}
}

// step waits until a time step has just begun, so that what a test counts in steps is exact.
func (h *house) step() {
	h.later(30*time.Second - time.Duration(h.now().UnixNano()%int64(30*time.Second)) + time.Second)
}

// setUp adds an app in a browser that is signed in, and goes on to the next time step; the page is the one that it leads to.
func (h *house) setUp(b *webtest.Browser, name string) app {
	h.t.Helper()
	h.step()
	a := h.scanned(b.Go("/account/authenticator"))
	b.Fill("name", name).Fill("code", a.code()).Press("submit").Status(200)
	h.later(30 * time.Second)
	return a
}

// withApp is a house in which Anna has an app, with her recovery codes and the browser in which she set it up.
func withApp(t *testing.T, options ...option) (*house, app, []string, *webtest.Browser) {
	t.Helper()
	h := open(t, options...)
	a, codes, b := h.withApp()
	return h, a, codes, b
}

func (h *house) withApp() (app, []string, *webtest.Browser) {
	h.t.Helper()
	b := h.signedIn()
	a := h.setUp(b, "My phone")
	return a, codesOf(b), b
}

// eachApp runs the same sentences on every database.
func eachApp(t *testing.T, f func(t *testing.T, h *house, a app, codes []string, b *webtest.Browser)) {
	t.Helper()
	each(t, func(t *testing.T, h *house) {
		a, codes, b := h.withApp()
		f(t, h, a, codes, b)
	})
}

var recoveryCode = regexp.MustCompile(`<li>([0-9a-z]{4}-[0-9a-z]{4})</li>`)

func codesOf(b *webtest.Browser) []string {
	var codes []string
	for _, found := range recoveryCode.FindAllStringSubmatch(b.Body(), -1) {
		codes = append(codes, found[1])
	}
	return codes
}

// toApp signs in with the password, up to the code of the app.
func (h *house) toApp() *webtest.Browser {
	h.t.Helper()
	return toCode(h.browser(), "anna@example.com").Sees("Enter the code from your app")
}

// person reads Anna as she is now.
func (h *house) person() storage.User {
	h.t.Helper()
	u, err := h.db.User(h.t.Context(), h.anna.ID)
	h.must(err)
	return u
}

// subjects are those of the letters, the newest first.
func (h *house) subjects() []string {
	var all []string
	for _, letter := range h.mailbox.Letters() {
		all = append(all, letter.Subject)
	}
	return all
}

// node is a second house on the same database.
func (h *house) node() http.Handler {
	h.t.Helper()
	face, err := login.New(login.Options{Store: h.db, Keys: h.openKeys(), Site: h.site, Mail: h.mailbox, EmailCode: "untrusted", Now: h.now})
	h.must(err)
	other := &house{t: h.t, face: face, ask: h.ask}
	pages, err := web.NewPages(h.site, nil)
	h.must(err)
	router := h.site.NewRouter(pages)
	face.Register(router)
	router.HandleFunc("/app", other.app)
	return h.site.Wrap(router)
}

// text is the secret as people type it.
func (a app) text() string { return base32.StdEncoding.EncodeToString(a.secret) }
