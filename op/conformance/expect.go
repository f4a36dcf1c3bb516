package main

import (
	"errors"
	"fmt"
	"slices"
	"strings"
)

// results are those that expected.txt may expect. PASSED is what is expected where nothing stands.
var results = []string{"WARNING", "SKIPPED", "REVIEW", "FAILED"}

// outcome is how a module ended. Conditions are the suite's names of what failed or warned, sorted: the same result for another
// reason is another outcome.
type outcome struct {
	result     string
	conditions []string
}

func (o outcome) String() string {
	if len(o.conditions) == 0 {
		return o.result
	}
	return o.result + "=" + strings.Join(o.conditions, ",")
}

// expectation is a line of expected.txt: how a module ends in a plan ("*": in every plan), and why that is right.
type expectation struct {
	line         int
	plan, module string
	outcome      outcome
	reason       string
	met          bool
}

type expectations []*expectation

// parse reads expected.txt. Its errors name the lines: all at once.
func parse(text string) (expectations, error) {
	var list expectations
	var wrong []error
	for i, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "#") {
			continue
		}
		e, err := parseLine(line)
		if err == nil && list.find(e.plan, e.module) != nil && list.find(e.plan, e.module).plan == e.plan {
			err = fmt.Errorf("%s %s stands twice", e.plan, e.module)
		}
		if err != nil {
			wrong = append(wrong, fmt.Errorf("expected.txt:%d: %w", i+1, err))
			continue
		}
		e.line = i + 1
		list = append(list, e)
	}
	return list, errors.Join(wrong...)
}

func parseLine(line string) (*expectation, error) {
	fields := strings.Fields(line)
	if len(fields) < 4 {
		return nil, errors.New("wants PLAN MODULE RESULT[=CONDITION,…] REASON")
	}
	result, conditions, _ := strings.Cut(fields[2], "=")
	e := &expectation{plan: fields[0], module: fields[1], outcome: outcome{result: result}, reason: strings.Join(fields[3:], " ")}
	if conditions != "" {
		e.outcome.conditions = strings.Split(conditions, ",")
		slices.Sort(e.outcome.conditions)
	}
	switch {
	case e.plan != "*" && !slices.Contains(names(), e.plan):
		return nil, fmt.Errorf("there is no plan %s", e.plan)
	case !slices.Contains(results, result):
		return nil, fmt.Errorf("the result %s is none of %s", result, strings.Join(results, ", "))
	case len(e.outcome.conditions) == 0 && (result == "FAILED" || result == "WARNING"):
		return nil, fmt.Errorf("%s wants the conditions that are expected", result)
	}
	return e, nil
}

// find is the line for a module of a plan; a line of the plan's own wins over one of every plan. nil: it must pass.
func (l expectations) find(plan, module string) *expectation {
	var every *expectation
	for _, e := range l {
		if e.module != module {
			continue
		}
		if e.plan == plan {
			return e
		}
		if e.plan == "*" {
			every = e
		}
	}
	return every
}

// judge says what is wrong with an outcome, "" is nothing; and else why it is right where it is not PASSED, after a colon.
func (l expectations) judge(plan, module string, got outcome) (reason, wrong string) {
	e := l.find(plan, module)
	if e == nil {
		if got.result == "PASSED" {
			return "", ""
		}
		return "", "expected PASSED"
	}
	e.met = true
	if got.String() != e.outcome.String() {
		return "", "expected " + e.outcome.String() + ": " + e.reason
	}
	return ": " + e.reason, ""
}

// unmet are the lines about modules that did not come, once the plans have run from end to end: they say what is not so.
func (l expectations) unmet(whole []string) []string {
	var out []string
	for _, e := range l {
		ran := slices.Contains(whole, e.plan) || e.plan == "*" && len(whole) == len(plans)
		if ran && !e.met {
			out = append(out, fmt.Sprintf("expected.txt:%d: no module %s ran in %s", e.line, e.module, e.plan))
		}
	}
	return out
}
