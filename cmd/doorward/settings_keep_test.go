package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

// AD-07: an administrator who could have the log swept would have what they did to somebody forgotten.
func TestTheConsoleKeepsTheLogLongerAndNeverShorter(t *testing.T) {
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	shorter := func(text *string) error {
		version, err := h.db.SettingsVersion(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		return h.changeSettings(t.Context(), map[string]*string{"audit.keep_days": text}, version, storage.Event{Actor: "anna"})
	}
	one, most := "1", "364"
	for _, text := range []*string{&one, &most} {
		err := shorter(text)
		if !slices.Equal(wrongPaths(err), []string{"audit.keep_days"}) || !strings.Contains(err.Error(), "the configuration file alone makes it shorter") {
			t.Errorf("%s days: %v", *text, err)
		}
	}
	set(t, h, map[string]string{"audit.keep_days": "800"})
	if err := shorter(nil); !slices.Equal(wrongPaths(err), []string{"audit.keep_days"}) { // the default is shorter
		t.Errorf("back to the default: %v", err)
	}
	if got := settingOf(t, h, "audit.keep_days").value; got != "800" {
		t.Errorf("%s days hold", got)
	}
	set(t, h, map[string]string{"company": "Acme Ltd"}) // all else is changed as before
}
