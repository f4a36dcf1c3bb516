package keys

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/doorward/doorward/storage"
)

// A signing key is published ahead of its use, so that relying parties that cache the JWKS know it in time; it signs until its
// successor does; then it stays published for longer than any token that it has signed is good.
//
//	created        use                                  retire        gone
//	   |-- 24 h -->|------------- 30 days ------------->|--- 24 h --->|
//	               signs                 successor: created … use
const (
	publishAhead = 24 * time.Hour      // longer than any max-age of the JWKS
	useFor       = 30 * 24 * time.Hour // until the successor is used
	keepAfter    = 24 * time.Hour      // longer than the life of any ID token or signed access token
)

// plan says what to do about the keys of one alg, of which last is the newest (nil: there is none).
type plan func(last *storage.SigningKey, now time.Time) move

// move is what a plan decides: when a successor is used (zero: none is made), or when last itself is (zero: as it stands).
type move struct{ successor, last time.Time }

func byAge(last *storage.SigningKey, now time.Time) move {
	switch {
	case last == nil:
		return move{successor: now}
	case now.Before(last.Use.Add(useFor - publishAhead)):
		return move{}
	}
	return move{successor: now.Add(publishAhead)}
}

func rotateAhead(last *storage.SigningKey, now time.Time) move {
	if last != nil && now.Before(last.Use) {
		return move{}
	}
	return move{successor: now.Add(publishAhead)}
}

func rotateNow(last *storage.SigningKey, now time.Time) move {
	if last != nil && now.Before(last.Use) {
		return move{last: now} // relying parties may know it already
	}
	return move{successor: now}
}

func (k *keeper) rotateByAge(ctx context.Context) error {
	return k.change(ctx, byAge, storage.Event{Kind: storage.KeysChanged, Actor: "system"})
}

// change carries out a plan for all algorithms in one transaction. When another node has published a successor meanwhile,
// the plan is made anew on what that node has left.
func (k *keeper) change(ctx context.Context, p plan, e storage.Event) error {
	for range 5 {
		rows, err := k.store.SigningKeys(ctx)
		if err != nil {
			return fmt.Errorf("rotate signing keys: %w", err)
		}
		add, change, err := k.carryOut(p, rows)
		if err != nil {
			return fmt.Errorf("rotate signing keys: %w", err)
		}
		if len(add)+len(change) == 0 {
			return k.refresh(ctx)
		}
		err = k.store.ChangeSigningKeys(ctx, add, change, e)
		if err == nil {
			return k.refresh(ctx)
		}
		if !errors.Is(err, storage.ErrConflict) {
			return fmt.Errorf("rotate signing keys: %w", err)
		}
	}
	return fmt.Errorf("rotate signing keys: others do so all the time: %w", storage.ErrConflict)
}

// carryOut turns a plan into rows to add and rows to change.
func (k *keeper) carryOut(p plan, rows []storage.SigningKey) ([]storage.SigningKey, []storage.SigningKey, error) {
	under, _, err := k.present(ForSigning)
	if err != nil {
		return nil, nil, err
	}
	now := k.now()
	var add, change []storage.SigningKey
	for _, alg := range algorithms {
		last, before := newest(rows, string(alg))
		m := p(last, now)
		switch {
		case !m.successor.IsZero():
			key, err := newSigningKey(string(alg), under)
			if err != nil {
				return nil, nil, err
			}
			key.Serial, key.Created, key.Use = 1, now, m.successor
			if last != nil {
				key.Serial = last.Serial + 1
				change = append(change, retired(*last, key.Use))
			}
			add = append(add, key)
		case !m.last.IsZero():
			used := *last
			used.Use = m.last
			change = append(change, used)
			if before != nil {
				change = append(change, retired(*before, used.Use))
			}
		}
	}
	return add, change, nil
}

// retired is a key whose successor signs from then on.
func retired(key storage.SigningKey, then time.Time) storage.SigningKey {
	key.Retire, key.Gone = then, then.Add(keepAfter)
	return key
}

// newest gives the newest key of alg and the one before it, each nil where there is none.
func newest(rows []storage.SigningKey, alg string) (*storage.SigningKey, *storage.SigningKey) {
	var last, before *storage.SigningKey
	for i := range rows {
		row := &rows[i]
		switch {
		case row.Alg != alg:
		case last == nil || row.Serial > last.Serial:
			last, before = row, last
		case before == nil || row.Serial > before.Serial:
			before = row
		}
	}
	return last, before
}
