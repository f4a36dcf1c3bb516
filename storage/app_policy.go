package storage

import (
	"context"
	"slices"
)

// ByApp says whether a sign-in of this level rests on the person's authenticator app, or on a recovery code in its place, which was
// given with it and counts once: turning an app on ends every session but the one that it raises, so with an app two factors are
// never a mailed code.
func (u User) ByApp(acr string) bool {
	return u.TOTP && slices.Index(Levels, acr) >= slices.Index(Levels, TwoFactors)
}

const appGroups = `select name from groups where totp order by name`

// AppGroups names the groups whose members need an authenticator app.
func (db *DB) AppGroups(ctx context.Context) ([]string, error) {
	var all []string
	err := db.readRows(ctx, appGroups, nil, func(scan func(...any) error) error {
		var name string
		err := scan(&name)
		all = append(all, name)
		return err
	})
	return all, wrap("read groups that need an app", err)
}
