package storage

// LogStatement is how a page of the log is found, for tests that ask a database what it would do.
func LogStatement(f LogFilter, before string, limit int) (string, []any) {
	q := f.query()
	if before != "" {
		q.until(before)
	}
	return q.sql(eventColumns, "desc", limit)
}

// ChainStatement is how events are found that are to be chained.
func ChainStatement(after, until string, limit int) (string, []any) {
	return selectUnchained, []any{after, until, int64(limit)}
}

// PlaceInLog is where the ids of events of that microsecond begin.
var PlaceInLog = eventIDAt

// OfAClient are the statements that look for all grants of a client.
var OfAClient = map[string]string{"latest": latestGrant, "count": countGrants, "revoke": revokeOfClient}
