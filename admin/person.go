package admin

import (
	"context"
	"errors"
	"maps"
	"time"

	"github.com/doorward/doorward/storage"
)

// personParts are the rows that belong to a person.
type personParts interface {
	SessionsOf(ctx context.Context, userID string) ([]storage.Session, error)
	Trusts(ctx context.Context, userID string) ([]storage.Trust, error)
	Apps(ctx context.Context, userID string) ([]storage.App, error)
	Identities(ctx context.Context, userID string) ([]storage.Identity, error)
	Invitation(ctx context.Context, userID string) (storage.Invitation, error)
	Invitations(ctx context.Context, ids []string) (map[string]string, error)
}

// PersonDetail is somebody with all that belongs to them. No password, and nothing by which one signs in, is in it (AD-08).
type PersonDetail struct {
	Person
	PasswordSet    time.Time       `json:"password_set,omitzero"`   // when; zero: none is set
	PasswordCopied bool            `json:"password_by_copied_link"` // it was set by an invitation that somebody copied, who may know it
	Authenticators []Device        `json:"authenticators"`
	RecoveryCodes  int             `json:"recovery_codes"` // that are left
	Google         []GoogleAccount `json:"google"`
	Sessions       []PersonSession `json:"sessions"`
	Trusts         []PersonTrust   `json:"trusts"`
	Apps           []PersonApp     `json:"apps"`
	Invitation     Invited         `json:"invitation"`
}

// Device is an authenticator app.
type Device struct {
	Name    string    `json:"name"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used,omitzero"`
}

// GoogleAccount is one by which the person signs in.
type GoogleAccount struct {
	Email   string    `json:"email"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used,omitzero"`
}

// PersonSession is a browser in which the person is signed in.
type PersonSession struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser"` // "Firefox on Linux"
	Address string    `json:"address"`
	ACR     string    `json:"acr"`
	Created time.Time `json:"created"`
	Seen    time.Time `json:"seen"`
	Ends    time.Time `json:"ends"`
}

// PersonTrust is a browser that the person trusts.
type PersonTrust struct {
	ID      string    `json:"id"`
	Browser string    `json:"browser"`
	Created time.Time `json:"created"`
	Used    time.Time `json:"used"`
	Ends    time.Time `json:"ends"`
}

// PersonApp is an application that acts for the person.
type PersonApp struct {
	Client string    `json:"client_id"`
	Name   string    `json:"name"`
	Scopes []string  `json:"scopes"`
	Since  time.Time `json:"since"`
	Used   time.Time `json:"used,omitzero"`
}

// Invited is how far the person's invitation has come.
type Invited struct {
	State   string    `json:"state"` // "none", "invited", "opened", "expired", "withdrawn", "active", "disabled"
	Sent    time.Time `json:"sent,omitzero"`
	Opened  time.Time `json:"opened,omitzero"`
	Expires time.Time `json:"expires,omitzero"`
	Waiting bool      `json:"waiting"` // a letter has not left yet
}

// Person reads somebody with all that belongs to them. storage.ErrNotFound.
func (d *Desk) Person(ctx context.Context, id string) (PersonDetail, error) {
	u, err := d.Store.User(ctx, id)
	if err != nil {
		return PersonDetail{}, err
	}
	p := PersonDetail{Person: personOf(u)}
	for _, read := range []func(context.Context, *PersonDetail) error{d.ways, d.browsers, d.actingApps, d.invited} {
		if err := read(ctx, &p); err != nil {
			return PersonDetail{}, err
		}
	}
	return p, nil
}

// ways reads how the person proves who they are.
func (d *Desk) ways(ctx context.Context, p *PersonDetail) error {
	since, err := d.Store.PasswordSince(ctx, p.ID)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return err
	}
	p.PasswordSet = since
	if p.PasswordCopied, err = d.byCopy(ctx, p.ID, since); err != nil {
		return err
	}
	linked, err := d.Store.Identities(ctx, p.ID)
	if err != nil {
		return err
	}
	p.Google = make([]GoogleAccount, 0, len(linked))
	for _, i := range linked {
		p.Google = append(p.Google, GoogleAccount{i.Email, i.Created, i.Used})
	}
	devices, err := d.Store.Authenticators(ctx, p.ID)
	if err != nil {
		return err
	}
	p.Authenticators = make([]Device, 0, len(devices))
	for _, a := range devices {
		p.Authenticators = append(p.Authenticators, Device{a.Name, a.Created, a.Used})
	}
	p.RecoveryCodes, err = d.Store.RecoveryLeft(ctx, p.ID)
	return err
}

// browsers reads in which the person is signed in, and which they trust.
func (d *Desk) browsers(ctx context.Context, p *PersonDetail) error {
	sessions, err := d.Store.SessionsOf(ctx, p.ID)
	if err != nil {
		return err
	}
	p.Sessions = make([]PersonSession, 0, len(sessions))
	for _, s := range sessions {
		p.Sessions = append(p.Sessions, PersonSession{s.ID, s.Agent, s.Address, s.ACR, s.Created, s.Seen, s.IdleUntil})
	}
	trusts, err := d.Store.Trusts(ctx, p.ID)
	if err != nil {
		return err
	}
	p.Trusts = make([]PersonTrust, 0, len(trusts))
	for _, t := range trusts {
		p.Trusts = append(p.Trusts, PersonTrust{t.ID, t.Agent, t.Created, t.Used, t.Expires})
	}
	return nil
}

func (d *Desk) actingApps(ctx context.Context, p *PersonDetail) error {
	apps, err := d.Store.Apps(ctx, p.ID)
	if err != nil {
		return err
	}
	p.Apps = make([]PersonApp, 0, len(apps))
	for _, a := range apps {
		p.Apps = append(p.Apps, PersonApp{a.ClientID, a.Name, a.Scopes, a.Since, a.Used})
	}
	return nil
}

// CameHowFar tells of each of these people how far they have come, as Invited.State does.
func (d *Desk) CameHowFar(ctx context.Context, people []Person) (map[string]string, error) {
	states := map[string]string{}
	var ids []string
	for _, p := range people {
		switch p.State {
		case "invited":
			states[p.ID] = storage.InvitationNone
			ids = append(ids, p.ID)
		default:
			states[p.ID] = p.State
		}
	}
	found, err := d.Store.Invitations(ctx, ids)
	maps.Copy(states, found)
	return states, err
}

func (d *Desk) invited(ctx context.Context, p *PersonDetail) error {
	i, err := d.Store.Invitation(ctx, p.ID)
	p.Invitation = Invited{State: i.State, Sent: i.Link.Created, Opened: i.Link.Opened, Expires: i.Link.Expires, Waiting: i.Waiting}
	return err
}
