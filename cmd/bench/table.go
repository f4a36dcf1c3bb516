package main

import (
	"fmt"
	"io"
	"slices"
	"text/tabwriter"
	"time"
)

// printTable writes one line a scenario. CPU time is what to compare: requests per second wander with whatever else the machine does.
func printTable(w io.Writer, database string, list []scenario, results []result) {
	fmt.Fprintf(w, "\n%s, %d workers; CPU in ms per operation\n", database, len(list[0].workers))
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(out, "\tops/s\tp50 ms\tp99 ms\terrors\tserver\tdatabase\tboth\t× limit\tscaled\tgoal\tmet\t")
	costs := map[string]float64{}
	for i, s := range list {
		r := &results[i]
		cost := r.perOp(r.server + r.database)
		costs[s.name] = cost
		fmt.Fprintf(out, "%s\t%.0f\t%s\t%s\t%d\t%.3f\t%.3f\t%.3f\t%s\t\n", s.name, r.perSecond(),
			milliseconds(r.percentile(0.50)), milliseconds(r.percentile(0.99)), r.errors,
			r.perOp(r.server), r.perOp(r.database), cost, verdict(s, r, database, costs))
	}
	out.Flush()
	for i, s := range list {
		if err := results[i].first; err != nil {
			fmt.Fprintf(w, "first error of %q: %v\n", s.name, err)
		}
	}
	fmt.Fprintf(w, "each figure: %s in turns with the others\n", results[0].took.Round(10*time.Millisecond))
}

// reference is what the limits cost on the quiet machine that the goals were made on: on SQLite, on PostgreSQL.
var reference = map[string][2]float64{
	bare: {0.020, 0.020}, read: {0.034, 0.080}, signed: {0.090, 0.090}, row: {0.097, 0.204}, signedRow: {0.167, 0.303}, hashed: {30, 30},
}

// verdict is the last four cells of a line: how many times the limit; that times what the limit costs on the goals' machine,
// which takes out how busy or slow this one is; the goal, and whether the measured and the scaled figure meet it.
func verdict(s scenario, r *result, database string, costs map[string]float64) string {
	if s.limit == nil {
		return "\t\t\t"
	}
	on := slices.Index([]string{"sqlite", "postgres"}, database)
	limit, there := 0.0, 0.0
	for _, name := range s.limit {
		limit += costs[name]
		there += reference[name][on]
	}
	goal, cost := s.goal[on], costs[s.name]
	if s.times > 0 {
		goal = s.times * there
	}
	scaled := cost / limit * there
	met := "no"
	switch {
	case r.errors > 0:
		met = "no figure" // a figure with errors in it is none
	case cost <= goal:
		met = "yes"
	case scaled <= goal:
		met = "scaled"
	}
	return fmt.Sprintf("%.2f\t%.3f\t%.3f\t%s", cost/limit, scaled, goal, met)
}

func milliseconds(d time.Duration) string { return fmt.Sprintf("%.2f", float64(d.Microseconds())/1000) }

// finding is one figure with its goal.
type finding struct {
	what   string
	figure float64
	unit   string
	goal   float64 // 0: none
	least  bool    // the goal is the least; else the most
	note   string
}

func printFindings(w io.Writer, title string, list []finding) {
	fmt.Fprintf(w, "\n%s\n", title)
	out := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, f := range list {
		sign, met := "≤", f.figure <= f.goal
		if f.least {
			sign, met = "≥", f.figure >= f.goal
		}
		goal, verdict := fmt.Sprintf("goal %s %g", sign, f.goal), map[bool]string{true: "met", false: "not met"}[met]
		if f.goal == 0 {
			goal, verdict = "no goal", ""
		}
		fmt.Fprintf(out, "  %s\t%.4g %s\t%s\t%s\t%s\n", f.what, f.figure, f.unit, goal, verdict, f.note)
	}
	out.Flush()
}
