package storage

import (
	"context"
	"slices"
	"time"
)

// Who is in a group stands twice: in the person's record, which sign-ins read and which is the truth, and in a row each, by which lists
// find the members. One transaction writes both. It holds people before groups, and each in the order of their names.

const (
	leaveGroups = `delete from memberships where user_id = $1`
	leaveGroup  = `delete from memberships where group_name = $2 and user_id = $1`
	// Who joins keeps the group from being removed, or makes it.
	haveGroup     = `insert into groups (name, title, totp, created, updated) values ($1, $1, false, $2, $2) on conflict (name) do update set updated = groups.updated`
	joinGroup     = `insert into memberships (group_name, user_id, email) values ($1, $2, $3) on conflict do nothing`
	moveMember    = `update memberships set email = $2 where user_id = $1 and email <> $2`
	someMembers   = `select user_id from memberships where group_name = $1 order by user_id limit $2`
	putGroupNames = `update users set group_names = $2, updated = $3 where id = $1`
)

// maxMembers is how many people join or leave in one unit of work.
const maxMembers = 500

// AddMembers puts people into a group, 500 at most, and says how many were not in it. All or nobody. ErrNotFound when there is no such
// group or person; *Invalid when somebody would be in too many.
func (db *DB) AddMembers(ctx context.Context, name string, ids []string, e Event) (int, error) {
	n, err := db.setMembers(ctx, name, ids, func(u *unit, id string) (bool, error) { return u.join(db, id, name, e.with("group", name)) })
	return n, wrap("add members", err)
}

// RemoveMembers takes people out of a group, 500 at most, and says how many were in it. All or nobody. ErrNotFound when there is no such
// group or person.
func (db *DB) RemoveMembers(ctx context.Context, name string, ids []string, e Event) (int, error) {
	n, err := db.setMembers(ctx, name, ids, func(u *unit, id string) (bool, error) { return u.leave(db, id, name, e.with("group", name)) })
	return n, wrap("remove members", err)
}

// setMembers does the same to each of some people, and says how many it has changed.
func (db *DB) setMembers(ctx context.Context, name string, ids []string, set func(u *unit, id string) (bool, error)) (int, error) {
	if len(ids) > maxMembers {
		return 0, &Invalid{"members", "are more than 500 at once"}
	}
	ids = slices.Compact(slices.Sorted(slices.Values(ids)))
	n := 0
	err := db.tx(ctx, func(u *unit) error {
		n = 0
		for _, id := range ids {
			changed, err := set(u, id)
			if err != nil {
				return err
			}
			if changed {
				n++
			}
		}
		_, err := u.holdGroup(name) // it is there, and its removal would see who has joined
		return err
	})
	if err != nil {
		return 0, err
	}
	return n, nil
}

// join puts a person into a group, and says whether they were not in it. ErrNotFound.
func (u *unit) join(db *DB, id, name string, e Event) (bool, error) {
	p, err := u.hold(id)
	if err != nil || slices.Contains(p.Groups, name) {
		return false, err
	}
	if len(p.Groups) >= maxGroups {
		return false, &Invalid{"groups", "are more than 200"}
	}
	if err := u.putGroupNames(db, p, append(slices.Clone(p.Groups), name)); err != nil {
		return false, err
	}
	if _, err := u.exec(joinGroup, name, p.ID, p.Email); err != nil {
		return false, err
	}
	e.Kind, e.User = GroupJoined, id
	return true, u.record(db, e.or(Event{Actor: "operator"}))
}

// leave takes a person out of a group, and says whether they were in it. ErrNotFound.
func (u *unit) leave(db *DB, id, name string, e Event) (bool, error) {
	p, err := u.hold(id)
	if err != nil {
		return false, err
	}
	if _, err := u.exec(leaveGroup, id, name); err != nil || !slices.Contains(p.Groups, name) {
		return false, err
	}
	others := slices.DeleteFunc(slices.Clone(p.Groups), func(g string) bool { return g == name })
	if err := u.putGroupNames(db, p, others); err != nil {
		return false, err
	}
	e.Kind, e.User = GroupLeft, id
	return true, u.record(db, e.or(Event{Actor: "operator"}))
}

// putGroupNames stores the groups of a person who is held.
func (u *unit) putGroupNames(db *DB, p User, groups []string) error {
	p.Groups = groups
	_, names, err := p.columns()
	if err != nil {
		return err
	}
	_, err = u.exec(putGroupNames, p.ID, names, micros(p.next(db.Now())))
	return err
}

// enrol writes the memberships of a person who has none, as their record says; groups that are not there yet are made.
func (u *unit) enrol(p User, now time.Time) error {
	for _, name := range slices.Compact(slices.Sorted(slices.Values(p.Groups))) {
		if _, err := u.exec(haveGroup, name, micros(now)); err != nil {
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
