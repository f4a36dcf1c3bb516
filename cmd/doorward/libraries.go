package main

import (
	"context"
	"log/slog"
)

// muted is where libraries log that write to slog.Default. They log what their author needed, at levels of their taste: the
// OpenID library tells of every refused request, and of redirects with all that is in their URL. So a line of theirs keeps its
// text alone, at debug level; what an operator should know we log ourselves.
type muted struct{ to slog.Handler }

// muteLibraries sends what libraries log to our log.
func muteLibraries(log *slog.Logger) { slog.SetDefault(slog.New(muted{log.Handler()})) }

// Enabled implements slog.Handler.
func (m muted) Enabled(ctx context.Context, _ slog.Level) bool {
	return m.to.Enabled(ctx, slog.LevelDebug)
}

// Handle implements slog.Handler.
func (m muted) Handle(ctx context.Context, r slog.Record) error {
	return m.to.Handle(ctx, slog.NewRecord(r.Time, slog.LevelDebug, "library: "+r.Message, r.PC))
}

// WithAttrs implements slog.Handler.
func (m muted) WithAttrs([]slog.Attr) slog.Handler { return m }

// WithGroup implements slog.Handler.
func (m muted) WithGroup(string) slog.Handler { return m }
