package admin

import (
	"context"
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// AppChange is what is changed of an application that was read as it was at Updated.
type AppChange struct {
	ID       string
	Updated  time.Time
	Settings *AppSettings // nil: stay
	Access   *AppAccess   // nil: stays
	Reason   string
}

// MadeApp is an application, and the secret that it has got just now: it is shown this once ("" none).
type MadeApp struct {
	App    App    `json:"app"`
	Secret string `json:"client_secret,omitempty"`
}

// ChangeApp changes an application. Of two who change one state of it the second gets storage.ErrConflict (RG-06). One that authenticates
// by a secret now, and did not before, gets one; and one that does not any more loses them. *storage.Invalid, ErrDeclared, ErrItself.
func (d *Desk) ChangeApp(ctx context.Context, by Actor, change AppChange) (MadeApp, error) {
	find := d.kept
	if change.Settings != nil {
		find = d.ours
	}
	c, err := find(ctx, change.ID)
	if err != nil {
		return MadeApp{}, err
	}
	if !c.Updated.Equal(change.Updated) {
		return MadeApp{}, storage.ErrConflict
	}
	before := c
	if change.Settings != nil {
		change.Settings.into(&c)
	}
	if change.Access != nil {
		if err := d.admits(ctx, appOf(before).AppAccess, *change.Access); err != nil {
			return MadeApp{}, err
		}
		change.Access.into(&c)
	}
	return d.become(ctx, before, c, by.event(change.Reason))
}

// become is the last step of what changes an application: it gets the secret that it needs now, and the event names what differs.
// Keys by which nothing could ever be verified are refused where they are named, and not at the application's first request.
func (d *Desk) become(ctx context.Context, before, c storage.Client, e storage.Event) (MadeApp, error) {
	secret := suited(&c)
	if string(before.JWKS) != string(c.JWKS) || before.AuthAlg != c.AuthAlg || before.RequestAlg != c.RequestAlg {
		if err := c.Check(); err != nil {
			return MadeApp{}, err
		}
		if err := keys.CheckSet(c.JWKS, c.AuthAlg, c.RequestAlg); err != nil {
			return MadeApp{}, err
		}
	}
	if differ := unlikeness(before, c); differ != "" {
		e = told(e, "changed", differ)
	}
	if err := d.Store.ChangeClient(ctx, c, e); err != nil {
		return MadeApp{}, err
	}
	app, err := d.App(ctx, c.ID)
	return MadeApp{app, secret}, err
}

// suited gives a record the secret that its way of authentication wants, or takes those that it does not want.
func suited(c *storage.Client) string {
	if !c.WithSecret() {
		c.Secrets = [2][]byte{}
		return ""
	}
	if c.Secrets[0] != nil || c.Secrets[1] != nil {
		return ""
	}
	var secret string
	secret, c.Secrets[0] = keys.NewSecret(secretPrefix)
	return secret
}

// told is an event that tells one thing more.
func told(e storage.Event, name, value string) storage.Event {
	e.Data = maps.Clone(e.Data)
	if e.Data == nil {
		e.Data = map[string]string{}
	}
	e.Data[name] = clipped(value, maxReason)
	return e
}

// unlikeness names what is set otherwise in another state of an application, as events tell it.
func unlikeness(before, after storage.Client) string {
	return strings.Join(appOf(before).differences(appOf(after)), " ")
}

// differences names what is set otherwise in another state of the application, as JSON has it.
func (a App) differences(b App) []string {
	one, other := a.members(), b.members()
	var names []string
	for name := range one {
		if !reflect.DeepEqual(one[name], other[name]) {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return names
}

// members are what is set of an application, by its names in JSON.
func (a App) members() map[string]any {
	text, err := json.Marshal(struct {
		AppSettings
		AppAccess
		Type    string      `json:"type"`
		Secrets []AppSecret `json:"secrets"`
	}{a.AppSettings, a.AppAccess, a.Type, a.Secrets})
	members := map[string]any{}
	if err != nil || json.Unmarshal(text, &members) != nil {
		return nil // of JWKS that is none: the record's check says so
	}
	return members
}
