package main

import (
	"context"
	"errors"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
)

// deskLetters lends the face to the console, to write to people: only it knows their letters and the links in them.
type deskLetters struct{ *login.Server }

func (d deskLetters) Invite(ctx context.Context, i admin.Invitation) (storage.Link, error) {
	link, err := d.Server.Invite(ctx, login.Invitation{Person: i.Person, By: i.By, Event: i.Event})
	return link, unsent(err)
}

func (d deskLetters) InvitationLink(ctx context.Context, i admin.Invitation) (storage.Link, string, error) {
	return d.Server.InvitationLink(ctx, login.Invitation{Person: i.Person, By: i.By, Event: i.Event})
}

func (d deskLetters) SendReset(ctx context.Context, person storage.User, e storage.Event) error {
	err := d.Server.SendReset(ctx, person, e)
	if errors.Is(err, storage.ErrConflict) {
		return admin.ErrNotNow
	}
	return unsent(err)
}

func (d deskLetters) Charge(ctx context.Context, c admin.ToldChange) error {
	return unsent(d.ChargeChange(ctx, c.Before, c.After, c.Invitation))
}

func (d deskLetters) TellAddressChanged(ctx context.Context, before, after storage.User) error {
	return unsent(d.Server.TellAddressChanged(ctx, before, after))
}

func (d deskLetters) TellRoleChanged(ctx context.Context, person storage.User) error {
	return unsent(d.Server.TellRoleChanged(ctx, person))
}

func (d deskLetters) TellPasswordSet(ctx context.Context, person storage.User) error {
	return unsent(d.Server.TellPasswordSet(ctx, person))
}

// unsent is an error of the mail in the words of the console.
func unsent(err error) error {
	var soon *login.TooSoon
	switch {
	case errors.Is(err, mail.ErrDown):
		return admin.ErrNoMail
	case errors.As(err, &soon):
		return &admin.TooSoon{Minutes: soon.Minutes()}
	}
	return err
}
