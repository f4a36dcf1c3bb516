package main

import (
	"errors"
	"fmt"
	"net"
	"time"
)

// checkOperators wants an address that somebody has thought of: profiles and metrics are shown to all who reach it.
func checkOperators(address string) error {
	if address == "" {
		return nil
	}
	if err := checkListen(address); err != nil {
		return err
	}
	if host, _, _ := net.SplitHostPort(address); host == "" {
		return errors.New("must name the address, like 127.0.0.1:9090: metrics and profiles are shown to all who reach it")
	}
	return nil
}

// loopback says whether only this machine reaches an address.
func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// longestDelay is such that our unit waits for the whole end (TimeoutStopSec in deploy/doorward.service).
const longestDelay = time.Minute

func checkDelay(text string) error {
	delay, err := time.ParseDuration(text)
	if err != nil || delay < 0 || delay > longestDelay {
		return fmt.Errorf("%q is not a time from 0s to %v, like 500ms or 10s", text, longestDelay)
	}
	return nil
}

// delay is shutdown.delay; check has seen that it is a time.
func (c ShutdownConfig) delay() time.Duration {
	delay, _ := time.ParseDuration(c.Delay)
	return delay
}
