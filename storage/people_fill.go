package storage

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// fills run behind the migration of their number, in its transaction: what no SQL says that both databases know. As the text of a
// migration, a released one never changes, and uses no text of another file.
var fills = map[int64]func(*unit) error{7: fillPeople}

const fillAtOnce = 500 // rows of a statement

// fillPeople gives the people who are there their search text, and their groups a row each; then it makes the index that all lists go by,
// which so is written once.
func fillPeople(u *unit) error {
	known := map[string]bool{}
	for after := ""; ; {
		people, err := readFilled(u, after)
		if err != nil {
			return err
		}
		if len(people) == 0 {
			_, err := u.exec(`create index users_list on users (email, state, role, totp, signed_in, id, search)`)
			return err
		}
		if err := fillSome(u, people, known); err != nil {
			return err
		}
		after = people[len(people)-1].id
	}
}

type filled struct {
	id, email, number, claims, groups string
	created                           int64
}

func readFilled(u *unit, after string) ([]filled, error) {
	var all []filled
	err := u.rows(`select id, email, coalesce(customer_number, ''), claims, group_names, created from users where id > $1 order by id limit $2`,
		[]any{after, int64(fillAtOnce)}, func(scan func(...any) error) error {
			var p filled
			err := scan(&p.id, &p.email, &p.number, &p.claims, &p.groups, &p.created)
			all = append(all, p)
			return err
		})
	return all, err
}

// fillSome writes each person once. Groups that are known already have their row.
func fillSome(u *unit, people []filled, known map[string]bool) error {
	var texts, members []any
	for _, p := range people {
		name, groups, err := p.parse()
		if err != nil {
			return err
		}
		texts = append(texts, p.id, searchText(p.email, name, p.number))
		for _, g := range groups {
			members = append(members, g, p.id, p.email)
			if known[g] {
				continue
			}
			known[g] = true
			if _, err := u.exec(`insert into groups (name, title, totp, created, updated) values ($1, $1, false, $2, $2)`, g, p.created); err != nil {
				return err
			}
		}
	}
	return errors.Join(
		fillRows(u, `update users set search = v.column2 from (values %s) v where users.id = v.column1`, 2, texts),
		fillRows(u, `insert into memberships (group_name, user_id, email) values %s`, 3, members))
}

// fillRows runs a statement for so many rows of values at once, each of so many columns.
func fillRows(u *unit, text string, columns int, values []any) error {
	for part := range slices.Chunk(values, fillAtOnce*columns) {
		var rows strings.Builder
		for i := range part {
			between := ", "
			if i == 0 {
				between = "("
			} else if i%columns == 0 {
				between = "), ("
			}
			fmt.Fprintf(&rows, "%s$%d", between, i+1)
		}
		if _, err := u.exec(fmt.Sprintf(text, rows.String()+")"), part...); err != nil {
			return err
		}
	}
	return nil
}

// parse reads the name and the groups, each of these once.
func (p filled) parse() (string, []string, error) {
	var claims struct {
		Name any `json:"name"`
	}
	var groups []string
	err := errors.Join((parsed{&claims}).Scan(p.claims), (parsed{&groups}).Scan(p.groups))
	name, _ := claims.Name.(string)
	slices.Sort(groups)
	return name, slices.Compact(groups), err
}
