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
// Anybody may ask for one, without an end; however many do, the clients are read once a second.
type clients struct {
	known  atomic.Pointer[knownClients]
	flight singleflight.Group
}

type knownClients struct {
	origins map[string]bool // of public browser applications
	ids     []string        // of those that are not disabled
	read    time.Time
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
	known := &knownClients{origins: map[string]bool{}, read: time.Now()}
	list, err := store.Clients(ctx)
	if err != nil {
		return nil, err
	}
	for _, client := range list {
		for _, origin := range scripts(client) {
			known.origins[origin] = true
		}
		if !client.Disabled {
			known.ids = append(known.ids, client.ID)
		}
	}
	c.known.Store(known)
	return known, nil
}
