package main_test

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/doorward/doorward/web/webtest"
)

// typed are the fields into which people type, and where they stand. A page of the account is opened by who is signed in.
var typed = []struct {
	path, field string
	account     bool
}{
	{"/login", "username", false}, {"/login", "password", false}, {"/forgot", "username", false},
	{"/account/profile", "name", true}, {"/account/address", "email", true}, {"/account/password", "password", true},
	{"/account/password", "new", true}, {"/account/authenticator", "name", true}, {"/account/authenticator", "code", true},
}

// oddities are what may be typed, and the status that it always has; 0: as the field likes it.
var oddities = map[string]struct {
	text   string
	status int
}{
	"a NUL":                 {"anna\x00@example.com", http.StatusBadRequest},
	"no UTF-8":              {"anna\xff\xfe", http.StatusBadRequest},
	"half a rune":           {"anna\xf0\x9f", http.StatusBadRequest},
	"1 MB":                  {strings.Repeat("a", 1<<20), http.StatusRequestEntityTooLarge},
	"60 kB":                 {strings.Repeat("ä", 30_000), 0},
	"emoji":                 {"👩‍🚒🏳️‍🌈 anna", 0},
	"marks that turn lines": {"\u202eanna\u2066 \u200f\u061c", 0},
	"only blanks":           {" \u00a0\u3000\u200b", 0},
	"quotes":                {`'"; drop table users; -- %s $1 \`, 0},
	"a line and a header":   {"anna\r\nBcc: eve@evil.example", 0},
	"markup":                {`"><img src=x onerror=alert(1)>{{.}}`, 0},
}

// XS-06: whatever is typed into whichever field is refused or taken, on both databases alike, and breaks nothing.
func TestWhateverIsTypedBreaksNothing(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	all := map[string]map[string]int{} // what was typed where -> database -> status
	t.Run("on", func(t *testing.T) {
		serveOn(t, func(t *testing.T, v *server) {
			database := t.Name()[strings.LastIndexByte(t.Name(), '/')+1:]
			stranger := webtest.New(t, nil)
			anna := webtest.New(t, nil).Go(v.issuer + "/login")
			signIn(anna)
			for _, place := range typed {
				b := stranger
				if place.account {
					b = anna
				}
				for name, what := range oddities {
					at := fmt.Sprintf("%s into %s of %s", name, place.field, place.path)
					status := b.Go(v.issuer+place.path).Fill(place.field, what.text).Press("submit").StatusCode()
					if status == http.StatusInternalServerError || what.status != 0 && status != what.status {
						t.Errorf("%s: status %d", at, status)
					}
					mu.Lock()
					if all[at] == nil {
						all[at] = map[string]int{}
					}
					all[at][database] = status
					mu.Unlock()
				}
			}
		})
	})
	for at, statuses := range all {
		if kinds := slices.Compact(slices.Sorted(maps.Values(statuses))); len(kinds) != 1 {
			t.Errorf("%s: %v", at, statuses)
		}
	}
	if len(all) != len(typed)*len(oddities) {
		t.Errorf("%d of %d things were typed", len(all), len(typed)*len(oddities))
	}
}
