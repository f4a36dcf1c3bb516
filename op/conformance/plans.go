package main

import (
	"fmt"
	"slices"
	"strings"
)

// alias stands in every address that the suite gives its clients, so that they can be known before a plan is made.
const alias = "doorward"

// plan is a certification plan of the suite in one variant.
type plan struct {
	name    string // ours, on the command line, in expected.txt and in the result
	of      string // the suite's, without what all have in common
	variant variant
	client  string   // the declared client; "": that of most plans
	modules []string // only these; none: all
}

type variant map[string]string

var (
	static  = variant{"client_registration": "static_client"}
	dynamic = variant{"client_registration": "dynamic_client"}
	code    = variant{"response_type": "code"}
)

// plans are all that a provider of the code flow can run (docs/conformance.md).
var plans = []plan{
	{name: "config", of: "config"},
	{name: "basic-static", of: "basic", variant: discovered(static)},
	{name: "basic-dynamic", of: "basic", variant: discovered(dynamic)},
	{name: "formpost-static", of: "formpost-basic", variant: discovered(static)},
	{name: "formpost-dynamic", of: "formpost-basic", variant: discovered(dynamic)},
	{name: "logout-static", of: "rp-initiated-logout", variant: both(code, static)},
	{name: "logout-dynamic", of: "rp-initiated-logout", variant: both(code, dynamic)},
	{name: "backchannel-static", of: "backchannel-rp-initiated-logout", variant: both(code, static), client: "suite-backchannel"},
	{name: "backchannel-dynamic", of: "backchannel-rp-initiated-logout", variant: both(code, dynamic)},
	{name: "frontchannel-static", of: "frontchannel-rp-initiated-logout", variant: both(code, static), client: "suite-frontchannel"},
	{name: "frontchannel-dynamic", of: "frontchannel-rp-initiated-logout", variant: both(code, dynamic)},
	{name: "third-party", of: "3rdparty-init-login", variant: code},
	{name: "dynamic", of: "dynamic", variant: code},
}

func discovered(v variant) variant { return both(v, variant{"server_metadata": "discovery"}) }

func both(a, b variant) variant {
	out := variant{}
	for _, v := range []variant{a, b} {
		for name, value := range v {
			out[name] = value
		}
	}
	return out
}

// testPlan is the suite's own name of the plan.
func (p plan) testPlan() string { return "oidcc-" + p.of + "-certification-test-plan" }

// runs says whether the plan's module was asked for.
func (p plan) runs(module string) bool {
	return len(p.modules) == 0 || slices.Contains(p.modules, module)
}

// choose finds the plans of the command line, PLAN or PLAN/MODULE; none is all.
func choose(args []string) ([]plan, error) {
	if len(args) == 0 {
		return plans, nil
	}
	var chosen []plan
	for _, arg := range args {
		name, module, one := strings.Cut(arg, "/")
		i := slices.IndexFunc(plans, func(p plan) bool { return p.name == name })
		if i < 0 {
			return nil, fmt.Errorf("there is no plan %q; there are %s", name, strings.Join(names(), ", "))
		}
		if j := slices.IndexFunc(chosen, func(p plan) bool { return p.name == name }); j >= 0 && one && chosen[j].modules != nil {
			chosen[j].modules = append(chosen[j].modules, module)
			continue
		}
		p := plans[i]
		if one {
			p.modules = []string{module}
		}
		chosen = append(chosen, p)
	}
	return chosen, nil
}

func names() []string {
	var out []string
	for _, p := range plans {
		out = append(out, p.name)
	}
	return out
}
