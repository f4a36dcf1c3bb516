package admin_test

import (
	"context"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// letters stands for the face: it stores what a letter brings, and keeps what would be written. With down, mail does not work.
type letters struct {
	db   *storage.DB
	down bool
	soon int // minutes for which a mailbox has had enough; 0 none
	sent []letter
}

type letter struct{ What, To, By string }

func (l *letters) write(one letter) error {
	if l.down {
		return admin.ErrNoMail
	}
	if l.soon > 0 {
		return &admin.TooSoon{Minutes: l.soon}
	}
	l.sent = append(l.sent, one)
	return nil
}

func (l *letters) Invite(ctx context.Context, i admin.Invitation) (storage.Link, error) {
	if l.down {
		return storage.Link{}, admin.ErrNoMail
	}
	link, _, err := l.InvitationLink(ctx, i)
	if err != nil {
		return link, err
	}
	return link, l.write(letter{"invitation", i.Person.Email, i.By})
}

func (l *letters) InvitationLink(ctx context.Context, i admin.Invitation) (storage.Link, string, error) {
	token, hash := keys.NewSecret("dwi_")
	now := l.db.Now()
	link := storage.Link{ID: storage.NewID(), Token: hash, Kind: storage.LinkInvitation, UserID: i.Person.ID, UserVersion: i.Person.Version,
		Email: i.Person.Email, Note: i.By, Created: now, Expires: now.Add(week)}
	i.Event.Kind, i.Event.User = storage.LinkSent, i.Person.ID
	return link, issuer + "/invite?token=" + token, l.db.PutLink(ctx, link, i.Event)
}

func (l *letters) SendReset(ctx context.Context, person storage.User, e storage.Event) error {
	e.Kind, e.User = storage.LinkSent, person.ID
	if err := l.write(letter{What: "reset", To: person.Email}); err != nil {
		return err
	}
	return l.db.Record(ctx, e)
}

func (l *letters) ResetFactors(ctx context.Context, person storage.User, e storage.Event) (bool, error) {
	err := l.db.ResetFactors(ctx, person.ID, e)
	return err == nil && l.write(letter{What: "factors", To: person.Email}) == nil, err
}

func (l *letters) Charge(_ context.Context, c admin.ToldChange) error {
	told := c.Invitation || c.Before.Email != c.After.Email || c.Before.LinkEmail != c.After.LinkEmail || c.Before.Role != c.After.Role
	if told && !l.down && l.soon > 0 {
		return &admin.TooSoon{Minutes: l.soon}
	}
	return nil
}

func (l *letters) TellPasswordSet(_ context.Context, person storage.User) error {
	return l.write(letter{What: "password", To: person.Email})
}

func (l *letters) TellAddressChanged(_ context.Context, before, _ storage.User) error {
	return l.write(letter{What: "moved", To: before.Email})
}

func (l *letters) TellRoleChanged(_ context.Context, person storage.User) error {
	return l.write(letter{What: "role", To: person.Email})
}

// wrote are the letters to somebody.
func (h *house) wrote(t *testing.T, to string) []string {
	t.Helper()
	var all []string
	for _, one := range h.letters.sent {
		if one.To == to {
			all = append(all, one.What)
		}
	}
	return all
}
