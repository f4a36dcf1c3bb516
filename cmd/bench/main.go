// Command bench drives the built server over HTTP on both databases and prints what each kind of request costs, beside
// limits of the same machine measured in the same run.
//
//	main.go       flags; one database after the other, one part after the other
//	scenario.go request.go   what is asked, and the goals
//	limit.go      the limits: handlers in a process of their own
//	load.go       keep-alive workers, latencies
//	syncs.go      what a sign-on makes PostgreSQL do
//	growth.go     the same requests beside many people, sessions and grants
//	sweep.go      what sweeping does to others
//	nodes.go      two nodes on one PostgreSQL
//	flood.go      wrong passwords from one address: memory, and what others feel
//	start.go      start time, idle memory, size
//	profile.go    where the server's time goes
//	proc.go       CPU time and memory of processes
//	house.go      the server under load: configuration, people, clients
//	server.go     builds, starts and ends programs
//	visitor.go    signs a person in through the forms
//	database.go postgres.go  SQLite files, a throwaway PostgreSQL
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
	"slices"
	"strings"
	"syscall"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
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
	parts     []string
	each      time.Duration // per scenario, over all rounds
	rounds    int
	workers   int
	growth    int
	only      string
	profile   string // a folder
}

// parts are what is measured on each database, in this order.
var parts = []struct {
	name string
	run  func(p plan, ctx context.Context, db *database, at place) error
}{
	{"requests", plan.requests},
	{"password", plan.password},
	{"syncs", plan.syncs},
	{"growth", plan.grown},
	{"sweep", plan.sweep},
	{"nodes", plan.nodes},
	{"flood", plan.flood},
	{"start", plan.start},
}

func run(ctx context.Context, args []string) error {
	if len(args) > 0 && args[0] == limitCommand {
		return serveLimits(ctx, args[1:])
	}
	p, databases, chosen := plan{}, "", ""
	flags := flag.NewFlagSet("bench", flag.ContinueOnError)
	flags.StringVar(&databases, "databases", "sqlite,postgres", "which databases to run on")
	flags.StringVar(&chosen, "parts", "requests,password,syncs,growth,sweep,nodes,flood,start", "what to measure")
	flags.DurationVar(&p.each, "each", 5*time.Second, "how long each scenario is driven")
	flags.IntVar(&p.rounds, "rounds", 5, "in how many turns, scenarios and limits taking turns")
	flags.IntVar(&p.workers, "workers", 8, "how many keep-alive connections at once, 16 at most")
	flags.IntVar(&p.growth, "growth", 20_000, "beside how many people and sessions, and ten times as many grants; 1000000 is the goal's number. As many are swept")
	flags.StringVar(&p.profile, "profile", "", "a folder for the server's CPU profile of each kind of request (go tool pprof); metrics are on then")
	flags.StringVar(&p.only, "only", "", "run only scenarios whose name contains this (limits run always)")
	if err := flags.Parse(args); err != nil {
		return err
	}
	p.databases, p.parts = strings.Split(databases, ","), strings.Split(chosen, ",")
	if p.rounds < 1 || p.workers < 1 || p.workers > people || p.growth < 1 {
		return fmt.Errorf("rounds, workers and growth must be at least 1, workers at most %d", people)
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
		if err := p.on(ctx, name, place{dir: dir, binary: binary, profiles: p.profile}); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

// on measures the parts on one kind of database.
func (p plan) on(ctx context.Context, name string, at place) error {
	db, err := openDatabase(ctx, name, at.dir)
	if err != nil {
		return err
	}
	defer db.close()
	for _, part := range parts {
		if !slices.Contains(p.parts, part.name) {
			continue
		}
		if err := part.run(p, ctx, db, at); err != nil {
			return fmt.Errorf("%s: %w", part.name, err)
		}
	}
	return nil
}

// requests drives every kind of request and every limit, in turns.
func (p plan) requests(ctx context.Context, db *database, at place) error {
	return p.beside(ctx, db, at, cheapHash, func(h *house, l *process) []scenario {
		return append(limitsOf(l), p.chosen(h.requests())...)
	})
}

// password drives whole sign-ons with the hash as the server is delivered, beside that hash alone.
func (p plan) password(ctx context.Context, db *database, at place) error {
	return p.beside(ctx, db, at, usualHash, func(h *house, l *process) []scenario {
		return []scenario{
			{name: hashed, pid: l.pid(), do: get(l.address + "/hash")},
			{name: usualSignIn, limit: []string{hashed}, times: 1.07, pid: h.server.pid(), do: h.signInAndOn},
		}
	})
}

// beside starts a server and the limits, and drives and prints the scenarios that list makes of them.
func (p plan) beside(ctx context.Context, db *database, at place, hash keys.PasswordOptions, list func(*house, *process) []scenario) error {
	h, err := db.house(ctx, at, hash)
	if err != nil {
		return err
	}
	defer h.stop()
	address, err := db.make(ctx, "limits_"+storage.NewID())
	if err != nil {
		return err
	}
	l, err := startLimits(ctx, at, address)
	if err != nil {
		return err
	}
	defer l.stop()
	scenarios := list(h, l)
	results, err := p.turns(ctx, scenarios, db)
	if err != nil {
		return err
	}
	printTable(os.Stdout, db.name, scenarios, results)
	return nil
}

// turns drives scenarios one after the other, round by round, so that what else the machine does meets all alike.
func (p plan) turns(ctx context.Context, list []scenario, db *database) ([]result, error) {
	if err := equip(ctx, list, p.workers); err != nil {
		return nil, err
	}
	results := make([]result, len(list))
	for round := range p.rounds {
		for i, s := range list {
			r, err := drive(ctx, s, p.each/time.Duration(p.rounds), db)
			if err != nil {
				return nil, fmt.Errorf("round %d, %s: %w", round+1, s.name, err)
			}
			results[i].add(r)
		}
	}
	return results, nil
}

func (p plan) chosen(list []scenario) []scenario {
	return slices.DeleteFunc(list, func(s scenario) bool { return !strings.Contains(s.name, p.only) })
}
