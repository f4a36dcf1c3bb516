package main

import (
	"fmt"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/web"
)

// RegistrationConfig is how applications register themselves.
type RegistrationConfig struct {
	Mode   string `yaml:"mode"`   // closed, token, open
	PKCE   string `yaml:"pkce"`   // required, optional
	Hourly int    `yaml:"hourly"` // open: tries of one network

	Allow []string `yaml:"allow"` // origins that they may name, wherever those lie
}

// Who may register an application, and whether it needs PKCE.
var (
	modes = []string{"closed", "token", "open"}
	pkces = []string{"required", "optional"}
)

// mostHourly bounds what one network may try: beyond, there is no limit to speak of.
const mostHourly = 10_000

func (c Config) checkRegistration() faults {
	var found faults
	if err := oneOf(c.Registration.Mode, modes...); err != nil {
		found = append(found, c.places.fault("registration.mode", "%s", err))
	}
	if err := oneOf(c.Registration.PKCE, pkces...); err != nil {
		found = append(found, c.places.fault("registration.pkce", "%s", err))
	}
	if n := c.Registration.Hourly; n < 1 || n > mostHourly {
		found = append(found, c.places.fault("registration.hourly", "must be 1 to %d", mostHourly))
	}
	for i, origin := range c.Registration.Allow {
		if err := web.CheckOrigin(origin); err != nil {
			found = append(found, c.places.fault(fmt.Sprintf("registration.allow[%d]", i), "%s", err))
		}
	}
	return found
}

// options are what the protocol is told. What registered applications name is fetched as outbound says, but from origins of their own.
func (c RegistrationConfig) options(outbound OutboundConfig, dev bool) (op.Registration, error) {
	fetcher, err := web.NewOutbound(web.OutboundOptions{Allow: c.Allow, Setting: "registration.allow", CAFile: outbound.CAFile, Loopback: dev})
	return op.Registration{Mode: c.Mode, PKCEOptional: c.PKCE == "optional", Hourly: c.Hourly, Outbound: fetcher}, err
}
