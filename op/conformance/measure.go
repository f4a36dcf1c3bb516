package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// moduleTime is the most that a module may take; the longest wait for more than a minute by themselves.
const moduleTime = 4 * time.Minute

// measure runs plans, and judges what comes out of them.
type measure struct {
	suite        *suite
	told         func(plan) map[string]any   // what the suite is told about the house
	rotate       func(context.Context) error // has the house publish new keys
	expectations expectations
	logs         string // a folder for the modules' logs; "": none
	out          io.Writer
	patience     time.Duration // with a module

	wrong int
	whole []string // plans that ran from end to end
}

// all runs the plans one after the other: the suite's addresses are the same for all. Its error counts what was unexpected.
func (m *measure) all(ctx context.Context, chosen []plan) error {
	var table []string
	for _, p := range chosen {
		line, err := m.plan(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		table = append(table, line)
	}
	m.say("\n| plan | modules | passed | review | skipped | warnings | failed |\n|---|---|---|---|---|---|---|\n%s", strings.Join(table, "\n"))
	for _, line := range m.expectations.unmet(m.whole) {
		m.say("%s", line)
		m.wrong++
	}
	if m.wrong > 0 {
		return fmt.Errorf("%d unexpected", m.wrong)
	}
	return nil
}

func (m *measure) say(format string, args ...any) {
	fmt.Fprintf(m.out, format+"\n", args...)
}

// plan runs the modules of a plan, and returns its row of the result table.
func (m *measure) plan(ctx context.Context, p plan) (string, error) {
	id, modules, err := m.suite.create(ctx, p, m.told(p))
	if err != nil {
		return "", err
	}
	count := map[string]int{}
	for _, one := range modules {
		if !p.runs(one.Name) {
			continue
		}
		o, err := m.module(ctx, p, id, one)
		if err != nil {
			return "", fmt.Errorf("%s: %w", one.Name, err)
		}
		count[o.result]++
		count[""]++
	}
	if count[""] == 0 {
		return "", errors.New("no such module")
	}
	if len(p.modules) == 0 {
		m.whole = append(m.whole, p.name)
	}
	return fmt.Sprintf("| `%s` | %d | %d | %d | %d | %d | %d |", p.name, count[""], count["PASSED"], count["REVIEW"], count["SKIPPED"], count["WARNING"], count["FAILED"]), nil
}

// module runs one module and prints its line; what was unexpected is told by the suite's own words below it.
func (m *measure) module(ctx context.Context, p plan, planID string, one module) (outcome, error) {
	id, err := m.suite.begin(ctx, planID, one)
	if err != nil {
		return outcome{}, err
	}
	result, err := m.finish(ctx, one.Name, id)
	if err != nil {
		return outcome{}, err
	}
	text, entries, err := m.suite.log(ctx, id)
	if err != nil {
		return outcome{}, err
	}
	if m.logs != "" {
		if err := os.WriteFile(filepath.Join(m.logs, p.name+"."+one.Name+".json"), text, 0o600); err != nil {
			return outcome{}, err
		}
	}
	o := outcome{result, conditions(result, entries)}
	reason, wrong := m.expectations.judge(p.name, one.Name, o)
	if wrong == "" {
		m.say("%-20s %-70s %-8s expected%s", p.name, one.Name, result, reason)
		return o, nil
	}
	m.wrong++
	m.say("%-20s %-70s %-8s UNEXPECTED (%s), see %s/log-detail.html?log=%s", p.name, one.Name, o, wrong, m.suite.address, id)
	for _, e := range entries {
		if bad(e) {
			m.say("\t%s %s: %s", e.Result, e.Source, e.Message)
		}
	}
	return o, nil
}

// rotates is the module that waits, CONFIGURED, until somebody has rotated the keys and starts it. The others start themselves.
const rotates = "oidcc-server-rotate-keys"

// finish waits until a module has ended. One that does not end is cancelled: its result is then INTERRUPTED.
func (m *measure) finish(ctx context.Context, name, id string) (string, error) {
	started := name != rotates
	for end := time.Now().Add(m.patience); ; time.Sleep(m.patience / 1000) {
		status, result, err := m.suite.state(ctx, id)
		switch {
		case err != nil:
			return "", err
		case status == "FINISHED":
			return result, nil
		case status == "INTERRUPTED":
			return status, nil
		case status == "CONFIGURED" && !started:
			started = true
			if err = m.rotate(ctx); err == nil {
				err = m.suite.start(ctx, id)
			}
		case time.Now().After(end):
			err = m.suite.cancel(ctx, id)
		}
		if err != nil {
			return "", err
		}
	}
}

// bad says whether an entry is a finding.
func bad(e entry) bool { return e.Result == "FAILURE" || e.Result == "WARNING" }

// conditions are the names of what failed or warned, where the result is one of these.
func conditions(result string, entries []entry) []string {
	var out []string
	for _, e := range entries {
		if bad(e) && (result == "FAILED" || result == "WARNING") && !slices.Contains(out, e.Source) {
			out = append(out, e.Source)
		}
	}
	slices.Sort(out)
	return out
}
