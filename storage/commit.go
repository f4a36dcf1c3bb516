package storage

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"
)

// group is the group commit of SQLite: one goroutine runs all writes, and what waits together commits together.
// So one disk sync serves many, and nobody waits for a lock out of turn.
type group struct {
	open  func(context.Context) (*sql.Conn, error)
	conn  *sql.Conn // nil after a rollback that failed, until a batch has opened another
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

func newGroup(ctx context.Context, open func(context.Context) (*sql.Conn, error)) (*group, error) {
	g := &group{open: open, queue: make(chan *job, 4*batchSize), idle: make(chan struct{})}
	if err := g.connect(ctx); err != nil {
		return nil, err
	}
	go g.loop()
	return g, nil
}

func (g *group) connect(ctx context.Context) error {
	if g.conn != nil {
		return nil
	}
	conn, err := g.open(ctx)
	if err != nil {
		return err
	}
	g.conn, g.tx = conn, &statements{prepare: conn.PrepareContext}
	return nil
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

// commit runs the batch and answers each unit of work: nil only when it is durable. One that fails by its own judgement or by a
// constraint is undone alone. Every other error fails all.
func (g *group) commit(batch []*job) {
	err := g.transact(batch)
	g.count.add(len(batch))
	if err == nil {
		return
	}
	for _, j := range batch {
		j.err = err
	}
}

// transact runs the batch in one transaction. Its first fault is its end: on a full disk, say, SQLite may have rolled all of it
// back by itself, and what ran after that would be durable alone, or be undone after its answer.
func (g *group) transact(batch []*job) error {
	if err := g.connect(context.Background()); err != nil {
		return err
	}
	u := &unit{ctx: context.Background(), run: g.tx}
	u.control("begin immediate")
	for _, j := range batch {
		if u.fault != nil {
			break
		}
		j.err = run(u, j)
	}
	u.control("commit")
	if u.fault != nil {
		g.rollback()
	}
	return u.fault
}

// run gives a unit of work a savepoint of its own; a single statement is undone by SQLite itself when it fails.
func run(u *unit, j *job) error {
	if j.one {
		err := protect(u, j.do)
		if err != nil && !errors.Is(err, ErrNotFound) && !sqliteConstraint(err) {
			u.fail(err) // it may have done its work, and nothing undoes that alone
		}
		return err
	}
	u.control("savepoint work")
	err := protect(u, j.do)
	if err != nil {
		u.control("rollback to work")
	}
	u.control("release work")
	return err
}

// control runs a statement that begins, ends or divides the transaction: without it nothing else may run.
func (u *unit) control(text string) {
	if _, err := u.exec(text); err != nil {
		u.fail(err)
	}
}

// rollback undoes a batch. Where SQLite has done so by itself, or it fails, nobody knows how the connection stands: it is closed,
// which ends whatever is open on it.
func (g *group) rollback() {
	if _, err := g.tx.ExecContext(context.Background(), "rollback"); err == nil {
		return
	}
	g.tx.close()
	_ = g.conn.Raw(func(any) error { return driver.ErrBadConn }) // so the pool does not keep it
	g.conn = nil
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
	if g.conn == nil {
		return nil
	}
	g.tx.close()
	return g.conn.Close()
}
