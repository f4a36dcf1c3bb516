package storage

import (
	"context"
	"fmt"
	"slices"
	"time"
)

// Group is a set of people, by the name that applications see.
type Group struct {
	Name    string
	Title   string // as pages show it
	TOTP    bool   // its members need an authenticator app
	Created time.Time
	Updated time.Time
	Members int // counted up to MembersCounted, which means so many or more; ignored by PutGroup
}

// MembersCounted is how far members of a group are counted for a list.
const MembersCounted = 1000

const (
	groupColumns = `g.name, g.title, g.totp, g.created, g.updated, (select count(*) from (select 1 from memberships m where m.group_name = g.name limit 1000) m)`
	selectGroup  = `select ` + groupColumns + ` from groups g where g.name = $1`
	selectGroups = `select ` + groupColumns + ` from groups g where g.name > $1 order by g.name limit $2`
	totpGroups   = `select g.name from memberships m join groups g on g.name = m.group_name where m.user_id = $1 and g.totp order by g.name`
	insertGroup  = `insert into groups (name, title, totp, created, updated) values ($1, $2, $3, $4, $4) on conflict do nothing`
	holdGroup    = `update groups set updated = updated where name = $1 returning title, totp, created, updated`
	updateGroup  = `update groups set title = $2, totp = $3, updated = $4 where name = $1`
	deleteGroup  = `delete from groups where name = $1 and not exists (select 1 from memberships where group_name = $1)`

	leaveGroups   = `delete from memberships where user_id = $1`
	joinGroup     = `insert into memberships (group_name, user_id, email) values ($1, $2, $3) on conflict do nothing`
	moveMember    = `update memberships set email = $2 where user_id = $1 and email <> $2`
	someMembers   = `select user_id from memberships where group_name = $1 order by user_id limit $2`
	putGroupNames = `update users set group_names = $2, updated = $3 where id = $1`
)

func (g *Group) dest() []any {
	return []any{&g.Name, &g.Title, &g.TOTP, at(&g.Created), at(&g.Updated), &g.Members}
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

// TOTPGroups names the groups of a person whose members need an authenticator app.
func (db *DB) TOTPGroups(ctx context.Context, userID string) ([]string, error) {
	var all []string
	err := db.readRows(ctx, totpGroups, []any{userID}, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		all = append(all, name)
		return err
	})
	return all, wrap("read groups", err)
}

// PutGroup adds a group where Updated is zero, ErrConflict when the name is taken; else it changes title and TOTP of the one that was
// read: ErrConflict when Updated is not the present one, ErrNotFound when it is gone. It returns the group as it is now. *Invalid.
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
			if err := u.add(insertGroup, g.Name, g.Title, g.TOTP, micros(now)); err != nil {
				return err
			}
			return u.record(db, e.or(Event{Kind: GroupAdded, Actor: "operator"}))
		}
		var title string
		var totp bool
		var updated time.Time
		if err := u.row(holdGroup, []any{g.Name}, &title, &totp, at(&next.Created), at(&updated)); err != nil {
			return err
		}
		if !updated.Equal(g.Updated) {
			return ErrConflict
		}
		if next.Updated = now; !now.After(updated) {
			next.Updated = updated.Add(time.Microsecond)
		}
		if _, err := u.exec(updateGroup, g.Name, g.Title, g.TOTP, micros(next.Updated)); err != nil {
			return err
		}
		return u.record(db, e.or(Event{Kind: GroupChanged, Actor: "operator"}).with("totp", fmt.Sprint(g.TOTP)))
	})
	if err != nil {
		return Group{}, wrap("put group", err)
	}
	return next, nil
}

// maxMembers is how many people join or leave in one unit of work.
const maxMembers = 500

// RemoveGroup takes a group from its members and then from the list, and says how many lost it. A large one loses them in several steps; who
// stops in between begins again. Applications that name it admit nobody by it any more. ErrNotFound.
func (db *DB) RemoveGroup(ctx context.Context, name string, e Event) (int, error) {
	e = e.with("group", name)
	lost := 0
	for {
		gone, n := false, 0
		err := db.tx(ctx, func(u *unit) error {
			gone, n = false, 0
			var title string
			var g Group
			if err := u.row(holdGroup, []any{name}, &title, &g.TOTP, at(&g.Created), at(&g.Updated)); err != nil {
				return err
			}
			ids, err := u.someMembers(name)
			if err != nil {
				return err
			}
			for _, id := range ids {
				if _, err := u.setMember(db, id, name, false, e); err != nil {
					return err
				}
			}
			if n = len(ids); n == maxMembers {
				return nil
			}
			deleted, err := u.exec(deleteGroup, name)
			if err != nil || deleted == 0 {
				return err // somebody has joined meanwhile
			}
			gone = true
			return u.record(db, e.or(Event{Kind: GroupRemoved, Actor: "operator"}).with("members", fmt.Sprint(lost+n)))
		})
		if lost += n; err != nil || gone {
			return lost, wrap("remove group", err)
		}
	}
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

// AddMembers puts people into a group, 500 at most, and says how many were not in it. All or nobody. ErrNotFound when there is no such group or
// person; *Invalid when somebody would be in too many.
func (db *DB) AddMembers(ctx context.Context, name string, ids []string, e Event) (int, error) {
	n, err := db.setMembers(ctx, name, ids, true, e)
	return n, wrap("add members", err)
}

// RemoveMembers takes people out of a group, 500 at most, and says how many were in it. All or nobody. ErrNotFound when there is no such group or
// person.
func (db *DB) RemoveMembers(ctx context.Context, name string, ids []string, e Event) (int, error) {
	n, err := db.setMembers(ctx, name, ids, false, e)
	return n, wrap("remove members", err)
}

func (db *DB) setMembers(ctx context.Context, name string, ids []string, in bool, e Event) (int, error) {
	if len(ids) > maxMembers {
		return 0, &Invalid{"members", "are more than 500 at once"}
	}
	sorted := slices.Clone(ids)
	slices.Sort(sorted) // two who change many at once wait for each other in one order
	changed := 0
	err := db.tx(ctx, func(u *unit) error {
		changed = 0
		var g Group
		if err := u.row(holdGroup, []any{name}, &g.Title, &g.TOTP, at(&g.Created), at(&g.Updated)); err != nil {
			return err
		}
		for _, id := range slices.Compact(sorted) {
			did, err := u.setMember(db, id, name, in, e.with("group", name))
			if err != nil {
				return err
			}
			if did {
				changed++
			}
		}
		return nil
	})
	return changed, err
}

// setMember puts a person into a group or takes them out, with an event, and says whether that changed anything.
func (u *unit) setMember(db *DB, id, name string, in bool, e Event) (bool, error) {
	p, err := u.hold(id)
	if err != nil || slices.Contains(p.Groups, name) == in {
		return false, err
	}
	kind, groups := GroupJoined, append(slices.Clone(p.Groups), name)
	if !in {
		kind, groups = GroupLeft, slices.DeleteFunc(slices.Clone(p.Groups), func(g string) bool { return g == name })
	}
	p.Groups = groups
	if in && len(groups) > maxGroups {
		return false, &Invalid{"groups", "are more than 200"}
	}
	_, names, err := p.columns()
	if err != nil {
		return false, err
	}
	now := db.Now()
	if _, err := u.exec(putGroupNames, id, names, micros(p.next(now))); err != nil {
		return false, err
	}
	if err := u.enrol(p, now); err != nil {
		return false, err
	}
	e.Kind, e.User = kind, id
	return true, u.record(db, e.or(Event{Actor: "operator"}))
}

// enrol writes the memberships of a person who is held as their record says; groups that are not there yet are made.
func (u *unit) enrol(p User, now time.Time) error {
	if _, err := u.exec(leaveGroups, p.ID); err != nil {
		return err
	}
	names := slices.Clone(p.Groups)
	slices.Sort(names)
	for _, name := range slices.Compact(names) {
		if _, err := u.exec(insertGroup, name, name, false, micros(now)); err != nil {
			return err
		}
		if _, err := u.exec(joinGroup, name, p.ID, p.Email); err != nil {
			return err
		}
	}
	return nil
}

// membershipEvents tell which groups a person has joined and left.
func membershipEvents(before, p User, e Event) []Event {
	var all []Event
	tell := func(kind string, now, then []string) {
		for _, name := range now {
			if !slices.Contains(then, name) {
				told := e.with("group", name)
				told.Kind = kind
				all = append(all, told)
			}
		}
	}
	tell(GroupJoined, p.Groups, before.Groups)
	tell(GroupLeft, before.Groups, p.Groups)
	return all
}
