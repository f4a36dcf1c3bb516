package storage

import (
	"context"
	"errors"
	"fmt"
	"time"
)

// Group is a set of people, by the name that applications see.
type Group struct {
	Name     string
	Title    string // as pages show it
	TOTP     bool   // its members need an authenticator app
	Helpdesk bool   // a helpdesk may move people in and out of it; else administrators alone
	Created  time.Time
	Updated  time.Time
	Members  int // counted up to MembersCounted, which means so many or more; ignored by PutGroup
}

// MembersCounted is how far members of a group are counted for a list.
const MembersCounted = 1000

const (
	groupColumns = `g.name, g.title, g.totp, g.helpdesk, g.created, g.updated, (select count(*) from (select 1 from memberships m where m.group_name = g.name limit 1000) thousand)`
	selectGroup  = `select ` + groupColumns + ` from groups g where g.name = $1`
	selectGroups = `select ` + groupColumns + ` from groups g where g.name > $1 order by g.name limit $2`
	insertGroup  = `insert into groups (name, title, totp, helpdesk, created, updated) values ($1, $2, $3, $4, $5, $5) on conflict do nothing`
	holdGroup    = `update groups set updated = updated where name = $1 returning name, title, totp, helpdesk, created, updated`
	updateGroup  = `update groups set title = $2, totp = $3, helpdesk = $4, updated = $5 where name = $1`
	deleteGroup  = `delete from groups where name = $1 and not exists (select 1 from memberships where group_name = $1)`
)

func (g *Group) dest() []any {
	return []any{&g.Name, &g.Title, &g.TOTP, &g.Helpdesk, at(&g.Created), at(&g.Updated), &g.Members}
}

// Check judges the record. The error joins *Invalid values.
func (g Group) Check() error {
	var f faults
	f.unless(printable(g.Name, 80), "name", "wants 1 to 80 printable characters")
	f.unless(printable(g.Title, 80), "title", "wants 1 to 80 printable characters")
	return f.err()
}

// Groups lists groups by name, 200 at most, beginning behind the name after.
func (db *DB) Groups(ctx context.Context, after string, limit int) ([]Group, error) {
	var all []Group
	err := db.readRows(ctx, selectGroups, []any{after, clamped(limit)}, func(scan func(...any) error) error {
		var g Group
		err := scan(g.dest()...)
		all = append(all, g)
		return err
	})
	return all, wrap("read groups", err)
}

// Group reads a group by name. ErrNotFound.
func (db *DB) Group(ctx context.Context, name string) (Group, error) {
	var g Group
	err := db.readRow(ctx, selectGroup, []any{name}, g.dest()...)
	return g, wrap("read group", err)
}

// PutGroup adds a group where Updated is zero, ErrConflict when the name is taken; else it changes title, TOTP and Helpdesk of the one that
// was read: ErrConflict when Updated is not the present one, ErrNotFound when it is gone. It returns the group as it is now. *Invalid.
func (db *DB) PutGroup(ctx context.Context, g Group, e Event) (Group, error) {
	if err := g.Check(); err != nil {
		return Group{}, wrap("put group", err)
	}
	next := g
	err := db.tx(ctx, func(u *unit) error {
		next = g
		e := e.with("group", g.Name)
		now := db.Now()
		if g.Updated.IsZero() {
			next.Created, next.Updated, next.Members = now, now, 0
			if err := u.add(insertGroup, g.Name, g.Title, g.TOTP, g.Helpdesk, micros(now)); err != nil {
				return err
			}
			return u.record(db, e.or(Event{Kind: GroupAdded, Actor: "operator"}).with("totp", fmt.Sprint(g.TOTP)).with("helpdesk", fmt.Sprint(g.Helpdesk)))
		}
		before, err := u.holdGroup(g.Name)
		if err != nil {
			return err
		}
		if !before.Updated.Equal(g.Updated) {
			return ErrConflict
		}
		next.Created = before.Created
		if next.Updated = now; !now.After(before.Updated) {
			next.Updated = before.Updated.Add(time.Microsecond)
		}
		if _, err := u.exec(updateGroup, g.Name, g.Title, g.TOTP, g.Helpdesk, micros(next.Updated)); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: GroupChanged, Actor: "operator"}).with("totp", fmt.Sprint(g.TOTP)).with("helpdesk", fmt.Sprint(g.Helpdesk)))
	})
	if err != nil {
		return Group{}, wrap("put group", err)
	}
	return next, nil
}

// holdGroup reads a group and keeps others from it until the transaction ends. Who changes people besides has held them before, or the two
// could wait for each other. ErrNotFound.
func (u *unit) holdGroup(name string) (Group, error) {
	var g Group
	err := u.row(holdGroup, []any{name}, &g.Name, &g.Title, &g.TOTP, &g.Helpdesk, at(&g.Created), at(&g.Updated))
	return g, err
}

// RemoveGroup takes a group from its members and then from the list, and says how many lost it. A large one loses them in several steps; who
// stops in between begins again. However many remove one group, one wins. ErrNotFound for the others.
func (db *DB) RemoveGroup(ctx context.Context, name string, e Event) (int, error) {
	e = e.or(Event{Actor: "operator"}).with("group", name)
	lost := 0
	for {
		gone, n := false, 0
		err := db.tx(ctx, func(u *unit) error {
			var err error
			if gone, n, err = u.emptyGroup(db, name, e); err != nil || !gone {
				return err
			}
			e := e.with("members", fmt.Sprint(lost+n))
			e.Kind = GroupRemoved
			return u.record(db, e)
		})
		if err != nil {
			return lost, wrap("remove group", err)
		}
		if lost += n; gone {
			return lost, nil
		}
	}
}

// emptyGroup takes some members out of a group, and removes it when none is left. It says whether the group is gone, and how many have left it.
func (u *unit) emptyGroup(db *DB, name string, e Event) (bool, int, error) {
	ids, err := u.someMembers(name)
	if err != nil {
		return false, 0, err
	}
	left := 0
	for _, id := range ids {
		changed, err := u.leave(db, id, name, e)
		if errors.Is(err, ErrNotFound) { // removed meanwhile
			_, err = u.exec(leaveGroup, id, name)
		}
		if err != nil {
			return false, left, err
		}
		if changed {
			left++
		}
	}
	if len(ids) == maxMembers {
		return false, left, nil
	}
	if _, err := u.holdGroup(name); err != nil {
		return false, left, err
	}
	n, err := u.exec(deleteGroup, name) // none, when somebody has joined meanwhile
	return n > 0, left, err
}

func (u *unit) someMembers(name string) ([]string, error) {
	var all []string
	err := u.rows(someMembers, []any{name, int64(maxMembers)}, func(scan func(...any) error) error {
		var id string
		err := scan(&id)
		all = append(all, id)
		return err
	})
	return all, err
}
