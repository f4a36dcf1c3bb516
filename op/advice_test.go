// What a developer is told of a request that fits no client, and what a stranger is not (behaviours.md 3.13).
package op_test

import (
	"bytes"
	"log/slog"
	"net/http"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// logged keeps what the house logs from now on.
func (h *house) logged() *bytes.Buffer {
	var out bytes.Buffer
	h.site.Log = slog.New(slog.NewJSONHandler(&out, nil))
	return &out
}

func wantText(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if !strings.Contains(unescaped(page), text) {
			t.Errorf("%q is not told:\n%s", text, unescaped(page))
		}
	}
}

func wantNoText(t *testing.T, page string, texts ...string) {
	t.Helper()
	for _, text := range texts {
		if strings.Contains(unescaped(page), text) {
			t.Errorf("%q is told:\n%s", text, unescaped(page))
		}
	}
}

func TestInDevelopmentThePageTellsWhatIsRegisteredAndWhatDiffers(t *testing.T) {
	h := newHouse(t)
	h.site.Dev = true
	for sent, told := range map[string][]string{
		"http://rp.test/cb":        {"scheme 'http' is not 'https'", "a proxy in front of the app does TLS"},
		"https://rp.test:8443/cb":  {"port '8443' is not ''", "the port that it listens on"},
		"https://evil.test/cb":     {"host 'evil.test' is not 'rp.test'"},
		"https://rp.test/callback": {"path '/callback' is not '/cb'", "calls back at another path"},
		"https://rp.test/cb/":      {"slash at the end"},
		"https://rp.test/CB":       {"upper-case and lower-case letters"},
		"HTTPS://rp.test/cb":       {"upper-case and lower-case letters"},
		"https://rp.test/cb?a=b":   {"query 'a=b' is not ''"},
		"https://rp.test/%63b":     {"path '/%63b' is not '/cb'"},
		"https://rp.test:/cb":      {"spelling (addresses must be equal byte for byte)"},
		"https://rp.test\u202e/cb": {"host 'rp.test<U+202E>' is not 'rp.test'"},
		"https://a b/":             {"what was sent is not a URL"},
		"http://rp2.test/x":        {"scheme 'http' is not 'https'", "host 'rp2.test' is not 'rp.test'", "path '/x' is not '/cb'"},
	} {
		r := h.browser(t).authorize(with("redirect_uri", sent))
		r.page(http.StatusBadRequest)
		wantText(t, r.body, append(told, "<details open>", "invalid_redirect_uri", "What is registered", "'https://rp.test/cb'")...)
	}
	wantText(t, h.browser(t).authorize(of("machine", "https://rp.test/cb")).body, "<dt>What is registered</dt><dd>none</dd>")
}

// A stranger who guesses ids of clients must not learn the names of machines that only the company can reach.
func TestAStrangersPageRepeatsWhatWasSentAndKeepsWhatIsRegistered(t *testing.T) {
	h := newHouse(t)
	ben := h.signedIn(t, "ben") // nor must one who may sign in, and is no admin
	for _, sent := range []string{
		"https://evil.test/cb", "https://rp.example/cb", "http://elsewhere.test/cb", "https://evil.test/callback?x=1", "https://rp.test.evil/cb", "com.evil:/cb",
	} {
		r := ben.authorize(with("redirect_uri", sent))
		r.page(http.StatusBadRequest)
		wantText(t, r.body, "'"+sent+"'", "The log names both under this reference")
		wantNoText(t, r.body, "rp.test/cb", "'rp.test'", "What is registered", "The difference", "<details open>")
	}
	for _, sent := range []string{"https://rp.test:8443/cb", "https://rp.test/callback"} {
		wantNoText(t, ben.authorize(with("redirect_uri", sent)).body, "'/cb'", "What is registered", "The difference")
	}
}

func TestAStrangersPageNamesANearMissThatOneMoreGuessWouldFind(t *testing.T) {
	h := newHouse(t)
	for sent, told := range map[string][]string{
		"http://rp.test/cb":   {"scheme 'http' is not 'https'", "a proxy in front of the app does TLS"},
		"https://rp.test/cb/": {"slash at the end"},
		"https://rp.test/Cb":  {"upper-case and lower-case letters"},
	} {
		r := h.browser(t).authorize(with("redirect_uri", sent))
		r.page(http.StatusBadRequest)
		wantText(t, r.body, told...)
	}
	wantNoText(t, h.browser(t).authorize(of("nat", "https://127.0.0.1/cb")).body, "'http'") // the app's own scheme is more than a near miss
}

func TestAnAppThatSpeaksHTTPSIsNotToldOfAProxy(t *testing.T) {
	h := newHouse(t)
	h.site.Dev = true
	body := h.browser(t).authorize(of("nat", "https://127.0.0.1/cb")).body
	wantText(t, body, "scheme 'https' is not 'http'", "the address was registered with http; register it with https")
	wantNoText(t, body, "a proxy in front")
}

func TestTheCauseIsToldInTheLanguageOfThePage(t *testing.T) {
	h := newHouse(t)
	h.site.Dev = true
	wantText(t, h.browser(t).authorize(with("client_id", "nobody")).body, "the client_id is misspelt, or was never added here")
	wantText(t, h.browser(t).authorize(with("client_id", "nobody"), with("ui_locales", "de")).body, "Die client_id ist falsch geschrieben oder hier nie angelegt worden")
}

func TestTheDifferenceIsToldInTheLanguageOfThePage(t *testing.T) {
	h := newHouse(t)
	h.site.Dev = true
	for sent, told := range map[string][]string{
		"http://u@rp2.test:8443/x?a=b#c": {"Schema 'http' statt 'https'", "Benutzername 'u' statt ''", "Host 'rp2.test' statt 'rp.test'", "Port '8443' statt ''", "Pfad '/x' statt '/cb'", "Query 'a=b' statt ''", "Fragment 'c' statt ''"},
		"https://rp.test/cb/":            {"Schrägstrich am Ende"},
		"https://rp.test/CB":             {"Groß- und Kleinschreibung"},
		"https://rp.test:/cb":            {"Schreibweise (Adressen müssen Byte für Byte gleich sein)"},
		"https://a b/":                   {"Gesendet wurde keine URL"},
	} {
		body := h.browser(t).authorize(with("redirect_uri", sent), with("ui_locales", "de")).body
		wantText(t, body, told...)
		wantNoText(t, body, "is not ''", "is not 'rp.test'", "slash at", "letters", "byte", "what was sent")
	}
	wantText(t, h.browser(t).authorize(of("machine", "https://rp.test/cb"), with("ui_locales", "de")).body, "<dt>Eingetragen ist</dt><dd>keine Adresse</dd>")
}

func TestAnAdminWhoIsSignedInSeesWhatIsRegistered(t *testing.T) {
	h := newHouse(t)
	root := storage.User{ID: storage.NewID(), Email: "root@example.com", State: "active", Version: 1, Role: "admin"}
	must(t, h.db.AddUser(t.Context(), root, "", storage.Event{Actor: "test"}))
	h.people["root"] = root
	r := h.signedIn(t, "root").authorize(with("redirect_uri", "https://evil.test/cb"))
	r.page(http.StatusBadRequest)
	wantText(t, r.body, "<details open>", "'https://rp.test/cb'", "host 'evil.test' is not 'rp.test'")
}

func TestTheReferenceOfAPageFindsWhatIsRegisteredInTheLog(t *testing.T) {
	h := newHouse(t)
	log := h.logged()
	r := h.browser(t).authorize(with("redirect_uri", "https://u:hidden1@evil.test/cb?token=hidden2#hidden3"))
	reference := unique.FindString(r.body)
	wantText(t, log.String(), `"reference":"`+reference+`"`, `"code":"invalid_redirect_uri"`, `"client":"web"`,
		"sent 'https://evil.test/cb'; registered 'https://rp.test/cb'; the difference: user, host 'evil.test' is not 'rp.test', query, fragment")
	wantNoText(t, log.String(), "hidden")
}

func TestAMistypedClientIsTakenForTheNearestOneInDevelopmentAlone(t *testing.T) {
	h := newHouse(t)
	wantNoText(t, h.browser(t).authorize(with("client_id", "tird")).body, "third")
	h.site.Dev = true
	for typed, meant := range map[string]string{
		"tird": "third", "thrid": "third", "THIRD": "third", " third": "third", "thhird": "third", "thirdd1": "third", "machin": "machine", "wep": "web",
	} {
		wantText(t, h.browser(t).authorize(with("client_id", typed)).body, "<dt>Nearest client_id</dt><dd>"+meant+"</dd>", "'"+typed+"'")
	}
	for _, typed := range []string{"grafana", "x", "we\u0301b\u0301", "dos", strings.Repeat("third", 30)} { // dis is disabled
		wantNoText(t, h.browser(t).authorize(with("client_id", typed)).body, "Nearest client_id")
	}
	wantText(t, h.browser(t).authorize(with("client_id", "dis")).body, "client is disabled")
}

func TestTheLogNamesTheClientThatWasMeantAndNeverWhatWasSentInItsPlace(t *testing.T) {
	h := newHouse(t)
	log := h.logged()
	h.browser(t).authorize(with("client_id", "thirt"))
	wantText(t, log.String(), `"why":"unknown client"`, `"nearest":"third"`)
	h.browser(t).authorize(with("client_id", "dws_a-secret-in-the-wrong-place"))
	h.browser(t).authorize(with("client_id", "dis"))
	wantText(t, log.String(), `"why":"client is disabled"`, `"nearest":"dis"`)
	wantNoText(t, log.String(), "thirt", "wrong-place")
}
