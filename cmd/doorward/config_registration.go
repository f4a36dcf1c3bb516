package main

import (
	"github.com/doorward/doorward/op"
)

// RegistrationConfig is how applications register themselves.
type RegistrationConfig struct {
	Mode   string `yaml:"mode"`   // closed, token, open
	PKCE   string `yaml:"pkce"`   // required, optional
	Hourly int    `yaml:"hourly"` // open: tries of one network
}

// mostHourly bounds what one network may try: beyond, there is no limit to speak of.
const mostHourly = 10_000

func (c Config) checkRegistration() faults {
	var found faults
	if err := oneOf(c.Registration.Mode, "closed", "token", "open"); err != nil {
		found = append(found, c.places.fault("registration.mode", "%s", err))
	}
	if err := oneOf(c.Registration.PKCE, "required", "optional"); err != nil {
		found = append(found, c.places.fault("registration.pkce", "%s", err))
	}
	if n := c.Registration.Hourly; n < 1 || n > mostHourly {
		found = append(found, c.places.fault("registration.hourly", "must be 1 to %d", mostHourly))
	}
	return found
}

func (c RegistrationConfig) options() op.Registration {
	return op.Registration{Mode: c.Mode, PKCEOptional: c.PKCE == "optional", Hourly: c.Hourly}
}
