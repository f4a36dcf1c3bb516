package main

import (
	"log/slog"
	"strings"
	"testing"
)

func TestOfWhatLibrariesLogTheTextAloneIsKeptAndOnlyForDebugging(t *testing.T) {
	log := &logged{}
	for level, want := range map[slog.Level]int{slog.LevelDebug: 3, slog.LevelInfo: 0} {
		before := log.String()
		library := slog.New(muted{slog.NewTextHandler(log, &slog.HandlerOptions{Level: level})})
		library.Error("request error", "oidc_error", "secret-one")
		library.With("url", "https://app.example/cb?state=secret-two").Info("auth request redirect")
		library.WithGroup("g").Warn("registered route", "endpoint", "secret-three")
		text := strings.TrimPrefix(log.String(), before)
		if strings.Count(text, "level=DEBUG") != want || strings.Count(text, "\n") != want || strings.Contains(text, "secret") {
			t.Errorf("at %v the log is:\n%s", level, text)
		}
		if want > 0 && !strings.Contains(text, `msg="library: request error"`) {
			t.Errorf("the log is:\n%s", text)
		}
	}
}
