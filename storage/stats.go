package storage

import (
	"math/bits"
	"sync/atomic"
	"time"
)

// Stats are the state of this moment, and counts since Open, for metrics.
type Stats struct {
	Open, InUse, Most int           // connections to read by; with PostgreSQL, to write by too
	Waits             int64         // how often somebody waited for a connection
	Waited            time.Duration // in all
	Batches           Batches       // SQLite only
}

// Batches counts the group commits of SQLite by how many units of work each took.
type Batches struct {
	Commits, Works int64
	UpTo           map[int]int64 // commits of that many units of work at most, cumulated
}

// Stats says how busy the database is.
func (db *DB) Stats() Stats { return db.engine.stats() }

// batchCount counts commits by size: 1, 2, 3 to 4, 5 to 8 … batchSize.
type batchCount struct {
	works  atomic.Int64
	bySize [bitsOfBatch + 1]atomic.Int64
}

// bitsOfBatch is the logarithm of batchSize.
const bitsOfBatch = 7

func (c *batchCount) add(size int) {
	c.works.Add(int64(size))
	c.bySize[bits.Len(uint(size-1))].Add(1)
}

func (c *batchCount) read() Batches {
	b := Batches{Works: c.works.Load(), UpTo: map[int]int64{}}
	for i := range c.bySize {
		b.Commits += c.bySize[i].Load()
		b.UpTo[1<<i] = b.Commits
	}
	return b
}
