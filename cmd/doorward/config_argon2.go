package main

import (
	"net/url"

	"github.com/doorward/doorward/keys"
)

// Argon2Config is what one hash of a password costs (RFC 9106 §3.1).
type Argon2Config struct {
	MemoryKiB int `yaml:"memory_kib"`
	Time      int `yaml:"time"`
	Threads   int `yaml:"threads"`
}

// Bounds of argon2id. The upper ones keep a slip of the finger from stopping the house; the lower ones are the cheapest of
// the parameters that OWASP's Password Storage Cheat Sheet recommends, and cheaper ones serve tests and measurements on
// one machine.
const (
	mostMemoryKiB  = 1 << 20
	mostPasses     = 20
	mostThreads    = 16
	leastMemoryKiB = 7168
	leastWork      = 5 * leastMemoryKiB // memory times passes
	leastPerThread = 8                  // KiB, by RFC 9106 §3.1
)

func (c Config) checkArgon2() faults {
	const path = "login.argon2."
	a := c.Login.Argon2
	var found faults
	for _, bound := range []struct {
		name              string
		value, least, top int
	}{
		{"memory_kib", a.MemoryKiB, leastPerThread * max(a.Threads, 1), mostMemoryKiB},
		{"time", a.Time, 1, mostPasses},
		{"threads", a.Threads, 1, mostThreads},
	} {
		if bound.value < bound.least || bound.value > bound.top {
			found = append(found, c.places.fault(path+bound.name, "must be %d to %d", bound.least, bound.top))
		}
	}
	if len(found) > 0 || a.strong() || c.onThisMachine() {
		return found
	}
	return faults{c.places.fault(path+"memory_kib", "must be at least %d, and times login.argon2.time at least %d; less is for an issuer on this machine only",
		leastMemoryKiB, leastWork)}
}

func (a Argon2Config) strong() bool {
	return a.MemoryKiB >= leastMemoryKiB && a.MemoryKiB*a.Time >= leastWork
}

// onThisMachine says whether only this machine's own people can reach the issuer by its name.
func (c Config) onThisMachine() bool {
	u, err := url.Parse(c.Issuer)
	return err == nil && localName(u.Hostname())
}

// options are for the key room; check has seen that they are within their bounds.
func (a Argon2Config) options() keys.PasswordOptions {
	return keys.PasswordOptions{MemoryKiB: uint32(a.MemoryKiB), Time: uint32(a.Time), Threads: uint8(a.Threads)} //nolint:gosec // bounded by checkArgon2
}
