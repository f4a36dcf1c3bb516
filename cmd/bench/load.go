package main

import (
	"context"
	"net"
	"net/http"
	"slices"
	"sync"
	"time"
)

// worker is one keep-alive connection with what its scenario remembers between two requests.
type worker struct {
	number  int
	client  *http.Client
	refresh string // the refresh token to use next
}

// newWorker makes a client with a connection of its own that follows no redirect.
func newWorker() *worker {
	return &worker{client: &http.Client{
		Transport:     &http.Transport{DialContext: (&net.Dialer{Timeout: 5 * time.Second}).DialContext, MaxIdleConnsPerHost: 1},
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
		Timeout:       10 * time.Second,
	}}
}

// newWorkerFrom is a worker whose requests come from the addresses that from gives, as a trusted proxy says it.
func newWorkerFrom(from func() string) *worker {
	w := newWorker()
	w.client.Transport = &forwarded{w.client.Transport, from}
	return w
}

type forwarded struct {
	next http.RoundTripper
	from func() string
}

// RoundTrip implements http.RoundTripper.
func (f *forwarded) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("X-Forwarded-For", f.from())
	return f.next.RoundTrip(r)
}

// result is what a scenario did and cost.
type result struct {
	took      time.Duration
	latencies []time.Duration // of operations without error
	errors    int
	first     error // the first error, to tell what was wrong
	server    time.Duration
	database  time.Duration
}

func (r *result) add(o result) {
	r.took += o.took
	r.latencies = append(r.latencies, o.latencies...)
	r.errors += o.errors
	if r.first == nil {
		r.first = o.first
	}
	r.server += o.server
	r.database += o.database
}

// perSecond counts operations without error.
func (r *result) perSecond() float64 { return float64(len(r.latencies)) / r.took.Seconds() }

// perOp is CPU milliseconds per operation, failed ones included: they cost as well.
func (r *result) perOp(cpu time.Duration) float64 {
	n := len(r.latencies) + r.errors
	if n == 0 {
		return 0
	}
	return cpu.Seconds() * 1000 / float64(n)
}

// percentile of the latencies, which are sorted by it.
func (r *result) percentile(p float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	slices.Sort(r.latencies)
	return r.latencies[int(p*float64(len(r.latencies)-1))]
}

// drive lets all workers of a scenario work for a time and reads the processes' CPU time before and after.
func drive(ctx context.Context, s scenario, d time.Duration, db *database) (result, error) {
	server, err := s.cpu()
	if err != nil {
		return result{}, err
	}
	family, err := db.cpu()
	if err != nil {
		return result{}, err
	}
	if s.profile != nil {
		taken := s.profile.take(ctx, s.name, d)
		defer func() { <-taken }()
	}
	start := time.Now()
	r := work(ctx, s, start.Add(d))
	r.took = time.Since(start)
	if err := ctx.Err(); err != nil {
		return result{}, err
	}
	after, err := s.cpu()
	if err != nil {
		return result{}, err
	}
	familyAfter, err := db.cpu()
	if err != nil {
		return result{}, err
	}
	r.server, r.database = after-server, familyAfter-family
	return r, nil
}

// cpu is what the processes that answer have used.
func (s scenario) cpu() (time.Duration, error) {
	used, err := cpu(s.pid)
	if err != nil || s.second == 0 {
		return used, err
	}
	more, err := cpu(s.second)
	return used + more, err
}

func work(ctx context.Context, s scenario, until time.Time) result {
	parts := make([]result, len(s.workers))
	var all sync.WaitGroup
	for i, w := range s.workers {
		all.Go(func() {
			for time.Now().Before(until) && ctx.Err() == nil {
				parts[i].once(ctx, s, w)
			}
		})
	}
	all.Wait()
	var sum result
	for _, p := range parts {
		sum.add(p)
	}
	return sum
}

func (r *result) once(ctx context.Context, s scenario, w *worker) {
	start := time.Now()
	if err := s.do(ctx, w); err != nil {
		r.errors++
		if r.first == nil {
			r.first = err
		}
		return
	}
	r.latencies = append(r.latencies, time.Since(start))
}
