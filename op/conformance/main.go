// Command conformance measures this house with the OpenID Foundation's conformance suite, which stays outside the repository:
//
//	CONFORMANCE_SUITE=https://localhost:8443 op/conformance/run [-logs FOLDER] [PLAN | PLAN/MODULE …]
//
// It builds Doorward, starts it with a new database and a new certificate on this machine, drives the running suite through
// its REST interface, and prints one line a module. Without arguments all plans run (plans.go). The exit status is 0 when
// every module ended as it must: PASSED, or as expected.txt says, with a reason.
//
//	main.go      the command line
//	plans.go     which plans run
//	browser.go   how the suite's browser goes through our pages
//	house*.go    Doorward as the suite meets it, and what the suite is told of it
//	suite.go     the suite's REST interface
//	measure.go   a plan's modules, one after the other
//	expect.go    what is expected (expected.txt), and what is no longer so
//
// It is a visitor of the house: it imports none of its rooms.
package main

import (
	"context"
	_ "embed"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"syscall"
)

// expected is the list of what does not pass, with reasons.
//
//go:embed expected.txt
var expected string

const hint = `set CONFORMANCE_SUITE to the address of a conformance suite that runs on this machine, like https://localhost:8443;
the suite is at https://gitlab.com/openid/conformance-suite, and reaches the house on a loopback address`

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	logs := flag.String("logs", "", "a `folder` that gets the suite's log of each module; it is made")
	flag.Parse()
	address := os.Getenv("CONFORMANCE_SUITE")
	if address == "" {
		return errors.New(hint)
	}
	expectations, err := parse(expected)
	if err != nil {
		return err
	}
	chosen, err := choose(flag.Args())
	if err != nil {
		return err
	}
	if *logs != "" { // now, not after the first module
		if err := os.MkdirAll(*logs, 0o700); err != nil {
			return err
		}
	}
	suite, err := openSuite(ctx, address)
	if err != nil {
		return err
	}
	house, err := openHouse(ctx, suite)
	if err != nil {
		return err
	}
	defer house.close()
	fmt.Printf("conformance suite %s at %s, Doorward at %s\n", suite.version, suite.address, house.issuer)
	m := measure{suite: suite, told: house.tell, rotate: house.rotate, expectations: expectations, logs: *logs, out: os.Stdout, patience: moduleTime}
	return m.all(ctx, chosen)
}
