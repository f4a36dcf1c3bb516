package storage

import "context"

// LogStatement is how a page of the log is found, for tests that ask a database what it would do.
func LogStatement(f LogFilter, before string, limit int) (string, []any) {
	q := f.query()
	if before != "" {
		q.until(before)
	}
	return q.sql(eventColumns, limit)
}

// ChainStatement is how events are found that are to be chained.
func ChainStatement(after, until string, limit int) (string, []any) {
	return selectUnchained, []any{after, until, int64(limit)}
}

// PlaceInLog is where the ids of events of that microsecond begin.
var PlaceInLog = eventIDAt

// OfAClient are the statements that look for all grants of a client.
var OfAClient = map[string]string{"latest": latestGrant, "count": countGrants, "more": moreGrants, "revoke": revokeOfClient}

// Part is so many people at most, of so many who are looked at.
func Part(after string, limit, passed int64) part { return part{after, limit, passed} }

// PeopleOf is a page of the list of people.
func PeopleOf(ctx context.Context, db *DB, f PeopleFilter, p part) (PeoplePage, error) {
	return db.peoplePage(ctx, f, p)
}

// PeopleStatements are how a page of the list of people is found, behind an address: its bound, "" where it has none, and itself.
func PeopleStatements(db *DB, f PeopleFilter, after, last string) (string, []any, string, []any) {
	bound := ""
	if f.passes() {
		bound = f.lastPassed()
	}
	text, args := f.query(span{after, last, db.Now()}, 51)
	return bound, []any{after, int64(passedInvited - 1)}, text, args
}
