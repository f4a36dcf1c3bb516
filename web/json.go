package web

import (
	"bytes"
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

var (
	jsonType     = []string{"application/json"}
	noStore      = []string{"no-store"}
	noCache      = []string{"no-cache"}
	everyOrigin  = []string{"*"}
	buffers      = sync.Pool{New: func() any { return new(bytes.Buffer) }}
	largestSaved = 64 << 10
)

// WriteJSON answers with v as JSON that nobody may keep (RFC 6749 §5.1). It encodes first: an error means that nothing has
// been written yet.
func WriteJSON(w http.ResponseWriter, status int, v any) error {
	return writeJSON(w, status, jsonType, v)
}

// WriteJSONAs is WriteJSON with a media type of its own, like application/problem+json.
func WriteJSONAs(w http.ResponseWriter, status int, mediaType string, v any) error {
	return writeJSON(w, status, []string{mediaType}, v)
}

func writeJSON(w http.ResponseWriter, status int, mediaType []string, v any) error {
	buf := buffers.Get().(*bytes.Buffer)
	buf.Reset()
	defer func() {
		if buf.Cap() <= largestSaved {
			buffers.Put(buf)
		}
	}()
	encoder := json.NewEncoder(buf)
	encoder.SetEscapeHTML(false)
	if err := encoder.Encode(v); err != nil {
		return fmt.Errorf("encode answer: %w", err)
	}
	h := w.Header()
	h["Content-Type"] = mediaType
	h["Cache-Control"] = noStore
	h["Pragma"] = noCache
	h["Content-Length"] = []string{strconv.Itoa(buf.Len())}
	w.WriteHeader(status)
	_, _ = w.Write(buf.Bytes()) // an error means that the visitor has gone
	return nil
}

// cached are the headers of one body, made once.
type cached struct {
	etag         string
	etagHeader   []string
	lengthHeader []string
}

// CachedBytes answers GET and HEAD with bytes that anybody may keep for maxAge: discovery and JWKS, for scripts of every
// origin. get is called at each request and must be quick; etag names the body, without quotes, and changes with it.
func CachedBytes(contentType string, maxAge time.Duration, get func() (body []byte, etag string)) Handler {
	typeHeader := []string{contentType}
	cacheHeader := []string{"public, max-age=" + strconv.Itoa(int(maxAge.Seconds()))}
	var last atomic.Pointer[cached]
	return func(w http.ResponseWriter, r *http.Request) error {
		body, etag := get()
		c := last.Load()
		if c == nil || c.etag != etag {
			c = &cached{etag, []string{`"` + etag + `"`}, []string{strconv.Itoa(len(body))}}
			last.Store(c)
		}
		h := w.Header()
		h["Etag"] = c.etagHeader
		h["Cache-Control"] = cacheHeader
		h["Access-Control-Allow-Origin"] = everyOrigin
		if match := r.Header["If-None-Match"]; len(match) > 0 && matches(match, c.etagHeader[0]) {
			w.WriteHeader(http.StatusNotModified)
			return nil
		}
		h["Content-Type"] = typeHeader
		h["Content-Length"] = c.lengthHeader
		if r.Method != http.MethodHead {
			_, _ = w.Write(body) // an error means that the visitor has gone
		}
		return nil
	}
}

// matches compares weakly, as RFC 9110 §13.1.2 wants for If-None-Match.
func matches(lines []string, etag string) bool {
	for _, line := range lines {
		for part := range strings.SplitSeq(line, ",") {
			part = strings.TrimSpace(part)
			if part == "*" || strings.TrimPrefix(part, "W/") == etag {
				return true
			}
		}
	}
	return false
}
