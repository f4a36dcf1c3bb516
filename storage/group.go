package storage

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// group is the group commit of SQLite: one goroutine runs all writes, and what waits together commits together.
// So one disk sync serves many, and nobody waits for a lock out of turn.
type group struct {
	conn  *sql.Conn
	tx    *statements
	queue chan *job
	idle  chan struct{} // closed when the goroutine has ended
	count batchCount

	mu     sync.RWMutex // held for reading while a job is queued, so that close meets none on its way
	closed bool
}

// batchSize is how many units of work one commit takes at most.
const batchSize = 1 << bitsOfBatch

var (
	errClosed  = errors.New("the database is closed")
	errTooLate = errors.New("the database did not come to this write in time")
)

// job is a unit of work in the queue.
type job struct {
	work
	taken atomic.Bool // by the goroutine, which will answer; or by a caller who gave up, and then it never runs
	err   error
	done  chan struct{}
}

func newGroup(conn *sql.Conn) *group {
	g := &group{conn: conn, queue: make(chan *job, 4*batchSize), idle: make(chan struct{})}
	g.tx = &statements{prepare: conn.PrepareContext}
	go g.loop()
	return g
}

// do queues a unit of work and returns when it is durable. A caller who waited too long gives up only while the work
// has not begun, so an outcome is never unknown.
func (g *group) do(w work) error {
	j := &job{work: w, done: make(chan struct{})}
	late := time.NewTimer(w.limit)
	defer late.Stop()
	if err := g.enqueue(j, late.C); err != nil {
		return err
	}
	select {
	case <-j.done:
	case <-late.C:
		if j.taken.CompareAndSwap(false, true) {
			return errTooLate
		}
		<-j.done
	}
	return j.err
}

func (g *group) enqueue(j *job, late <-chan time.Time) error {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		return errClosed
	}
	select {
	case g.queue <- j:
		return nil
	case <-late:
		return errTooLate
	}
}

func (g *group) loop() {
	defer close(g.idle)
	batch := make([]*job, 0, batchSize)
	for j := range g.queue {
		batch = g.gather(append(batch[:0], j))
		if len(batch) > 0 {
			g.commit(batch)
		}
		for _, j := range batch {
			close(j.done)
		}
	}
}

// gather adds what is waiting to the batch, and takes out whose caller gave up.
func (g *group) gather(batch []*job) []*job {
	if !batch[0].taken.CompareAndSwap(false, true) {
		batch = batch[:0]
	}
	for len(batch) < batchSize {
		select {
		case j, open := <-g.queue:
			if !open {
				return batch
			}
			if j.taken.CompareAndSwap(false, true) {
				batch = append(batch, j)
			}
		default:
			return batch
		}
	}
	return batch
}

// commit runs the batch in one transaction. A unit that fails is undone alone; when the transaction itself fails, all fail.
func (g *group) commit(batch []*job) {
	u := &unit{ctx: context.Background(), run: g.tx}
	_, err := u.exec("begin immediate")
	if err == nil {
		for _, j := range batch {
			j.err = g.run(u, j)
		}
		if _, err = u.exec("commit"); err != nil {
			_, _ = u.exec("rollback") // may be rolled back already
			err = cause(batch, err)
		}
	}
	g.count.add(len(batch))
	for _, j := range batch {
		if err != nil {
			j.err = err
		}
	}
}

// cause is why a transaction failed. When the disk fails under a statement, SQLite ends the transaction by itself, and the
// commit says only that there is none.
func cause(batch []*job, err error) error {
	for _, j := range batch {
		if sqliteAdvice(j.err) != "" {
			return j.err
		}
	}
	return err
}

// run gives a unit of work a savepoint of its own; a single statement is undone by SQLite itself when it fails.
func (g *group) run(u *unit, j *job) error {
	if j.one {
		return protect(u, j.do)
	}
	if _, err := u.exec("savepoint work"); err != nil {
		return err
	}
	err := protect(u, j.do)
	if err != nil {
		if _, undo := u.exec("rollback to work"); undo != nil {
			return errors.Join(err, undo)
		}
	}
	_, release := u.exec("release work")
	return errors.Join(err, release)
}

// protect makes an error of a panic, which would end the process here and not only the caller's request.
func protect(u *unit, do func(*unit) error) error {
	var err error
	func() {
		defer func() {
			if p := recover(); p != nil {
				err = fmt.Errorf("panic in a unit of work: %v", p)
			}
		}()
		err = do(u)
	}()
	return err
}

// close refuses new work and waits for what is queued.
func (g *group) close() error {
	g.mu.Lock()
	g.closed = true
	close(g.queue)
	g.mu.Unlock()
	<-g.idle
	g.tx.close()
	return g.conn.Close()
}
