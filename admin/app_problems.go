package admin

import (
	"cmp"
	"context"
	"slices"
	"strconv"
	"time"

	"github.com/doorward/doorward/storage"
)

// AppProblem is a way in which an application, or somebody at it, was refused, and how often.
type AppProblem struct {
	Kind      string    `json:"kind"`   // "client.refused", "client.misfit", "client.denied"
	Result    string    `json:"result"` // "wrong_secret", "wrong_method", "bad_assertion", "disabled", "no_access"
	Method    string    `json:"method"` // by which it proved itself, "" unknown
	Count     int64     `json:"count"`
	Since     time.Time `json:"since"`
	Last      time.Time `json:"last"`
	Address   string    `json:"address"` // of the last
	Reference string    `json:"reference"`
}

// What is looked at for the problems of an application.
const (
	problemsFor  = 7 * 24 * time.Hour
	problemsMost = 200 // events of each kind
	problemPages = 20  // of the log, where other applications have more
)

// AppProblems tells what went wrong with an application in the last seven days, what happened last first. storage.ErrNotFound.
func (d *Desk) AppProblems(ctx context.Context, id string) ([]AppProblem, error) {
	if _, err := d.Store.Client(ctx, id); err != nil {
		return nil, err
	}
	list := []AppProblem{}
	for _, kind := range []string{storage.ClientRefused, storage.ClientMisfit, storage.ClientDenied} {
		events, err := d.refusals(ctx, storage.LogFilter{Client: id, Kind: kind, From: d.Now().Add(-problemsFor)})
		if err != nil {
			return nil, err
		}
		for _, e := range events {
			list = withProblem(list, problemOf(e))
		}
	}
	slices.SortStableFunc(list, func(a, b AppProblem) int { return cmp.Compare(b.Last.UnixMicro(), a.Last.UnixMicro()) })
	return list, nil
}

// refusals are the newest events that a filter lets through, in so many pages as it takes.
func (d *Desk) refusals(ctx context.Context, f storage.LogFilter) ([]storage.Event, error) {
	var all []storage.Event
	next := ""
	for range problemPages {
		page, err := d.Store.Log(ctx, f, next, problemsMost-len(all))
		if err != nil {
			return nil, err
		}
		all = append(all, page.Events...)
		if next = page.Next; next == "" || len(all) == problemsMost {
			break
		}
	}
	return all, nil
}

// problemOf reads an event, which stands for as many attempts as it says.
func problemOf(e storage.Event) AppProblem {
	p := AppProblem{Kind: e.Kind, Result: e.Result, Method: e.Data["method"], Count: 1, Since: e.Time, Last: e.Time, Address: e.Address, Reference: e.Reference}
	if n, err := strconv.ParseInt(e.Data["count"], 10, 64); err == nil && n > 0 {
		p.Count = n
	}
	if since, err := time.Parse(time.RFC3339, e.Data["since"]); err == nil {
		p.Since = since
	}
	return p
}

// withProblem adds what is older to what is alike.
func withProblem(list []AppProblem, p AppProblem) []AppProblem {
	for i := range list {
		one := &list[i]
		if one.Kind == p.Kind && one.Result == p.Result && one.Method == p.Method {
			one.Count += p.Count
			if p.Since.Before(one.Since) {
				one.Since = p.Since
			}
			return list
		}
	}
	return append(list, p)
}
