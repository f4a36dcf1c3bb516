package op

import (
	"context"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"
)

// clientsFresh is how long what is known of all clients is believed, as long as a client is.
const clientsFresh = time.Second

// clients is what must be known of all clients at once: which origins their scripts have, and how they are called.
// Anybody may ask for one, without an end; however many do, it is asked once a second whether a client has changed, and only then
// are they read.
type clients struct {
	known  atomic.Pointer[knownClients]
	flight singleflight.Group
}

type knownClients struct {
	origins map[string]bool // of public browser applications
	ids     []string        // of those that are not disabled
	changes int64           // that had been made before they were read
	read    time.Time       // when that was so last
}

func (c *clients) fresh() *knownClients {
	if known := c.known.Load(); known != nil && time.Since(known.read) < clientsFresh {
		return known
	}
	return nil
}

// all is what is known now; nothing when the clients cannot be read.
func (c *clients) all(ctx context.Context, store Store) *knownClients {
	if known := c.fresh(); known != nil {
		return known
	}
	v, err, _ := c.flight.Do("", func() (any, error) {
		if known := c.fresh(); known != nil { // the flight before this one has just landed
			return known, nil
		}
		return c.read(context.WithoutCancel(ctx), store)
	})
	if err != nil {
		return &knownClients{}
	}
	return v.(*knownClients)
}

func (c *clients) read(ctx context.Context, store Store) (*knownClients, error) {
	now := time.Now()
	changes, err := store.ClientChanges(ctx)
	if err != nil {
		return nil, err
	}
	known := &knownClients{origins: map[string]bool{}, changes: changes, read: now}
	if before := c.known.Load(); before != nil && before.changes == changes {
		known.origins, known.ids = before.origins, before.ids
	} else if err := known.list(ctx, store); err != nil {
		return nil, err
	}
	c.known.Store(known)
	return known, nil
}

func (k *knownClients) list(ctx context.Context, store Store) error {
	list, err := store.Clients(ctx)
	for _, client := range list {
		for _, origin := range scripts(client) {
			k.origins[origin] = true
		}
		if !client.Disabled {
			k.ids = append(k.ids, client.ID)
		}
	}
	return err
}
