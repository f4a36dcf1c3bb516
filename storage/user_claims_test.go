package storage_test

// OIDC Core §5.1, §5.1.1: what a person's claims may hold.

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func claimed(name string, value any) storage.User {
	return storage.User{ID: "u", Email: "u@example.com", State: "active", Version: 1, Claims: map[string]any{name: value}}
}

func TestEveryClaimHasItsOwnForm(t *testing.T) { // C.5 item 52
	t.Parallel()
	for name, c := range map[string]struct{ good, bad string }{
		"name":                  {`"Zoë O'Hara-李" "x"`, `"" " a" "a\nb" "a\u202eb" 7 null true ["a"] {}`},
		"given_name":            {`"Anna"`, `"" 7 null`},
		"family_name":           {`"von der Au"`, `""`},
		"middle_name":           {`"M."`, `""`},
		"nickname":              {`"annie"`, `""`},
		"preferred_username":    {`"anna.b" "1001"`, `"" 1001`},
		"gender":                {`"female" "diverse"`, `"" false`},
		"profile":               {`"https://anna.example/" "http://anna.example:8080/p?q#f"`, `"" "anna.example" "javascript:alert(1)" "data:text/html,x" "https://u@a.example/" "https://a b/" "https:///x"`},
		"picture":               {`"https://anna.example/p.png"`, `"p.png" 7`},
		"website":               {`"https://anna.example"`, `"ftp://anna.example"`},
		"birthdate":             {`"1980-02-29" "0000-02-29" "0000-12-01" "1980"`, `"" "1981-02-29" "0000" "0000-13-01" "80" "1980-2-9" "29.02.1980" "1980-02" 1980 "1980-02-29T00:00:00Z"`},
		"zoneinfo":              {`"Europe/Berlin" "America/Argentina/Buenos_Aires" "UTC" "Etc/GMT+1"`, `"" "Europe/" "../etc" "/Europe" "Europe Berlin" 7`},
		"locale":                {`"de" "de-DE" "en_US" "zh-Hant-TW"`, `"" "d" "deutsch, bitte" "de-" 7`},
		"updated_at":            {`1700000000`, `"1700000000" -1 0 1.5 1e30 null true`},
		"phone_number":          {`"+49 30 1234567" "+1 (604) 555-1234;ext=5678" "0301234567"`, `"" "+" "call me" "49-" 4930 "+49\n30"`},
		"phone_number_verified": {`true false`, `"true" 1 null`},
		"address": {`{"formatted":"Am Tor 1\n10115 Berlin\r\nGermany"} {"street_address":"Am Tor 1\nHof","locality":"Berlin","region":"BE","postal_code":"10115","country":"DE"}`,
			`{} "Am Tor 1" [] null {"city":"Berlin"} {"locality":""} {"locality":7} {"locality":"a\nb"} {"formatted":"a\tb"}`},
	} {
		for _, value := range values(t, c.good) {
			if err := claimed(name, value).Check(); err != nil {
				t.Errorf("%s %v: %v", name, value, err)
			}
		}
		for _, value := range values(t, c.bad) {
			if err := claimed(name, value).Check(); err == nil || !strings.Contains(err.Error(), "claims: "+name) {
				t.Errorf("%s %v passes: %v", name, value, err)
			}
		}
	}
}

func TestOnlyClaimsThatApplicationsCanAskForAreKept(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"sub", "email", "email_verified", "groups", "iss", "aud", "acr", "sid", "nonce", "Name", "birthday", "admin", ""} {
		if claimed(name, "x").Check() == nil {
			t.Errorf("%q is kept", name)
		}
	}
}

// values reads JSON values with spaces between.
func values(t *testing.T, text string) []any {
	t.Helper()
	var all []any
	for d := json.NewDecoder(strings.NewReader(text)); d.More(); {
		var v any
		if err := d.Decode(&v); err != nil {
			t.Fatalf("%s: %v", text, err)
		}
		all = append(all, v)
	}
	return all
}
