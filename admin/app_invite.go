package admin

import (
	"context"
	"errors"
	"strconv"
	"time"

	"github.com/doorward/doorward/storage"
)

// ErrClosed: no application registers itself here.
var ErrClosed = errors.New("registration is closed")

// Bounds of an invitation.
const (
	mostInviteDays = 90
	mostInviteUses = 1000
)

// AppInvitation is a token by which applications register themselves. It is stored nowhere.
type AppInvitation struct {
	Token string    `json:"initial_access_token"`
	Uses  int       `json:"uses"`
	Until time.Time `json:"until"`
}

// AppInvited is the event of an invitation.
const AppInvited = "client.invited"

// InviteApp lets so many applications register themselves within so many days. It is told once, and ends before its time only with all else
// that was issued (epoch). *storage.Invalid, ErrClosed.
func (d *Desk) InviteApp(ctx context.Context, by Actor, uses, days int) (AppInvitation, error) {
	switch {
	case uses < 1 || uses > mostInviteUses:
		return AppInvitation{}, &storage.Invalid{Field: "uses", Why: "wants 1 to 1000"}
	case days < 1 || days > mostInviteDays:
		return AppInvitation{}, &storage.Invalid{Field: "days", Why: "wants 1 to 90"}
	}
	until := d.Now().AddDate(0, 0, days).Truncate(time.Second)
	token, err := d.Protocol.Invite(uses, until)
	if err != nil {
		return AppInvitation{}, err
	}
	e := told(told(by.event(""), "until", until.UTC().Format(time.RFC3339)), "uses", strconv.Itoa(uses))
	e.Kind = AppInvited
	if err := d.Store.Record(ctx, e); err != nil {
		return AppInvitation{}, err
	}
	return AppInvitation{token, uses, until}, nil
}
