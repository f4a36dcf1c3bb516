package admin

import (
	"errors"
	"regexp"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Whatever a form of the console can get wrong is said in German on a German page, with the name that the field has there.
func TestFaultsAreToldInTheLanguageOfThePage(t *testing.T) {
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	german := spoken(func(key string, pairs ...string) string { return texts.T("de", key, pairs...) })
	app := func(change func(*storage.Client)) error {
		c := storage.Client{ID: "wiki", Name: "Wiki", Type: "web", AuthMethod: "none", RequirePKCE: true, GrantTypes: []string{"authorization_code"},
			RedirectURIs: []string{"https://wiki.example.com/cb"}, IDTokenAlg: "RS256", Refresh: "session", TokenFormat: "opaque", Created: time.Now()}
		change(&c)
		return c.Check()
	}
	uri := func(address string) error {
		return app(func(c *storage.Client) { c.RedirectURIs = []string{address} })
	}
	person := func(change func(*storage.User)) error {
		u := storage.User{ID: "anna", Email: "anna@example.com", State: "active", Version: 1, Claims: map[string]any{}}
		change(&u)
		return u.Check()
	}
	faults := map[string]error{
		"no name":        app(func(c *storage.Client) { c.Name = "" }),
		"an id":          app(func(c *storage.Client) { c.ID = "a b" }),
		"no address":     app(func(c *storage.Client) { c.RedirectURIs = nil }),
		"plain http":     uri("http://wiki.example.com/cb"),
		"a fragment":     uri("https://wiki.example.com/cb#x"),
		"a wildcard":     uri("https://wiki.example.com/*"),
		"a user":         uri("https://a@wiki.example.com/cb"),
		"no host":        uri("https:///cb"),
		"dots":           uri("https://wiki.example.com/a/../cb"),
		"no address yet": uri("wiki"),
		"a scheme":       uri("wiki:/cb"),
		"a link":         app(func(c *storage.Client) { c.BackchannelURI = "http://wiki.example.com/out" }),
		"an age":         app(func(c *storage.Client) { c.MaxAge = -1 }),
		"a resource":     app(func(c *storage.Client) { c.Resources = []string{"api"} }),
		"an address":     person(func(u *storage.User) { u.Email = "anna" }),
		"a number":       person(func(u *storage.User) { u.CustomerNumber = "x" }),
		"a group":        person(func(u *storage.User) { u.Groups = []string{"\x01"} }),
		"a state":        storage.PeopleFilter{State: "dead"}.Check(),
		"a setting":      &storage.Invalid{Field: "login.trust_days", Why: "must be 0 to 365"},
		"a choice":       &storage.Invalid{Field: "mail.smtp.tls", Why: `must be implicit, starttls or none, not "x"`},
		"a colour":       &storage.Invalid{Field: "brand.accent", Why: `"blau" is not a colour like #1d4ed8`},
		"a duration":     &storage.Invalid{Field: "login.session_idle", Why: `"x" is not a time from 5m, like 12h`},
		"no key":         keys.CheckSet([]byte(`{"keys":[]}`)),
		"a secret":       &storage.Invalid{Field: "google.client_secret", Why: "must be typed again with a change of google.client_id"},
	}
	english := regexp.MustCompile(`\b(want|wants|must|is|are|have|has|not|with|where)\b|_|RFC`)
	for name, err := range faults {
		found := invalids(err)
		if len(found) == 0 {
			t.Errorf("%s is no fault: %v", name, errors.Unwrap(err))
		}
		for _, i := range found {
			if says := german.fault(i); english.MatchString(says) {
				t.Errorf("%s: %s", name, says)
			}
		}
	}
}
