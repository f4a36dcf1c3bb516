package storage

import (
	"sync"
	"sync/atomic"
	"time"
)

// clientFresh is how long a client read from the database is believed; so long at most another node's
// change of a client goes unnoticed here. What a client's grants may do is never cached.
const clientFresh = time.Second

// clientCache holds clients read of late. Absence is not kept: a flood of invented ids would fill it, and a new client
// shall work at once.
type clientCache struct {
	known   sync.Map // id -> cachedClient
	changes atomic.Int64
	all     atomic.Pointer[clientList]
}

// clientsKept is up to how many clients the list of all is kept: a house has some hundreds, and a record is about two kilobytes.
const clientsKept = 10_000

// clientList is all clients, as they are after so many changes or later ones.
type clientList struct {
	list    []Client
	changes int64
}

func (c *clientCache) keepAll(l clientList) {
	if len(l.list) <= clientsKept {
		c.all.Store(&l)
	}
}

type cachedClient struct {
	Client
	read time.Time
}

func (c *clientCache) find(id string) (Client, bool) {
	v, ok := c.known.Load(id)
	if !ok {
		return Client{}, false
	}
	cached := v.(cachedClient)
	return cached.Client, time.Since(cached.read) < clientFresh
}

// keep remembers a client that was read after the change counted by seen, unless another came meanwhile.
func (c *clientCache) keep(client Client, seen int64) {
	c.known.Store(client.ID, cachedClient{client, time.Now()})
	if c.changes.Load() != seen {
		c.known.Delete(client.ID)
	}
}

// forget is called after each change that this process makes.
func (c *clientCache) forget() {
	c.changes.Add(1)
	c.known.Clear()
}
