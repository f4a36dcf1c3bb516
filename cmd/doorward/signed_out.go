package main

import (
	"fmt"
	"time"

	"github.com/doorward/doorward/storage"
)

// announce says which applications are told, when the server runs, that the sessions of a person have ended since then.
func announce(o outside, f *foundation, person storage.User, since time.Time) error {
	list, err := f.db.LogoutsSince(o.ctx, person.ID, since)
	if err != nil {
		return err
	}
	told := map[string]bool{}
	for _, l := range list {
		if l.State == storage.LogoutWaiting {
			told[l.ClientID] = true
		}
	}
	switch len(told) {
	case 0:
		return nil
	case 1:
		_, err = fmt.Fprintln(o.stdout, "One application is told when the server runs.")
	default:
		_, err = fmt.Fprintf(o.stdout, "%d applications are told when the server runs.\n", len(told))
	}
	return err
}

// tellingFlags are how an application is told that people sign out.
type tellingFlags struct {
	BackchannelLogoutURI  string `name:"backchannel-logout-uri" placeholder:"URI" help:"Where we tell it that a person has signed out (OIDC Back-Channel Logout)."`
	FrontchannelLogoutURI string `name:"frontchannel-logout-uri" placeholder:"URI" help:"What the person's browser opens in a frame at sign-out (OIDC Front-Channel Logout); weaker, since browsers hold back its cookies."`
}

// declare sets them in a declaration.
func (t tellingFlags) declare(c ClientConfig) ClientConfig {
	c.BackchannelURI, c.FrontchannelURI = t.BackchannelLogoutURI, t.FrontchannelLogoutURI
	return c
}
