package admin

import (
	"context"
	"errors"
	"fmt"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// What stands here is of the operator's commands, on the machine itself, alone: no administrator ever sees or sets a password, and every
// actor but the operator is refused (ErrForbidden), so no page and no call of the API could come to it.

type passwordStore interface {
	SetPassword(ctx context.Context, id, hash, keep string, e storage.Event) error
}

// TypedPassword is one that the operator has typed, or read from a file.
type TypedPassword struct {
	Text   string
	Reason string // why it is set
}

// AddWithPassword adds somebody who can sign in at once, where Invite lets a person choose their password. *storage.Invalid of the field
// "password" when it is a bad one; else as Invite.
func (d *Desk) AddWithPassword(ctx context.Context, by Actor, n NewPerson, p TypedPassword) (Person, error) {
	hash, err := d.hashTyped(ctx, by, n.record(), p)
	if err != nil {
		return Person{}, err
	}
	u, err := d.addNew(ctx, by, n, hash)
	return personOf(u), err
}

// SetPassword gives somebody another password, and ends their sessions and all refresh tokens of theirs. A letter tells them, unless they are
// not active, or mail is not set up: the word says whether. *storage.Invalid of the field "password"; storage.ErrNotFound.
func (d *Desk) SetPassword(ctx context.Context, by Actor, id string, p TypedPassword) (bool, error) {
	u, err := d.Store.User(ctx, id)
	if err != nil {
		return false, err
	}
	hash, err := d.hashTyped(ctx, by, u, p)
	if err != nil {
		return false, err
	}
	if err := d.Store.SetPassword(ctx, id, hash, "", by.event(p.Reason)); err != nil || u.State != "active" {
		return false, err
	}
	switch err := d.Letters.TellPasswordSet(ctx, u); {
	case errors.Is(err, ErrNoMail):
		return false, nil
	case err != nil:
		return false, fmt.Errorf("the password is replaced, but no letter tells it: %w", err)
	}
	return true, nil
}

// hashTyped judges a password by the rules of the pages, and gives what is stored of it.
func (d *Desk) hashTyped(ctx context.Context, by Actor, u storage.User, p TypedPassword) (string, error) {
	if err := by.onMachine(); err != nil {
		return "", err
	}
	if err := keys.JudgePassword(p.Text, u.Name(), u.Email, u.CustomerNumber, d.Company); err != nil {
		return "", &storage.Invalid{Field: "password", Why: err.Error()}
	}
	return d.Keys.Passwords.Hash(ctx, p.Text)
}
