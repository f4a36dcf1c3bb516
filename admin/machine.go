package admin

import (
	"context"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// What stands here is of the operator's commands, on the machine itself, alone, as are passwords (person_password.go): ErrForbidden for
// every other actor.

// machineStore is what only these do.
type machineStore interface {
	keys.Store
	RaiseEpoch(ctx context.Context, e storage.Event) (int64, error)
	RestartChain(ctx context.Context, l storage.Linker, e storage.Event) error
}

// onMachine judges whether the actor is who types commands on the machine itself.
func (a Actor) onMachine() error {
	if a.ID != Operator().ID {
		return ErrForbidden
	}
	return nil
}

// RaiseEpoch ends every session, code and token that was issued so far, and tells the new epoch.
func (d *Desk) RaiseEpoch(ctx context.Context, by Actor, reason string) (int64, error) {
	if err := by.onMachine(); err != nil {
		return 0, err
	}
	return d.Store.RaiseEpoch(ctx, by.event(reason))
}

// RestartLog chains the log anew, from what is in it now.
func (d *Desk) RestartLog(ctx context.Context, by Actor, reason string) error {
	if err := by.onMachine(); err != nil {
		return err
	}
	return d.Store.RestartChain(ctx, d.Keys.Chain(), by.event(reason))
}

// RewrapKeys seals every working key under the active master key, and says how many were sealed under another.
func (d *Desk) RewrapKeys(ctx context.Context, by Actor, master keys.Master, reason string) (int, error) {
	if err := by.onMachine(); err != nil {
		return 0, err
	}
	return keys.Rewrap(ctx, d.Store, master, by.event(reason))
}
