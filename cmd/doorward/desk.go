package main

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// desk is what commands share with the console; face is nil where nobody is written to.
func (f *foundation) desk(face *login.Server) *admin.Desk {
	d := &admin.Desk{Store: f.db, Keys: f.keys, Issuer: f.config.Issuer, Company: f.config.Company, Registrar: registrar{f}, Settings: laidSettings{f}, Now: f.db.Now}
	if face != nil {
		d.Letters = deskLetters{face}
	}
	return d
}

// registrar lends the protocol's invitations to the desk: neither door knows the other.
type registrar struct{ *foundation }

func (r registrar) Invite(uses int, until time.Time) (string, error) {
	if r.config.Registration.Mode == "closed" {
		return "", admin.ErrClosed
	}
	return op.NewInvitation(r.keys.Box, uses, until)
}

// noted is a database beside a server that runs: only the log is written.
type noted struct{ *storage.DB }

func (n noted) Record(ctx context.Context, e storage.Event) error { return n.Note(ctx, e) }

// because is the flag of a command that changes something.
type because struct {
	Reason reason `placeholder:"TEXT" help:"Why; the log keeps it."`
}

// why is the reason, as the desk takes it.
func (b because) why() string { return string(b.Reason) }

// reason is one line of text.
type reason string

// UnmarshalText reads it from a flag.
func (r *reason) UnmarshalText(text []byte) error {
	*r = reason(text)
	if bad := (*storage.Invalid)(nil); errors.As(admin.CheckReason(string(text)), &bad) {
		return fmt.Errorf("%s", bad.Why)
	}
	return nil
}
