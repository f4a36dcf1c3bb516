package admin

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// groupStore is what the desk needs of groups, besides reading one.
type groupStore interface {
	groupReader
	PutGroup(ctx context.Context, g storage.Group, e storage.Event) (storage.Group, error)
	RemoveGroup(ctx context.Context, name string, e storage.Event) (int, error)
	AddMembers(ctx context.Context, name string, ids []string, e storage.Event) (int, error)
	RemoveMembers(ctx context.Context, name string, ids []string, e storage.Event) (int, error)
}

type groupReader interface {
	Groups(ctx context.Context, after string, limit int) ([]storage.Group, error)
	Login(ctx context.Context, typed string) (storage.User, string, error)
}

// Group is a set of people, by the name that applications see.
type Group struct {
	Name     string    `json:"name"`
	Title    string    `json:"title"`
	TOTP     bool      `json:"totp_required"` // its members need an authenticator app
	Helpdesk bool      `json:"helpdesk"`      // a helpdesk may move people in and out of it; else administrators alone
	Members  int       `json:"members"`       // storage.MembersCounted is so many or more
	Created  time.Time `json:"created"`
	Updated  time.Time `json:"updated"`
}

func groupOf(g storage.Group) Group {
	return Group{g.Name, g.Title, g.TOTP, g.Helpdesk, g.Members, g.Created.UTC(), g.Updated.UTC()}
}

// GroupsPage is a page of a list of groups by name.
type GroupsPage struct {
	Groups []Group `json:"groups"`
	Next   string  `json:"next,omitempty"`
}

// Groups lists groups; their cursor is a name.
func (d *Desk) Groups(ctx context.Context, part Part) (GroupsPage, error) {
	limit := part.rows()
	list, err := d.Store.Groups(ctx, part.After, min(limit+1, maxRows))
	if err != nil {
		return GroupsPage{}, err
	}
	page := GroupsPage{Groups: make([]Group, 0, len(list))}
	if len(list) > limit || len(list) == maxRows {
		list = list[:limit]
		page.Next = list[limit-1].Name
	}
	for _, g := range list {
		page.Groups = append(page.Groups, groupOf(g))
	}
	return page, nil
}

// Group reads a group. storage.ErrNotFound.
func (d *Desk) Group(ctx context.Context, name string) (Group, error) {
	g, err := d.Store.Group(ctx, name)
	return groupOf(g), err
}

// NewGroup is a group to add.
type NewGroup struct {
	Name     string `json:"name"`
	Title    string `json:"title,omitempty"` // "": the name
	TOTP     bool   `json:"totp_required,omitempty"`
	Helpdesk bool   `json:"helpdesk,omitempty"`
}

// AddGroup adds a group without members. *storage.Invalid; storage.ErrConflict when the name is taken.
func (d *Desk) AddGroup(ctx context.Context, by Actor, n NewGroup) (Group, error) {
	g := storage.Group{Name: strings.TrimSpace(n.Name), Title: strings.TrimSpace(n.Title), TOTP: n.TOTP, Helpdesk: n.Helpdesk}
	if g.Title == "" {
		g.Title = g.Name
	}
	if strings.Trim(g.Name, ".") == "" { // its page would have an address that browsers repair
		return Group{}, &storage.Invalid{Field: "name", Why: "wants more than dots"}
	}
	if strings.ContainsAny(g.Name, ",;") { // lists of names are written with them
		return Group{}, &storage.Invalid{Field: "name", Why: "wants no comma and no semicolon"}
	}
	g, err := d.Store.PutGroup(ctx, g, by.event(""))
	return groupOf(g), err
}

// GroupChange is what of a group is to be another one; nil stays. Its name, which applications know, stays always.
type GroupChange struct {
	Title    *string `json:"title,omitempty"`
	TOTP     *bool   `json:"totp_required,omitempty"`
	Helpdesk *bool   `json:"helpdesk,omitempty"`
	Reason   string  `json:"reason,omitempty"`

	Updated time.Time `json:"-"` // of the group as it was read (RG-06)
}

// ChangeGroup changes title, demand and mark of a group. *storage.Invalid; storage.ErrConflict; storage.ErrNotFound.
func (d *Desk) ChangeGroup(ctx context.Context, by Actor, name string, c GroupChange) (Group, error) {
	g, err := d.Store.Group(ctx, name)
	if err != nil {
		return Group{}, err
	}
	if c.Title != nil {
		g.Title = strings.TrimSpace(*c.Title)
	}
	if c.TOTP != nil {
		g.TOTP = *c.TOTP
	}
	if c.Helpdesk != nil {
		g.Helpdesk = *c.Helpdesk
	}
	members := g.Members
	g.Updated = c.Updated
	if g.Updated.IsZero() { // which would add one
		return Group{}, storage.ErrConflict
	}
	g, err = d.Store.PutGroup(ctx, g, by.event(c.Reason))
	g.Members = members
	return groupOf(g), err
}

// ErrGroupUsed says that applications are open to a group by its name: whoever made another of that name later would open them.
var ErrGroupUsed = errors.New("applications are open to this group: take it out there first")

// RemoveGroup takes a group from its members and then from the list, and says how many lost it. storage.ErrNotFound, ErrGroupUsed.
func (d *Desk) RemoveGroup(ctx context.Context, by Actor, name, reason string) (int, error) {
	apps, err := d.AppsOf(ctx, name)
	if err != nil {
		return 0, err
	}
	if len(apps) > 0 {
		return 0, ErrGroupUsed
	}
	return d.Store.RemoveGroup(ctx, name, by.event(reason))
}

// ErrGroupKept says that administrators alone decide who is in a group: every application reads its name in the claim groups, and may make
// an administrator of its own of whoever is in it. The house cannot know what a name opens, so it is asked of an administrator (AD-07).
var ErrGroupKept = errors.New("only an administrator decides who is in a group that is not left to the helpdesk")

// mayMove judges whether the actor decides who is in these groups: an administrator in all, others in those that an administrator has
// marked. ErrGroupKept; storage.ErrNotFound.
func (d *Desk) mayMove(ctx context.Context, by Actor, groups ...string) error {
	if by.May(KeepAll) {
		return nil
	}
	for _, name := range groups {
		g, err := d.Store.Group(ctx, name)
		if err != nil {
			return err
		}
		if !g.Helpdesk {
			return ErrGroupKept
		}
	}
	return nil
}

// movable are those of some groups of which the actor decides who is in them.
func (d *Desk) movable(ctx context.Context, by Actor, groups []string) ([]string, error) {
	var may []string
	for _, name := range groups {
		switch err := d.mayMove(ctx, by, name); {
		case err == nil:
			may = append(may, name)
		case !errors.Is(err, ErrGroupKept) && !errors.Is(err, storage.ErrNotFound):
			return nil, err
		}
	}
	return may, nil
}

// differing are the names that stand in one list only.
func differing(a, b []string) []string {
	lone := func(names, others []string) []string {
		return slices.DeleteFunc(slices.Clone(names), func(name string) bool { return slices.Contains(others, name) })
	}
	return append(lone(a, b), lone(b, a)...)
}

// AppsOf lists the applications that are open to a group, by client_id.
func (d *Desk) AppsOf(ctx context.Context, group string) ([]App, error) {
	apps, _, err := d.Apps(ctx, AppFilter{Group: group}, Part{Limit: maxRows})
	return apps, err
}

// MembersChange is who is to join a group, or to leave it.
type MembersChange struct {
	Members []string `json:"members"` // addresses or customer numbers
	Reason  string   `json:"reason,omitempty"`
}

// MembersChanged is how many were not in the group before, or were.
type MembersChanged struct {
	Changed int `json:"changed"`
}

// AddMembers puts people into a group: all of them, or nobody. *storage.Invalid names the first one who is not known; ErrForbidden
// for one who has a role; ErrGroupKept; storage.ErrNotFound when there is no such group.
func (d *Desk) AddMembers(ctx context.Context, by Actor, name string, c MembersChange) (MembersChanged, error) {
	if err := d.mayMove(ctx, by, name); err != nil {
		return MembersChanged{}, err
	}
	ids, err := d.named(ctx, by, c.Members)
	if err != nil {
		return MembersChanged{}, err
	}
	n, err := d.Store.AddMembers(ctx, name, ids, by.event(c.Reason))
	return MembersChanged{n}, err
}

// RemoveMembers takes people out of a group, like AddMembers.
func (d *Desk) RemoveMembers(ctx context.Context, by Actor, name string, c MembersChange) (MembersChanged, error) {
	if err := d.mayMove(ctx, by, name); err != nil {
		return MembersChanged{}, err
	}
	ids, err := d.named(ctx, by, c.Members)
	if err != nil {
		return MembersChanged{}, err
	}
	n, err := d.Store.RemoveMembers(ctx, name, ids, by.event(c.Reason))
	return MembersChanged{n}, err
}

// maxNamed is how many people join or leave at once.
const maxNamed = 500

// named are the ids of people who are called by address or number.
func (d *Desk) named(ctx context.Context, by Actor, typed []string) ([]string, error) {
	if len(typed) == 0 || len(typed) > maxNamed {
		return nil, &storage.Invalid{Field: "members", Why: "wants 1 to 500 addresses"}
	}
	ids := make([]string, 0, len(typed))
	for _, one := range typed {
		u, _, err := d.Store.Login(ctx, one)
		if errors.Is(err, storage.ErrNotFound) {
			return nil, &storage.Invalid{Field: "members", Why: "nobody is called " + clipped(one, 80)}
		}
		if err == nil {
			err = by.touches(u)
		}
		if err != nil {
			return nil, err
		}
		ids = append(ids, u.ID)
	}
	return ids, nil
}
