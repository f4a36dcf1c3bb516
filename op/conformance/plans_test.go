package main

import (
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestPlansAndTheirModulesAreChosenByName(t *testing.T) {
	all, err := choose(nil)
	if err != nil || len(all) != len(plans) {
		t.Errorf("nothing chosen: %d plans, %v", len(all), err)
	}
	some, err := choose([]string{"dynamic/a", "config", "dynamic/b"})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string][]string{}
	for _, p := range some {
		got[p.testPlan()] = p.modules
	}
	want := map[string][]string{"oidcc-dynamic-certification-test-plan": {"a", "b"}, "oidcc-config-certification-test-plan": nil}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
	if some[0].runs("c") || !some[0].runs("b") || !some[1].runs("c") {
		t.Error("a plan runs the modules that were asked for, or all")
	}
	if _, err := choose([]string{"config", "basic"}); err == nil {
		t.Error("a plan that there is not was chosen")
	}
}

func TestEveryPlanHasANameOfItsOwnAndAClientThatIsDeclared(t *testing.T) {
	declared := map[string]bool{"": true}
	for _, c := range staticClients {
		declared[c.id] = true
	}
	seen := map[string]bool{}
	for _, p := range plans {
		if seen[p.name] || !declared[p.client] {
			t.Errorf("%s with client %q", p.name, p.client)
		}
		seen[p.name] = true
	}
}
