package main

import (
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

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

// LG-08: what is set, in the file or in the console, is how long the log is kept, from then on and without another start.
func TestTheLogIsKeptAsLongAsIsSet(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		file, console string
		days          int
	}{
		"by default":     {"", "", 365},
		"by the file":    {"audit: {keep_days: 30}\n", "", 30},
		"by the console": {"", "800", 800},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			var ahead atomic.Int64
			now := func() time.Time { return time.Now().Add(time.Duration(ahead.Load())) }
			h, _ := openHouse(t, write(t, freely+c.file, nil), parts{Now: now})
			set(t, h, map[string]string{"company": "Acme"})
			ahead.Add(int64(10 * time.Second)) // a moment later it may be chained
			eventually(t, "the change to be chained", func() bool {
				_, err := h.db.ChainEvents(t.Context(), 100, h.keys.Chain())
				report, err2 := h.db.VerifyChain(t.Context(), 0, h.keys.Chain(), func(storage.ChainFault) error { return nil })
				return err == nil && err2 == nil && report.Events > 0 && report.Waiting == 0
			})
			if c.console != "" {
				set(t, h, map[string]string{"audit.keep_days": c.console})
			}
			kept := func() bool {
				t.Helper()
				if _, err := h.sweepOnce(t.Context()); err != nil {
					t.Fatal(err)
				}
				page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.SettingsChanged, Until: time.Now().Add(time.Second)}, "", 1)
				if err != nil {
					t.Fatal(err)
				}
				return len(page.Events) > 0
			}
			ahead.Add(int64(time.Duration(c.days)*24*time.Hour - time.Hour))
			if !kept() {
				t.Errorf("it is gone before %d days", c.days)
			}
			ahead.Add(int64(2 * time.Hour))
			if kept() {
				t.Errorf("it is there after %d days", c.days)
			}
		})
	}
}
