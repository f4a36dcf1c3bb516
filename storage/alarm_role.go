package storage

import (
	"context"
	"fmt"
	"time"
)

// Alarms are no rows before they are raised, so another role cannot end them as it ends links. It leaves the version that the person has
// by it, as a spent id, for as long as an alarm lives that was made for an earlier one. The version and not the time: clocks differ, and a
// letter may be written of a person who was read before.

// alarmDoubt is how much longer that is known, by clocks that differ.
const alarmDoubt = time.Hour

const laterRole = `select count(*) from spent where kind = $1 and id > $2 and expires > $3`

// rolesOf is the kind of the spent ids that tell of a person's roles, and versionID such an id: in the order of versions.
func rolesOf(userID string) string   { return "role:" + userID }
func versionID(version int64) string { return fmt.Sprintf("%019d", version) }

// endAlarms ends what "That wasn't me" in earlier letters does: the person who is held has another role from this version on.
func (u *unit) endAlarms(p User, now time.Time) error {
	return u.once(rolesOf(p.ID), versionID(p.Version), now, now.Add(AlarmLife+alarmDoubt))
}

// sinceRole is ErrNotFound where the person was given another role since the alarm was made.
func (u *unit) sinceRole(a Alarm, now time.Time) error {
	var n int
	err := u.row(laterRole, []any{rolesOf(a.UserID), versionID(a.UserVersion), micros(now)}, &n)
	if err == nil && n > 0 {
		err = ErrNotFound
	}
	return err
}

// AlarmOutlived says whether the alarm's person was given another role since it was made: then it does nothing any more.
func (db *DB) AlarmOutlived(ctx context.Context, a Alarm) (bool, error) {
	var n int
	err := db.readRow(ctx, laterRole, []any{rolesOf(a.UserID), versionID(a.UserVersion), micros(db.Now())}, &n)
	return n > 0, wrap("read roles since an alarm", err)
}
