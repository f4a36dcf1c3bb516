package main

import (
	"context"
	"fmt"
	"os"
	"runtime"
)

// nodes compares one node with two on one PostgreSQL, under twice the workers for two.
func (p plan) nodes(ctx context.Context, db *database, at place) error {
	if db.name != "postgres" {
		return nil // a SQLite file belongs to one process
	}
	first, err := db.house(ctx, at, cheapHash)
	if err != nil {
		return err
	}
	defer first.stop()
	second, err := first.secondNode(ctx)
	if err != nil {
		return err
	}
	defer second.stop()

	both := func(ctx context.Context, w *worker) error {
		if w.number%2 == 0 {
			return first.signOn(ctx, w)
		}
		return second.signOn(ctx, w)
	}
	list := []scenario{
		{name: "one node", pid: first.server.pid(), do: first.signOn},
		{name: "two nodes", pid: first.server.pid(), second: second.server.pid(), do: both},
	}
	results, err := p.turns(ctx, list, db)
	if err != nil {
		return err
	}
	var findings []finding
	for i, s := range list {
		r := &results[i]
		findings = append(findings, finding{what: s.name, figure: r.perSecond(), unit: "sign-ons/s",
			note: fmt.Sprintf("%.3f ms of CPU each (servers %.3f, database %.3f), %.1f of %d cores busy with it, %d errors",
				r.perOp(r.server+r.database), r.perOp(r.server), r.perOp(r.database),
				(r.server+r.database).Seconds()/r.took.Seconds(), runtime.NumCPU(), r.errors)})
	}
	findings = append(findings, finding{what: "two nodes beside one", figure: results[1].perSecond() / results[0].perSecond(), unit: "times", goal: 1.8, least: true,
		note: fmt.Sprintf("to be judged where cores are left over: load, nodes and database share %d here", runtime.NumCPU())})
	printFindings(os.Stdout, "postgres, two nodes on one database; sign-on with a session", findings)
	return nil
}
