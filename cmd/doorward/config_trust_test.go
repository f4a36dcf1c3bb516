package main

import (
	"testing"
	"time"
)

func TestABrowserIsTrustedForAYearAtMost(t *testing.T) {
	for text, want := range map[string]string{
		"-1":   "login.trust_days: must be 0 to 365",
		"366":  "login.trust_days: must be 0 to 365",
		"long": `login.trust_days: must be a number, not "long"`,
	} {
		got := faultsOf(t, write(t, minimal+"login: {trust_days: "+text+"}\n", nil))
		if len(got) != 1 || got[0] != "config.yaml:2: "+want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for _, good := range []string{"0", "1", "365"} {
		if _, err := loadConfig(write(t, minimal+"login: {trust_days: "+good+"}\n", nil), nil); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
	c, err := loadConfig(write(t, minimal, nil), []string{"DOORWARD_LOGIN_TRUST_DAYS=30"})
	if err != nil || c.Login.trustFor() != 30*24*time.Hour {
		t.Errorf("a browser is trusted for %s, %v", c.Login.trustFor(), err)
	}
}
