package op

import (
	"context"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/doorward/doorward/storage"
)

const (
	tallyEvery = time.Minute // that one thing is written down again
	tallyLook  = time.Second
	tallyMost  = 10_000 // things that are told apart
	tallyNames = 10     // references of one thing that its event keeps, the last
)

// tally writes down what may come in any number, so that a flood fills no table and is told all the same: one event of each thing, and
// then one a minute that says how many there were since. It is written in the background, so that nobody can tell by the time that an
// answer takes whether a client is known. What a node had counted when it was killed stands in the request log.
type tally struct {
	mu     sync.Mutex
	counts map[counted]*count
}

// counted is one thing.
type counted struct{ kind, user, client, result string }

type count struct {
	n     int           // since the last event
	since time.Time     // the first of them
	last  storage.Event // the latest
	names []string      // references since the last event, tallyNames at most: whoever reads one out is found
	next  time.Time     // not before this
}

// count adds one. Its Data is that of the latest.
func (t *tally) count(now time.Time, e storage.Event) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.counts == nil {
		t.counts = map[counted]*count{}
	}
	key := counted{e.Kind, e.User, e.Client, e.Result}
	if t.counts[key] == nil && len(t.counts) >= tallyMost {
		e.User, e.Client = "", ""
		key = counted{kind: e.Kind, result: e.Result}
	}
	c := t.counts[key]
	if c == nil {
		c = &count{}
		t.counts[key] = c
	}
	if c.n == 0 {
		c.since = now
	}
	c.n++
	c.last = e
	c.names = lastOf(append(c.names, e.Reference))
}

// lastOf keeps as many references as an event has room for: strangers must not fill it.
func lastOf(names []string) []string { return names[max(0, len(names)-tallyNames):] }

// due takes out what is to be written now; all of it at the end.
func (t *tally) due(now time.Time, end bool) map[counted]count {
	t.mu.Lock()
	defer t.mu.Unlock()
	due := map[counted]count{}
	for key, c := range t.counts {
		switch {
		case !end && now.Before(c.next):
		case c.n == 0:
			delete(t.counts, key)
		default:
			due[key] = *c
			c.n, c.names, c.next = 0, nil, now.Add(tallyEvery)
		}
	}
	return due
}

// back puts in again what could not be written.
func (t *tally) back(key counted, lost count) {
	t.mu.Lock()
	defer t.mu.Unlock()
	c := t.counts[key]
	if c == nil {
		t.counts[key] = &lost
		return
	}
	if c.n == 0 {
		c.last = lost.last
	}
	c.n, c.since, c.next = c.n+lost.n, lost.since, lost.next
	c.names = lastOf(slices.Concat(lost.names, c.names))
}

func (c count) event(now time.Time) storage.Event {
	e := c.last
	data := map[string]string{"count": strconv.Itoa(c.n), "since": c.since.UTC().Format(time.RFC3339)}
	if len(c.names) > 1 {
		data[storage.ReferencesKept] = strings.Join(c.names, " ")
	}
	for name, value := range e.Data {
		data[name] = value
	}
	e.Data, e.Time = data, now
	return e
}

// writeDown writes what was counted until ctx ends, and then the rest.
func (p *Provider) writeDown(ctx context.Context) {
	look := time.NewTicker(tallyLook)
	defer look.Stop()
	for {
		select {
		case <-look.C:
			p.writeCounts(ctx, false)
		case <-ctx.Done():
			p.writeCounts(context.WithoutCancel(ctx), true)
			return
		}
	}
}

// writeCounts writes what is due. What the database does not take is counted on; at the end it is logged.
func (p *Provider) writeCounts(ctx context.Context, end bool) {
	for key, c := range p.tally.due(p.now(), end) {
		err := p.store.Record(ctx, c.event(p.now()))
		switch {
		case err == nil:
		case end:
			p.site.Log.Error("refusals are not written down", "error", err, "kind", key.kind, "client", key.client, "result", key.result, "count", c.n)
		default:
			p.tally.back(key, c)
		}
	}
}
