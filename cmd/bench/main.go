// Command bench drives the built server over HTTP on both databases and prints what each kind of request costs, beside
// limits of the same machine measured in the same run.
//
//	main.go       flags; one database after the other
//	scenario.go   what is asked, and the goals
//	limit.go      the limits: handlers in a process of their own
//	load.go       eight keep-alive workers, latencies
//	proc.go       CPU time of processes
//	house.go      the server under load: configuration, person, clients
//	server.go     builds, starts and ends programs
//	visitor.go    signs a person in through the forms
//	postgres.go   a throwaway PostgreSQL
//	table.go      the figures as text
//
// It is no test: it judges nothing but the goals it prints. All load goes to 127.0.0.1.
package main

import (
	"context"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// plan is what the flags say.
type plan struct {
	databases []string
	each      time.Duration // per scenario, over all rounds
	rounds    int
	workers   int
	only      string
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == limitCommand {
		return serveLimits(ctx, args[1:])
	}
	p, databases := plan{}, ""
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&databases, "databases", "sqlite,postgres", "which databases to run on")
	flags.DurationVar(&p.each, "each", 5*time.Second, "how long each scenario is driven")
	flags.IntVar(&p.rounds, "rounds", 5, "in how many turns, scenarios and limits taking turns")
	flags.IntVar(&p.workers, "workers", 8, "how many keep-alive connections at once")
	flags.StringVar(&p.only, "only", "", "run only scenarios whose name contains this (limits run always)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p.databases = strings.Split(databases, ",")
	if p.rounds < 1 || p.workers < 1 {
		return fmt.Errorf("rounds and workers must be at least 1")
	}
	return p.run(ctx)
}

func (p plan) run(ctx context.Context) error {
	dir, err := os.MkdirTemp("", "doorward-bench-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	// The throwaway PostgreSQL runs as another user and has its place below.
	if err := os.Chmod(dir, 0o711); err != nil {
		return err
	}
	binary, err := build(ctx, dir)
	if err != nil {
		return err
	}
	for _, name := range p.databases {
		if err := p.on(ctx, name, place{dir: dir, binary: binary}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// on runs every scenario and limit on one database, in turns, and prints the table.
func (p plan) on(ctx context.Context, name string, at place) error {
	db, err := openDatabase(ctx, name, at.dir)
	if err != nil {
		return err
	}
	defer db.close()
	h, err := startHouse(ctx, at, db)
	if err != nil {
		return err
	}
	defer h.stop()
	l, err := startLimits(ctx, at, db)
	if err != nil {
		return err
	}
	defer l.stop()

	list, err := scenarios(ctx, h, l, p.workers)
	if err != nil {
		return err
	}
	list = chosen(list, p.only)
	results := make([]result, len(list))
	for round := range p.rounds {
		for i, s := range list {
			r, err := drive(ctx, s, p.each/time.Duration(p.rounds), db)
			if err != nil {
				return fmt.Errorf("round %d, %s: %w", round+1, s.name, err)
			}
			results[i].add(r)
		}
	}
	printTable(os.Stdout, name, list, results)
	return nil
}

func chosen(list []scenario, only string) []scenario {
	var kept []scenario
	for _, s := range list {
		if s.limit == nil || strings.Contains(s.name, only) {
			kept = append(kept, s)
		}
	}
	return kept
}
