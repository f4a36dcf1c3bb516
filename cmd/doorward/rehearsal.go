package main

import (
	"context"
	"slices"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// rehearsal is the key store of a database as a start would find it. What the start would write stays in memory: so it is known
// whether the keys open, and nothing is changed.
type rehearsal struct {
	epoch   int64
	working []storage.WorkingKey
	signing []storage.SigningKey
}

// rehearse opens the keys of db as a start would. nil when there are none yet.
func (c Config) rehearse(o outside, db *storage.DB) (*keys.Keys, error) {
	var r rehearsal
	var err error
	if r.working, err = db.WorkingKeys(o.ctx); err != nil || len(r.working) == 0 {
		return nil, err
	}
	if r.signing, err = db.SigningKeys(o.ctx); err != nil {
		return nil, err
	}
	if r.epoch, err = db.Epoch(o.ctx); err != nil {
		return nil, err
	}
	master, err := c.master(o.ctx, db) // makes none, since there are keys
	if err != nil {
		return nil, err
	}
	return keys.Open(o.ctx, &r, master, keys.Options{Log: c.logger(o.stderr), Now: db.Now})
}

func (r *rehearsal) Epoch(context.Context) (int64, error) { return r.epoch, nil }

func (r *rehearsal) WorkingKeys(context.Context) ([]storage.WorkingKey, error) {
	return slices.Clone(r.working), nil
}

func (r *rehearsal) SigningKeys(context.Context) ([]storage.SigningKey, error) {
	return slices.Clone(r.signing), nil
}

func (r *rehearsal) AddWorkingKey(_ context.Context, k storage.WorkingKey) error {
	r.working = append(r.working, k)
	return nil
}

func (r *rehearsal) RewrapWorkingKeys(_ context.Context, all []storage.WorkingKey, _ storage.Event) error {
	r.working = slices.Clone(all)
	return nil
}

func (r *rehearsal) ChangeSigningKeys(_ context.Context, add, change []storage.SigningKey, _ storage.Event) error {
	for _, k := range change {
		if i := slices.IndexFunc(r.signing, func(s storage.SigningKey) bool { return s.ID == k.ID }); i >= 0 {
			r.signing[i] = k
		}
	}
	r.signing = append(r.signing, add...)
	return nil
}
