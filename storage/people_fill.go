package storage

import (
	"errors"
	"slices"
)

// fills run behind the migration of their number, in its transaction: what no SQL says that both databases know. As the text of a
// migration, a released one never changes, and uses no text of another file.
var fills = map[int64]func(*unit) error{7: fillPeople}

const fillAtOnce = 500

// fillPeople gives the people who are there their search text, and their groups a row each.
func fillPeople(u *unit) error {
	for after := ""; ; {
		people, err := readFilled(u, after)
		if err != nil || len(people) == 0 {
			return err
		}
		for _, p := range people {
			if err := p.fill(u); err != nil {
				return err
			}
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

func (p filled) fill(u *unit) error {
	var claims struct {
		Name any `json:"name"`
	}
	var groups []string
	if err := errors.Join((parsed{&claims}).Scan(p.claims), (parsed{&groups}).Scan(p.groups)); err != nil {
		return err
	}
	name, _ := claims.Name.(string)
	if _, err := u.exec(`update users set search = $2 where id = $1`, p.id, searchText(p.email, name, p.number)); err != nil {
		return err
	}
	slices.Sort(groups)
	for _, g := range slices.Compact(groups) {
		if _, err := u.exec(`insert into groups (name, title, totp, created, updated) values ($1, $1, false, $2, $2) on conflict do nothing`,
			g, p.created); err != nil {
			return err
		}
		if _, err := u.exec(`insert into memberships (group_name, user_id, email) values ($1, $2, $3) on conflict do nothing`,
			g, p.id, p.email); err != nil {
			return err
		}
	}
	return nil
}
