package admin

import (
	"cmp"
	"context"
	"slices"
	"time"

	"github.com/doorward/doorward/storage"
)

type keyStore interface {
	SigningKeys(ctx context.Context) ([]storage.SigningKey, error)
}

// SigningKey is one key that signs, has signed or will sign. The private half is nowhere in it (AD-08).
type SigningKey struct {
	ID      string    `json:"kid"`
	Alg     string    `json:"alg"`
	State   string    `json:"state"` // next, current, previous
	Created time.Time `json:"created"`
	Use     time.Time `json:"use"`             // signs from then on
	Retire  time.Time `json:"retire,omitzero"` // when its successor does
	Gone    time.Time `json:"gone,omitzero"`   // not published from then on
	// Rotation is, of a current key, when the next one is to sign; in the past where that is late.
	Rotation time.Time `json:"next_rotation,omitzero"`
}

// SigningKeys lists the published keys, by algorithm, the next one first.
func (d *Desk) SigningKeys(ctx context.Context) ([]SigningKey, error) {
	rows, err := d.Store.SigningKeys(ctx)
	if err != nil {
		return nil, err
	}
	now := d.Now()
	rotations := map[string]time.Time{}
	for _, age := range d.Keys.Ring.Ages() {
		rotations[age.Alg] = age.Successor
	}
	list := []SigningKey{}
	for _, row := range rows {
		if !row.Gone.IsZero() && !now.Before(row.Gone) {
			continue
		}
		key := SigningKey{ID: row.ID, Alg: row.Alg, State: keyState(row, now), Created: row.Created, Use: row.Use, Retire: row.Retire, Gone: row.Gone}
		if key.State == "current" {
			key.Rotation = rotations[key.Alg]
		}
		list = append(list, key)
	}
	slices.SortFunc(list, func(a, b SigningKey) int { return cmp.Or(cmp.Compare(a.Alg, b.Alg), b.Use.Compare(a.Use)) })
	return list, nil
}

func keyState(row storage.SigningKey, now time.Time) string {
	switch {
	case now.Before(row.Use):
		return "next"
	case !row.Retire.IsZero() && !now.Before(row.Retire):
		return "previous"
	}
	return "current"
}

// RotateKeys publishes the next keys of every algorithm; they sign when applications have had the time to fetch them, or, with
// atOnce, immediately.
func (d *Desk) RotateKeys(ctx context.Context, by Actor, atOnce bool, reason string) error {
	return d.Keys.Rotate(ctx, atOnce, by.event(reason))
}
