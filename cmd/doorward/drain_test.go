package main

import (
	"os"
	"regexp"
	"testing"
	"time"
)

// The unit kills nothing that is still being answered or sent.
func TestTheUnitWaitsLongerThanTheEndMayTake(t *testing.T) {
	t.Parallel()
	unit, err := os.ReadFile("../../deploy/doorward.service")
	if err != nil {
		t.Fatal(err)
	}
	found := regexp.MustCompile(`(?m)^TimeoutStopSec=(\d+)$`).FindSubmatch(unit)
	if found == nil {
		t.Fatal("the unit does not say how long it waits")
	}
	waits, err := time.ParseDuration(string(found[1]) + "s")
	// letters under way have ten seconds more
	if err != nil || waits < longestDelay+grace+15*time.Second {
		t.Errorf("the unit waits for %v, the end may take %v: %v", waits, longestDelay+grace, err)
	}
}
