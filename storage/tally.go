package storage

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"
)

// Count is how many sign-ins of an hour came to the same.
type Count struct {
	Hour         time.Time // in which it begins
	Kind, Result string
	Method       string // by which, as in the events ("pwd otp"), and "trusted" where no code was asked for; "" of a refused one
	N            int64
}

// tallied are the kinds of events that are counted.
var tallied = []string{SessionStarted, SessionRaised, SignInRefused}

const (
	addTally = `insert into tallies (hour, kind, result, method, n) values ($1, $2, $3, $4, $5)
		on conflict (hour, kind, result, method) do update set n = tallies.n + excluded.n`
	selectTallies = `select hour, kind, result, method, n from tallies where hour >= $1 and hour < $2 order by hour, kind, result, method`
	sweepTallies  = `delete from tallies where (hour, kind, result, method) in (
		select hour, kind, result, method from tallies where hour < $1 limit $2)`
)

// tally counts events as they are chained, so each once.
func (u *unit) tally(found []hashed) error {
	counts := map[Count]int64{}
	for _, e := range found {
		if !slices.Contains(tallied, e.Kind) {
			continue
		}
		c := Count{Hour: e.Time.Truncate(time.Hour), Kind: e.Kind, Result: e.Result, Method: e.Data["methods"]}
		if e.Data["trusted"] != "" {
			c.Method += " trusted"
		}
		counts[c]++
	}
	for c, n := range counts {
		if _, err := u.exec(addTally, micros(c.Hour), c.Kind, c.Result, c.Method, n); err != nil {
			return err
		}
	}
	return nil
}

// SignIns counts the sign-ins of the hours that begin in this time, by hour. They are counted when they are chained, a few seconds
// after they happened.
func (db *DB) SignIns(ctx context.Context, from, until time.Time) ([]Count, error) {
	var all []Count
	err := db.readRows(ctx, selectTallies, []any{micros(from), micros(until)}, func(scan func(...any) error) error {
		var c Count
		err := scan(at(&c.Hour), &c.Kind, &c.Result, &c.Method, &c.N)
		all = append(all, c)
		return err
	})
	return all, wrap("count sign-ins", err)
}

// Failure is how often a client could not prove itself, for the same reason.
type Failure struct {
	Client, Result string
	N              int64
	Last           time.Time
}

// Failures counts what clients were refused for since then, the most frequent first, limit at most. Of many it counts the newest only.
func (db *DB) Failures(ctx context.Context, since time.Time, limit int) ([]Failure, error) {
	q := LogFilter{Kind: ClientRefused, From: since}.query()
	text, args := q.sql(eventColumns, scanned)
	events, err := db.events(ctx, text, args...)
	if err != nil {
		return nil, err
	}
	byReason := map[[2]string]Failure{}
	for _, e := range events {
		n, err := strconv.ParseInt(e.Data["count"], 10, 64)
		if err != nil {
			n = 1
		}
		known := byReason[[2]string{e.Client, e.Result}]
		if e.Time.After(known.Last) {
			known.Last = e.Time
		}
		byReason[[2]string{e.Client, e.Result}] = Failure{e.Client, e.Result, known.N + n, known.Last}
	}
	var all []Failure
	for _, f := range byReason {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b Failure) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Client, b.Client), cmp.Compare(a.Result, b.Result))
	})
	return all[:min(len(all), limit)], nil
}
