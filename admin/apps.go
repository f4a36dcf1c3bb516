package admin

import (
	"context"
	"errors"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// Errors of what is done to applications.
var (
	// ErrDeclared: it is changed in the file, and nowhere else.
	ErrDeclared = errors.New("a file declares this application and owns it")
	// ErrItself: what an application registered itself with, it changes itself (RFC 7592).
	ErrItself = errors.New("this application has registered itself, and changes itself")
)

// appStore keeps applications.
type appStore interface {
	Client(ctx context.Context, id string) (storage.Client, error)
	Clients(ctx context.Context) ([]storage.Client, error)
	AddClient(ctx context.Context, c storage.Client, e storage.Event) error
	ChangeClient(ctx context.Context, c storage.Client, e storage.Event) error
	ApplyClients(ctx context.Context, list []storage.Client, adopt bool, told func(storage.ClientStep) storage.Event) ([]storage.ClientStep, error)
	appEndStore
	appLog
}

// appEndStore switches applications off and removes them.
type appEndStore interface {
	SetClientDisabled(ctx context.Context, id string, off bool, e storage.Event) error
	RemoveClient(ctx context.Context, id string, e storage.Event) error
	ClientUse(ctx context.Context, id string) (storage.ClientUse, error)
}

// appLog tells what happened to applications, and is told.
type appLog interface {
	Log(ctx context.Context, f storage.LogFilter, before string, limit int) (storage.LogPage, error)
	Record(ctx context.Context, e storage.Event) error
}

// Owners of an application, as App names them.
const (
	byConsole = "console" // or command, or API
	byFile    = "file"    // declared in the configuration
	byApply   = "applied" // declared in a file of its own (doorward apply)
	byItself  = "itself"  // registered by itself (RFC 7591)
)

var owners = map[string]string{"": byConsole, "file": byFile, "applied": byApply, "dynamic": byItself}

// AppFilter narrows the list of applications; what is empty narrows nothing.
type AppFilter struct {
	Search string // in name, id and redirect URIs
	Owner  string // "console", "file", "applied", "itself"
	State  string // "enabled", "disabled"
	Group  string // those that members of this group may sign in to because of it
}

func (f AppFilter) takes(c storage.Client) bool {
	found := strings.Contains(strings.ToLower(c.Name+"\n"+c.ID+"\n"+strings.Join(c.RedirectURIs, "\n")), strings.ToLower(strings.TrimSpace(f.Search)))
	return found && (f.Owner == "" || owners[c.Owner] == f.Owner) && (f.State == "" || (f.State == "disabled") == c.Disabled) &&
		(f.Group == "" || slices.Contains(c.Groups, f.Group))
}

// Apps lists applications by id, and says where to go on, "" at the end.
func (d *Desk) Apps(ctx context.Context, f AppFilter, part Part) ([]App, string, error) {
	limit := part.rows()
	clients, err := d.Store.Clients(ctx)
	if err != nil {
		return nil, "", err
	}
	list := []App{}
	for _, c := range clients {
		if c.ID <= part.After || !f.takes(c) {
			continue
		}
		if len(list) == limit {
			return list, list[limit-1].ID, nil
		}
		list = append(list, appOf(c))
	}
	return list, "", nil
}

// App reads an application. storage.ErrNotFound.
func (d *Desk) App(ctx context.Context, id string) (App, error) {
	c, err := d.Store.Client(ctx, id)
	return appOf(c), err
}

// kept is an application of which the console may change something. storage.ErrNotFound, ErrDeclared.
func (d *Desk) kept(ctx context.Context, id string) (storage.Client, error) {
	c, err := d.Store.Client(ctx, id)
	if err == nil && c.Declared() {
		err = ErrDeclared
	}
	return c, err
}

// ours is an application of which the console may change everything. ErrItself besides.
func (d *Desk) ours(ctx context.Context, id string) (storage.Client, error) {
	c, err := d.kept(ctx, id)
	if err == nil && c.Owner == "dynamic" {
		err = ErrItself
	}
	return c, err
}
