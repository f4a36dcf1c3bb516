package admin

import (
	"context"
	"io"
	"net/http"
	"time"
)

// download is a file that is sent while it is read.
type download struct{ name, mediaType string }

// send writes the file past the time that a request has, as long as the visitor reads on. What breaks off must not look whole, so the
// connection ends with it.
func (d download) send(w http.ResponseWriter, r *http.Request, write func(context.Context, io.Writer) error) error {
	h := w.Header()
	h.Set("Content-Type", d.mediaType)
	h.Set("Content-Disposition", `attachment; filename="`+d.name+`"`)
	h.Set("Cache-Control", "no-store")
	if r.Method == http.MethodHead {
		return nil
	}
	out := &flowing{ResponseWriter: w}
	err := write(context.WithoutCancel(r.Context()), out)
	switch {
	case err != nil && out.begun:
		panic(http.ErrAbortHandler)
	case err != nil:
		h.Del("Content-Disposition")
	}
	return err
}

// flowing is an answer that may take its time.
type flowing struct {
	http.ResponseWriter
	begun bool
}

// verifyFor is how long a visitor waits for a verification at most.
const verifyFor = 10 * time.Minute

// patiently lets an answer come past the time that a request has.
func patiently(w http.ResponseWriter, r *http.Request, most time.Duration) (context.Context, context.CancelFunc) {
	_ = http.NewResponseController(w).SetWriteDeadline(time.Now().Add(most)) // not every writer has one
	return context.WithTimeout(context.WithoutCancel(r.Context()), most)
}

// stalled is how long a visitor may read nothing.
const stalled = 30 * time.Second

func (f *flowing) Write(b []byte) (int, error) {
	f.begun = true
	_ = http.NewResponseController(f.ResponseWriter).SetWriteDeadline(time.Now().Add(stalled)) // not every writer has one
	return f.ResponseWriter.Write(b)
}
