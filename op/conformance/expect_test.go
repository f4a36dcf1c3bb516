package main

import (
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// theirs is a list of expectations as expected.txt holds them.
const theirs = `
# A comment.

*            oidcc-prompt-login REVIEW   a person looks
basic-static oidcc-prompt-login SKIPPED  another reason
dynamic      oidcc-discovery    FAILED=B,A  code only, by choice
`

func TestTheListThatWeShipCanBeRead(t *testing.T) {
	list, err := parse(expected)
	if err != nil || len(list) == 0 {
		t.Errorf("%d lines, %v", len(list), err)
	}
}

func TestAFaultInTheListIsNamedByItsLine(t *testing.T) {
	for line, want := range map[string]string{
		"* oidcc-server SKIPPED":                    "expected.txt:1: wants PLAN MODULE RESULT[=CONDITION,…] REASON",
		"basic oidcc-server SKIPPED because":        "expected.txt:1: there is no plan basic",
		"* oidcc-server PASSED because":             "expected.txt:1: the result PASSED is none of WARNING, SKIPPED, REVIEW, FAILED",
		"* oidcc-server WARNING because":            "expected.txt:1: WARNING wants the conditions that are expected",
		"* oidcc-server FAILED= because":            "expected.txt:1: FAILED wants the conditions that are expected",
		"* a SKIPPED because\n* a REVIEW another":   "expected.txt:2: * a stands twice",
		"# none\nx y z w\nconfig oidcc-x PASSED no": "expected.txt:2: there is no plan x\nexpected.txt:3: the result PASSED is none of WARNING, SKIPPED, REVIEW, FAILED",
	} {
		if _, err := parse(line); err == nil || err.Error() != want {
			t.Errorf("%q: got %v, want %s", line, err, want)
		}
	}
}

func TestWhatIsNotListedMustPass(t *testing.T) {
	list := list(t)
	for result, want := range map[string]string{"PASSED": "", "WARNING": "expected PASSED", "INTERRUPTED": "expected PASSED"} {
		if _, wrong := list.judge("config", "oidcc-server", outcome{result: result}); wrong != want {
			t.Errorf("%s: %q, want %q", result, wrong, want)
		}
	}
}

func TestALineOfThePlanWinsOverOneOfEveryPlan(t *testing.T) {
	list := list(t)
	if reason, wrong := list.judge("basic-static", "oidcc-prompt-login", outcome{result: "SKIPPED"}); reason != ": another reason" || wrong != "" {
		t.Errorf("%q, %q", reason, wrong)
	}
	if reason, wrong := list.judge("formpost-static", "oidcc-prompt-login", outcome{result: "REVIEW"}); reason != ": a person looks" || wrong != "" {
		t.Errorf("%q, %q", reason, wrong)
	}
}

func TestWhatIsListedMustNotPassEither(t *testing.T) {
	if _, wrong := list(t).judge("config", "oidcc-prompt-login", outcome{result: "PASSED"}); wrong != "expected REVIEW: a person looks" {
		t.Errorf("%q", wrong)
	}
}

// A module that fails for one expected reason must not hide another.
func TestAnotherConditionIsUnexpected(t *testing.T) {
	list := list(t)
	for _, conditions := range [][]string{{"A"}, {"A", "B", "C"}, nil} {
		if _, wrong := list.judge("dynamic", "oidcc-discovery", outcome{"FAILED", conditions}); wrong != "expected FAILED=A,B: code only, by choice" {
			t.Errorf("%v: %q", conditions, wrong)
		}
	}
	if _, wrong := list.judge("dynamic", "oidcc-discovery", outcome{"FAILED", []string{"A", "B"}}); wrong != "" {
		t.Error(wrong)
	}
}

func TestALineThatNoModuleMetIsAFaultOncePlansRanWhole(t *testing.T) {
	list := list(t)
	if got := list.unmet([]string{"config"}); got != nil {
		t.Errorf("after another plan: %q", got)
	}
	list.judge("basic-static", "oidcc-prompt-login", outcome{result: "PASSED"}) // it came, however it ended
	want := []string{"expected.txt:6: no module oidcc-discovery ran in dynamic"}
	if diff := cmp.Diff(want, list.unmet([]string{"basic-static", "dynamic"})); diff != "" {
		t.Error(diff)
	}
	if got := list.unmet(names()); len(got) != 2 || !strings.Contains(got[0], "no module oidcc-prompt-login ran in *") {
		t.Errorf("after all: %q", got)
	}
}

func TestConditionsAreThoseThatWentWrong(t *testing.T) {
	log := []entry{{Source: "B", Result: "FAILURE"}, {Source: "A", Result: "WARNING"}, {Source: "B", Result: "FAILURE"}, {Source: "C", Result: "SUCCESS"}, {Source: "D"}}
	if got := conditions("FAILED", log); !slices.Equal(got, []string{"A", "B"}) {
		t.Errorf("%q", got)
	}
	if got := conditions("REVIEW", log); got != nil {
		t.Errorf("of a result that is neither: %q", got)
	}
}

func list(t *testing.T) expectations {
	list, err := parse(theirs)
	if err != nil {
		t.Fatal(err)
	}
	return list
}
