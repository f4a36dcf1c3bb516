package web_test

import (
	"bytes"
	"compress/gzip"
	"context"
	"errors"
	"net"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/web"
)

func TestABodyHas256KiBAndNoMore(t *testing.T) { // SR-06, C.9 item 68
	const most = 256 << 10
	for size, want := range map[int]bool{0: true, most: true, most + 1: false, 40 * most: false} {
		e := newElsewhere(t, func(w http.ResponseWriter, _ *http.Request) {
			for range size / 1024 {
				if _, err := w.Write(bytes.Repeat([]byte(" "), 1024)); err != nil {
					return
				}
			}
			w.Write(bytes.Repeat([]byte(" "), size%1024))
		})
		body, err := vouching(t, e.URL).Get(t.Context(), e.URL)
		if (err == nil) != want || want && len(body) != size {
			t.Errorf("%d bytes: %d, %v", size, len(body), err)
		}
	}
}

func TestWhatIsPackedStaysPacked(t *testing.T) { // SR-06
	var packed bytes.Buffer
	z := gzip.NewWriter(&packed)
	z.Write(make([]byte, 10<<20))
	z.Close()
	e := newElsewhere(t, func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Encoding", "gzip")
		w.Write(packed.Bytes())
	})
	body, err := vouching(t, e.URL).Get(t.Context(), e.URL)
	if err != nil || len(body) != packed.Len() || e.last.Load().Header.Get("Accept-Encoding") != "" {
		t.Errorf("%d bytes of %d, %v; it asks for %q", len(body), packed.Len(), err, e.last.Load().Header.Get("Accept-Encoding"))
	}
}

// drip listens for one visitor, and says something again and again until the visitor is tired of it.
func drip(t *testing.T, begin, again string, pause time.Duration) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		c, err := l.Accept()
		if err != nil {
			return
		}
		defer c.Close()
		if _, err = c.Read(make([]byte, 4096)); err != nil {
			return
		}
		for _, err = c.Write([]byte(begin)); err == nil; _, err = c.Write([]byte(again)) {
			time.Sleep(pause)
		}
	}()
	return "http://" + l.Addr().String()
}

func TestNobodyHoldsUsUpForLongerThanFiveSeconds(t *testing.T) { // SR-06, C.9 item 68
	t.Parallel()
	const begin, often = "HTTP/1.1 200 OK\r\n", 100 * time.Millisecond
	var all sync.WaitGroup // at once, since most take the five seconds
	for name, address := range map[string]string{
		"a body that drips":          drip(t, begin+"Content-Type: application/json\r\n\r\n{", " ", often),
		"headers that drip":          drip(t, begin, "A: b\r\n", often),
		"silence":                    drip(t, "", "", often),
		"one answer before another":  drip(t, "", "HTTP/1.1 103 Early Hints\r\n\r\n", often),
		"headers without end":        drip(t, begin, strings.Repeat("A: b\r\n", 1000), 0),
		"a header that does not end": drip(t, begin+"A: ", strings.Repeat("b", 4096), 0),
		"a body without end":         drip(t, begin+"\r\n", strings.Repeat(" ", 4096), 0),
	} {
		out := vouching(t, address)
		all.Go(func() {
			began := time.Now()
			body, err := out.Get(t.Context(), address)
			if took := time.Since(began); !errors.Is(err, web.ErrOutbound) || body != nil || took > 7*time.Second {
				t.Errorf("%s: %d bytes, %v after %v", name, len(body), err, took)
			}
		})
	}
	all.Wait()
}

func TestWhoeverLeavesWaitsNoLonger(t *testing.T) {
	address := drip(t, "", "", 50*time.Millisecond)
	ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancel()
	began := time.Now()
	if _, err := vouching(t, address).Get(ctx, address); !errors.Is(err, web.ErrOutbound) || time.Since(began) > 3*time.Second {
		t.Errorf("%v after %v", err, time.Since(began))
	}
}
