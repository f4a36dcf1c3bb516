package main

import (
	"errors"
	"fmt"
	"slices"
	"time"
)

// Bounds of a session. The shortest leaves room for what is marked every five minutes only.
const (
	shortestIdle = 15 * time.Minute
	longestMax   = 90 * 24 * time.Hour
)

// mostKeepDays is ten years.
const mostKeepDays = 3650

// roles are what people can be besides people.
var roles = []string{"admin", "viewer", "helpdesk"}

// checkSessions judges how long a session lives, and of which roles an authenticator app is demanded.
func (c Config) checkSessions() faults {
	var found faults
	blame := func(name string, err error) {
		if err != nil {
			found = append(found, c.places.fault("login."+name, "%s", err))
		}
	}
	idle, idleErr := time.ParseDuration(c.Login.SessionIdle)
	longest, maxErr := time.ParseDuration(c.Login.SessionMax)
	if maxErr != nil || longest < shortestIdle || longest > longestMax {
		maxErr = fmt.Errorf("%q is not a time from %s to %s, like 720h", c.Login.SessionMax, hours(shortestIdle), hours(longestMax))
	}
	blame("session_max", maxErr)
	switch {
	case idleErr != nil || idle < shortestIdle:
		blame("session_idle", fmt.Errorf("%q is not a time from %s, like 12h", c.Login.SessionIdle, hours(shortestIdle)))
	case maxErr == nil && idle > longest:
		blame("session_idle", errors.New("must not be longer than login.session_max"))
	}
	for i, role := range c.Login.TOTPRequired {
		blame(fmt.Sprintf("totp_required[%d]", i), oneOf(role, roles...))
		if slices.Index(c.Login.TOTPRequired, role) < i {
			blame(fmt.Sprintf("totp_required[%d]", i), errors.New("stands twice"))
		}
	}
	return found
}

// hours is a time as an operator would write it.
func hours(d time.Duration) string {
	if d < time.Hour {
		return fmt.Sprintf("%dm", int(d.Minutes()))
	}
	return fmt.Sprintf("%dh", int(d.Hours()))
}

// lifetime is a time of a configuration that was checked.
func lifetime(text string) time.Duration {
	d, _ := time.ParseDuration(text)
	return d
}

// keep is how long the log is kept.
func (c AuditConfig) keep() time.Duration { return time.Duration(c.KeepDays) * 24 * time.Hour }

func checkKeep(days int) error {
	if days < 1 || days > mostKeepDays {
		return fmt.Errorf("must be 1 to %d", mostKeepDays)
	}
	return nil
}

// checkConsole wants another address than the one where visitors come.
func checkConsole(address, visitors string) error {
	if address == "" {
		return nil
	}
	if address == visitors {
		return errors.New(`must be another address than listen; leave it "" for the same`)
	}
	return checkListen(address)
}
