package main

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"time"
)

const (
	attackers   = 32
	mostGuesses = 200_000 // of one flood, whatever the time allows
	otherPeople = 4
)

// flood measures what other people feel, and what memory is taken, while wrong passwords come in: first all from one
// address, then each from another.
func (p plan) flood(ctx context.Context, db *database, at place) error {
	h, err := db.house(ctx, at, usualHash)
	if err != nil {
		return err
	}
	defer h.stop()
	if err := forgetPeak(h.server.pid()); err != nil {
		return err
	}
	quiet, err := h.feel(ctx, p.each)
	if err != nil {
		return err
	}
	findings := quiet.findings("quiet", "")
	for _, many := range []bool{false, true} {
		guesses, err := h.attackWith(ctx, many)
		if err != nil {
			return err
		}
		flooded, stop := context.WithCancel(ctx)
		ended := make(chan string)
		go func() { ended <- guesses.run(flooded) }()
		felt, err := h.feel(ctx, p.each)
		stop()
		note := <-ended
		if err != nil {
			return err
		}
		findings = append(findings, felt.findings(map[bool]string{false: "flood from one address", true: "flood from many"}[many], note)...)
	}
	peak, err := memory(h.server.pid(), "VmHWM")
	if err != nil {
		return err
	}
	slots := min(runtime.GOMAXPROCS(0), 8)
	findings = append(findings, finding{what: "peak memory", figure: peak, unit: "MiB",
		goal: h.base + float64(slots)*float64(usualHash.MemoryKiB)/1024 + 50, note: fmt.Sprintf("%.0f before", h.base)})
	printFindings(os.Stdout, fmt.Sprintf("%s, %d connections sending wrong passwords; what others wait", db.name, attackers), findings)
	return nil
}

// feeling is what people wait who have nothing to do with a flood.
type feeling struct{ session, password result }

func (f *feeling) findings(when, note string) []finding {
	of := func(what string, r *result, note string) finding {
		return finding{what: when + ": " + what + ", p99", figure: float64(r.percentile(0.99).Microseconds()) / 1000, unit: "ms",
			note: fmt.Sprintf("p50 %s ms, %d done, %d errors %s", milliseconds(r.percentile(0.50)), len(r.latencies), r.errors, note)}
	}
	return []finding{of("sign-on with a session", &f.session, note), of(usualSignIn, &f.password, why(f.password.first))}
}

func why(err error) string {
	if err == nil {
		return ""
	}
	return fmt.Sprintf("(%.120s)", err.Error())
}

// feel lets a few people sign on with their session, and one with a password, from addresses of their own.
func (h *house) feel(ctx context.Context, d time.Duration) (*feeling, error) {
	var f feeling
	sessions, passwords := scenario{do: h.signOn}, scenario{do: h.signInAndOn}
	for i := range otherPeople {
		sessions.workers = append(sessions.workers, newWorkerFrom(func() string { return "198.51.100." + strconv.Itoa(i+1) }))
	}
	passwords.workers = []*worker{newWorkerFrom(func() string { return "198.51.100.200" })}
	passwords.workers[0].number = otherPeople
	until := time.Now().Add(d)
	var both sync.WaitGroup
	both.Go(func() { f.session = work(ctx, sessions, until) })
	both.Go(func() { f.password = work(ctx, passwords, until) })
	both.Wait()
	return &f, ctx.Err()
}

// attack is a flood: each attacker stands at the page that asks for the password of a name of its own.
type attack struct {
	at      []*http.Request
	workers []*worker
}

func (h *house) attackWith(ctx context.Context, many bool) (*attack, error) {
	a := &attack{}
	var count atomic.Uint32
	for i := range attackers {
		from := func() string { return "203.0.113.7" }
		if many {
			from = func() string { n := count.Add(1); return fmt.Sprintf("10.%d.%d.%d", n>>16&255, n>>8&255, n&255) }
		}
		w := newWorkerFrom(from)
		v, err := newVisitor(w, map[string]string{"username": fmt.Sprintf("nobody%d%v@example.com", i, many), "password": "not the right one"})
		if err != nil {
			return nil, err
		}
		request, err := v.before(ctx, h.authorizeURL(plain, "openid"), "password")
		if err != nil {
			return nil, err
		}
		w.client = v.client // with its cookies
		a.at, a.workers = append(a.at, request), append(a.workers, w)
	}
	return a, nil
}

// run sends what the attackers have in hand again and again, and says what was answered.
func (a *attack) run(ctx context.Context) string {
	var statuses [600]atomic.Int64
	var sent atomic.Int64
	var all sync.WaitGroup
	for i, w := range a.workers {
		body, _ := io.ReadAll(a.at[i].Body)
		all.Go(func() {
			for ctx.Err() == nil && sent.Add(1) <= mostGuesses {
				statuses[w.guess(ctx, a.at[i], body)].Add(1)
			}
		})
	}
	all.Wait()
	var said []string
	for status := range statuses {
		if n := statuses[status].Load(); n > 0 && status > 0 {
			said = append(said, fmt.Sprintf("%d: %d", status, n))
		}
	}
	return "(guesses answered by status: " + strings.Join(said, ", ") + ")"
}

// guess sends one wrong password and gives the status; 0 when there was no answer.
func (w *worker) guess(ctx context.Context, like *http.Request, body []byte) int {
	r := like.Clone(ctx)
	r.Body, r.ContentLength = io.NopCloser(bytes.NewReader(body)), int64(len(body))
	response, err := w.client.Do(r)
	if err != nil {
		return 0
	}
	defer response.Body.Close()
	if _, err := io.Copy(io.Discard, response.Body); err != nil {
		return 0
	}
	return response.StatusCode
}
