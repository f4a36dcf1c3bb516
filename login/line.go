package login

import (
	"context"
	"slices"
	"sync"
	"time"

	"github.com/doorward/doorward/keys"
)

// How many passwords of one address block, and of one name, are hashed at once and may wait for that. All hashes of this
// node share one queue (keys.Passwords); without a line of their own, those of one visitor would fill it.
const (
	abreast    = 2
	lineLength = 64   // hashed and waiting, of one key
	allLines   = 1024 // of all keys
	lineWait   = 2 * time.Second
)

// lines let abreast tries of a key be hashed at once; further ones wait behind their own, first come first served.
type lines struct {
	mutex   sync.Mutex
	here    map[string]int // who is hashed or waits, by key; a key that nobody holds is not there
	hashed  map[string]int
	waiting []*turn
	all     int
}

// turn is somebody who waits, for room in all of their lines at once: who had a place in one and waited in another would
// let strangers hold the places of a person from within their own crowd.
type turn struct {
	names []string
	come  chan struct{} // closed when it is theirs
}

// enter waits for a turn, and says whether it had to. keys.ErrBusy when a line is full or the wait too long; the context's
// error when that ends. Who got no error leaves with the same keys.
func (l *lines) enter(ctx context.Context, names ...string) (bool, error) {
	t, err := l.join(names)
	if err != nil || t == nil {
		return false, err
	}
	waiting, cancel := context.WithTimeout(ctx, lineWait)
	defer cancel()
	select {
	case <-t.come:
		return true, nil
	case <-waiting.Done():
	}
	l.giveUp(t)
	if ctx.Err() != nil {
		return true, ctx.Err()
	}
	return true, keys.ErrBusy
}

// join gives nil where there is room at once.
func (l *lines) join(names []string) (*turn, error) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	full := func(name string) bool { return l.here[name] >= lineLength }
	if l.all >= allLines || slices.ContainsFunc(names, full) {
		return nil, keys.ErrBusy
	}
	if l.here == nil {
		l.here, l.hashed = map[string]int{}, map[string]int{}
	}
	l.all++
	count(l.here, names, 1)
	if l.room(names) {
		count(l.hashed, names, 1)
		return nil, nil
	}
	t := &turn{names, make(chan struct{})}
	l.waiting = append(l.waiting, t)
	return t, nil
}

func (l *lines) room(names []string) bool {
	busy := func(name string) bool { return l.hashed[name] >= abreast }
	return !slices.ContainsFunc(names, busy)
}

// leave lets those in who now have room in all of their lines.
func (l *lines) leave(names ...string) {
	l.mutex.Lock()
	defer l.mutex.Unlock()
	count(l.hashed, names, -1)
	l.gone(names)
	l.waiting = slices.DeleteFunc(l.waiting, func(t *turn) bool {
		if !l.room(t.names) {
			return false
		}
		count(l.hashed, t.names, 1)
		close(t.come)
		return true
	})
}

// giveUp takes a turn out of its lines; one that has just come is handed on.
func (l *lines) giveUp(t *turn) {
	l.mutex.Lock()
	i := slices.Index(l.waiting, t)
	if i >= 0 {
		l.waiting = slices.Delete(l.waiting, i, i+1)
		l.gone(t.names)
	}
	l.mutex.Unlock()
	if i < 0 {
		l.leave(t.names...)
	}
}

func (l *lines) gone(names []string) {
	l.all--
	count(l.here, names, -1)
}

// count keeps no key at zero: keys are made of what visitors type.
func count(by map[string]int, names []string, n int) {
	for _, name := range names {
		if by[name] += n; by[name] == 0 {
			delete(by, name)
		}
	}
}
