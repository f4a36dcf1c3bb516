package admin

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// NewApp is an application that is to be connected.
type NewApp struct {
	Tile      string           `json:"tile"`
	ID        string           `json:"client_id,omitempty"` // "": made from the name
	Name      string           `json:"client_name"`
	Address   string           `json:"address,omitempty"` // of the tile's kind; see Tile.Example
	AppAccess `api:"optional"` // who may sign in; everybody, where it is not said
	Reason    string           `json:"-"`
}

// maxSameName is how many applications of one name get an id that is made from it.
const maxSameName = 20

// AddApp connects an application; its secret is told this once. *storage.Invalid, of the fields "tile", "address" and those of a
// record.
func (d *Desk) AddApp(ctx context.Context, by Actor, in NewApp) (MadeApp, error) {
	tile, ok := tileOf(in.Tile)
	if !ok {
		return MadeApp{}, &storage.Invalid{Field: "tile", Why: "is none of those that the console knows"}
	}
	in.Address = strings.TrimSpace(in.Address)
	if fault := tile.addressFault(in.Address); fault != "" {
		return MadeApp{}, &storage.Invalid{Field: "address", Why: addressFaults[fault]}
	}
	if err := d.admits(ctx, AppAccess{}, in.AppAccess); err != nil {
		return MadeApp{}, err
	}
	c := tile.client(in.Address)
	c.Name = strings.TrimSpace(in.Name)
	in.AppAccess.into(&c)
	c.ID = in.ID
	return d.newApp(ctx, c, by.event(in.Reason))
}

// newApp is the last step of what adds an application: it gets the secret that it needs.
func (d *Desk) newApp(ctx context.Context, c storage.Client, e storage.Event) (MadeApp, error) {
	secret := suited(&c)
	if err := keys.CheckSet(c.JWKS, c.AuthAlg, c.RequestAlg); err != nil {
		return MadeApp{}, err
	}
	id, err := d.addUnder(ctx, c, c.ID, e)
	if err != nil {
		return MadeApp{}, err
	}
	app, err := d.App(ctx, id)
	return MadeApp{app, secret}, err
}

// addUnder adds a record under an id, or under one that is made from its name and free.
func (d *Desk) addUnder(ctx context.Context, c storage.Client, id string, e storage.Event) (string, error) {
	if c.ID = id; id != "" {
		err := d.Store.AddClient(ctx, c, e)
		if errors.Is(err, storage.ErrConflict) {
			err = &storage.Invalid{Field: "client_id", Why: "is taken by another application"}
		}
		return id, err
	}
	base := idFrom(c.Name)
	for i := 1; ; i++ {
		if c.ID = base; i > 1 {
			c.ID = fmt.Sprintf("%s-%d", base, i)
		}
		if i > maxSameName {
			c.ID = base + "-" + storage.NewID()
		}
		err := d.Store.AddClient(ctx, c, e)
		if !errors.Is(err, storage.ErrConflict) || i > maxSameName {
			return c.ID, err
		}
	}
}

// umlauts are spelled out in ids, as people would.
var umlauts = strings.NewReplacer("ä", "ae", "ö", "oe", "ü", "ue", "ß", "ss")

// idFrom makes a client_id from a name: "Team Wiki" is team-wiki. It is no secret (RFC 6749 §2.2), and logs are read by people.
func idFrom(name string) string {
	const most = 30
	var b strings.Builder
	for _, r := range umlauts.Replace(strings.ToLower(name)) {
		letter := r >= 'a' && r <= 'z' || r >= '0' && r <= '9'
		switch {
		case b.Len() >= most:
		case letter:
			b.WriteRune(r)
		case b.Len() > 0 && !strings.HasSuffix(b.String(), "-"):
			b.WriteByte('-')
		}
	}
	if id := strings.Trim(b.String(), "-"); id != "" {
		return id
	}
	return "app"
}
