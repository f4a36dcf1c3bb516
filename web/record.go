package web

import (
	"context"
	"log/slog"
	"math/rand/v2"
	"net/http"
	"net/netip"
	"sync"
	"time"
)

// record is one request on its way: filled by whoever learns something, logged as one line at its end.
type record struct {
	reference string
	address   netip.Addr
	start     time.Time
	route     string // as registered

	mu    sync.Mutex // handlers may leave goroutines behind that still note something
	notes []slog.Attr
}

type recordKey struct{}

func recordOf(ctx context.Context) *record {
	rec, _ := ctx.Value(recordKey{}).(*record)
	return rec
}

// Note adds attributes to the request's one log line. Never a secret.
func Note(ctx context.Context, attrs ...slog.Attr) {
	if rec := recordOf(ctx); rec != nil {
		rec.mu.Lock()
		defer rec.mu.Unlock()
		rec.notes = append(rec.notes, attrs...)
	}
}

// Reference is the request's reference, like "E-7F3K-92", as error pages show it and events carry it; "" outside Wrap.
func Reference(ctx context.Context) string {
	if rec := recordOf(ctx); rec != nil {
		return rec.reference
	}
	return ""
}

// unambiguous has no I, L, O and U: a reference is read aloud on the telephone.
const unambiguous = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"

// newReference has 30 random bits: enough to find a line of the log, nothing that must stay secret.
func newReference() string {
	b := []byte("E-xxxx-xx")
	bits := rand.Uint32()
	for _, i := range [...]int{2, 3, 4, 5, 7, 8} {
		b[i] = unambiguous[bits%32]
		bits /= 32
	}
	return string(b)
}

// answer remembers status and size for the log line.
type answer struct {
	http.ResponseWriter
	head   bool
	status int // 0: nothing written yet
	bytes  int64
}

func (a *answer) WriteHeader(status int) {
	if a.status == 0 && status >= 200 {
		a.status = status
	}
	a.ResponseWriter.WriteHeader(status)
}

func (a *answer) Write(p []byte) (int, error) {
	if a.status == 0 {
		a.status = http.StatusOK
	}
	if a.head {
		return len(p), nil
	}
	n, err := a.ResponseWriter.Write(p)
	a.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController and http.MaxBytesReader find the server's own writer.
func (a *answer) Unwrap() http.ResponseWriter { return a.ResponseWriter }

// log writes the request's one line. The path has no query; nothing of cookies, headers or form is in it.
func (s *Site) log(r *http.Request, rec *record, a *answer) {
	if s.Log == nil {
		return
	}
	level := slog.LevelInfo
	if a.status >= 500 {
		level = slog.LevelError
	}
	if !s.Log.Enabled(r.Context(), level) {
		return
	}
	now := time.Now()
	line := slog.NewRecord(now, level, "request", 0) // not by the Logger, which looks up who called it each time
	line.AddAttrs(
		slog.String("method", shorten(r.Method, 16)),
		slog.String("path", shorten(r.URL.Path, 200)),
		slog.Int("status", a.status),
		slog.Float64("ms", float64(now.Sub(rec.start).Microseconds())/1000),
		slog.Int64("bytes", a.bytes),
		slog.String("address", rec.address.String()),
		slog.String("reference", rec.reference))
	rec.mu.Lock()
	defer rec.mu.Unlock()
	line.AddAttrs(rec.notes...)
	_ = s.Log.Handler().Handle(r.Context(), line) // as the Logger does: a log that cannot be written is no reason to fail
}

func shorten(s string, most int) string {
	if len(s) > most {
		return s[:most] + "..."
	}
	return s
}
