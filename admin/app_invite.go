package admin

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/doorward/doorward/storage"
)

// ErrClosed: no application registers itself here.
var ErrClosed = errors.New("registration is closed")

// Bounds of an invitation. It is good for a minute at least.
const (
	MostInviteDays = 90
	MostInviteUses = 1000
)

// Registrar lets applications register themselves. It is op; cmd joins the two.
type Registrar interface {
	// Invite makes a token by which so many applications register themselves until a time (RFC 7591 §3). ErrClosed.
	Invite(uses int, until time.Time) (string, error)
}

// NewAppInvitation is an invitation that is to be made.
type NewAppInvitation struct {
	Uses   int
	Life   time.Duration
	Reason string
}

// days is a life of so many days; too many are one more than may be.
func days(n int) time.Duration {
	return time.Duration(min(max(n, 0), MostInviteDays+1)) * 24 * time.Hour
}

// AppInvitation is a token by which applications register themselves. It is stored nowhere.
type AppInvitation struct {
	Token string    `json:"initial_access_token"`
	Uses  int       `json:"uses"`
	Until time.Time `json:"until"`
}

// AppInvited is the event of an invitation.
const AppInvited = "client.invited"

// InviteApp lets so many applications register themselves for some time. It is told once, and ends before its time only with all else
// that was issued (epoch). *storage.Invalid of the fields "uses" and "days", ErrClosed.
func (d *Desk) InviteApp(ctx context.Context, by Actor, in NewAppInvitation) (AppInvitation, error) {
	switch {
	case in.Uses < 1 || in.Uses > MostInviteUses:
		return AppInvitation{}, &storage.Invalid{Field: "uses", Why: fmt.Sprintf("wants 1 to %d", MostInviteUses)}
	case in.Life < time.Minute || in.Life > days(MostInviteDays):
		return AppInvitation{}, &storage.Invalid{Field: "days", Why: fmt.Sprintf("wants 1 to %d", MostInviteDays)}
	}
	until := d.Now().Add(in.Life).Truncate(time.Second)
	token, err := d.Registrar.Invite(in.Uses, until)
	if err != nil {
		return AppInvitation{}, err
	}
	e := told(told(by.event(in.Reason), "until", until.UTC().Format(time.RFC3339)), "uses", strconv.Itoa(in.Uses))
	e.Kind = AppInvited
	if err := d.Store.Record(ctx, e); err != nil {
		return AppInvitation{}, err
	}
	return AppInvitation{token, in.Uses, until}, nil
}
