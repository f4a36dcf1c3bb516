package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

const (
	moduleTime = 4 * time.Minute // most that a module takes; the longest wait by themselves for a minute and more
	lookEvery  = 200 * time.Millisecond
)

// measure runs plans, and judges what comes out of them.
type measure struct {
	suite        *suite
	house        *house
	expectations expectations
	logs         string
	wrong        int
	whole        []string // plans that ran from end to end
}

// all runs the plans one after the other: the suite's addresses are the same for all. Its error counts what was unexpected.
func (m *measure) all(ctx context.Context, chosen []plan) error {
	fmt.Printf("conformance suite %s at %s, Doorward at %s\n", m.suite.version, m.suite.address, m.house.issuer)
	var table []string
	for _, p := range chosen {
		line, err := m.plan(ctx, p)
		if err != nil {
			return fmt.Errorf("%s: %w", p.name, err)
		}
		table = append(table, line)
	}
	fmt.Println("\n| plan | modules | passed | review | skipped | warnings | failed |\n|---|---|---|---|---|---|---|\n" + strings.Join(table, "\n"))
	for _, line := range m.expectations.unmet(m.whole) {
		fmt.Println(line)
		m.wrong++
	}
	if m.wrong > 0 {
		return fmt.Errorf("%d unexpected", m.wrong)
	}
	return nil
}

// plan runs the modules of a plan, and returns its row of the result table.
func (m *measure) plan(ctx context.Context, p plan) (string, error) {
	id, modules, err := m.suite.create(ctx, p, p.configuration(m.house))
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
		fmt.Printf("%-20s %-66s %-8s expected %s\n", p.name, one.Name, result, reason)
		return o, nil
	}
	m.wrong++
	fmt.Printf("%-20s %-66s %-8s UNEXPECTED (%s), see %s/log-detail.html?log=%s\n", p.name, one.Name, o, wrong, m.suite.address, id)
	for _, e := range entries {
		if bad(e) {
			fmt.Printf("\t%s %s: %s\n", e.Result, e.Source, e.Message)
		}
	}
	return o, nil
}

// rotates is the module that waits, CONFIGURED, until somebody has rotated the keys and starts it. The others start themselves.
const rotates = "oidcc-server-rotate-keys"

// finish waits until a module has ended. One that does not end is cancelled: its result is then INTERRUPTED.
func (m *measure) finish(ctx context.Context, name, id string) (string, error) {
	started := name != rotates
	for end := time.Now().Add(moduleTime); ; time.Sleep(lookEvery) {
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
			err = errors.Join(m.house.rotate(ctx), m.suite.start(ctx, id))
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
