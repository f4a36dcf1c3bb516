package main_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"
)

// What the journey from an empty database to a signed-in application may cost (issue 6, Measured).
const (
	mostActions = 12
	mostTime    = time.Minute
)

var printedSetup = regexp.MustCompile(`http://localhost:\d+/setup\?t=\S+`)

// TestFromAnEmptyDatabaseToAnApplicationThatNobodyHereWrote goes the whole way of a new administrator in Chromium: from the link that a
// fresh serve prints, by the set-up, the first sign-in, the authenticator app that the console demands and the tile of Apache, to
// mod_auth_openidc, which is configured with what the console shows and with nothing that it does not.
//
// All of it is counted: each press of a button or link, and each form that goes by itself, from the first page on. Not counted is what no
// page asks to be pressed: typing, the picture of the QR code for the phone, and the two addresses that are opened, the printed link and
// the application. The time runs from the start of the program to the application's page; it includes starting Apache. It runs alone, since
// it is measured.
func TestFromAnEmptyDatabaseToAnApplicationThatNobodyHereWrote(t *testing.T) {
	_, module := os.Stat(filepath.Join(apacheModules, "mod_auth_openidc.so"))
	needs(t, module != nil, "mod_auth_openidc: install apache2 and libapache2-mod-auth-openidc")
	needsPrograms(t, "zbarimg", "oathtool")
	v := &counted{visitor: visit(t, startChromium(t))}
	server := newServer(t, settings{"database": "sqlite:" + filepath.Join(t.TempDir(), "doorward.db")})
	app := httptest.NewServer(http.HandlerFunc(showHeaders))
	t.Cleanup(app.Close)
	if _, err := built(); err != nil {
		t.Fatal(err)
	}

	begun := time.Now()
	server.start()
	v.setsUp(server)
	v.entersConsole()
	origin := "http://127.0.0.1:" + freePort(t)
	snippet := v.connectsApache(origin)
	startApache(t, origin, "alias authz_user authn_core auth_openidc proxy proxy_http", snippet+"\n"+
		fmt.Sprintf("<Location \"/\">\n\tProxyPass %s/\n</Location>\n", app.URL))
	v.do(chromedp.Navigate(origin + "/some/page"))
	v.sees(`acr ["urn:doorward:2fa-app"]`)
	v.sees(`email ["` + administrator + `"]`)
	took := time.Since(begun)

	v.wants("the application's own address", v.address() == origin+"/some/page")
	if v.actions > mostActions || took > mostTime {
		t.Errorf("the journey costs %d actions and %s, more than %d and %s: %s", v.actions, took, mostActions, mostTime, strings.Join(v.did, ", "))
	}
	t.Logf("%d actions, %s: %s", v.actions, took.Round(time.Millisecond), strings.Join(v.did, ", "))
	for _, complaint := range v.console() {
		v.wants("nobody to complain but of the page that wants an app", strings.Contains(complaint, "the server responded with a status of 403"))
	}
}

const administrator = "ada@acme.example"

// counted is a visitor whose actions are counted.
type counted struct {
	*visitor
	actions int
	did     []string
}

// acts presses what the page has, and counts it.
//
// What comes next must wait for what the next page alone has.
func (v *counted) acts(selector string) *counted {
	v.t.Helper()
	v.page("", selector)
	v.actions++
	v.did = append(v.did, selector)
	v.press(selector)
	return v
}

// setsUp goes from the link that the program prints to the last of the three pages, without mail.
func (v *counted) setsUp(server *server) {
	v.t.Helper()
	v.do(chromedp.Navigate(printedSetup.FindString(string(server.out.bytes()))))
	v.page("setup", "#password")
	v.types("#name", "Ada Lund").types("#email", administrator).types("#password", newPassword)
	v.acts("#submit").page("", `[name="company"]`)
	v.types(`[name="company"]`, "Acme")
	v.acts("#submit").acts("#skip")
}

// entersConsole signs in, and sets up the app that the console demands.
func (v *counted) entersConsole() {
	v.t.Helper()
	v.acts(`a[href="/admin/new-app"]`).page("", "#username")
	v.types("#username", administrator)
	v.acts("#submit").page("", "#password:not([tabindex])")
	v.types("#password:not([tabindex])", newPassword)
	v.acts("#submit")
	v.acts(`a[href*="/account/authenticator"]`).page("", "#qr svg")
	v.types("#code", v.scans(v.t).code(v.t))
	v.acts("#submit").acts("#saved").acts("#submit")
}

// connectsApache connects an application at an origin, and copies its settings.
func (v *counted) connectsApache(origin string) string {
	v.t.Helper()
	v.acts(`a[href="/admin/new-app?tile=apache"]`).page("", "#address")
	v.types("#address", origin)
	v.acts("#submit").page("", "#snippet")
	return v.text("#snippet")
}
