package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// The most that an invitation is good for.
const (
	mostInviteDays = 90
	mostInviteUses = 1000
)

// span is a time as people write it: like 90m, 24h or 7d.
type span time.Duration

const day = span(24 * time.Hour)

// UnmarshalText reads it from a flag.
func (s *span) UnmarshalText(text []byte) error {
	number, days := strings.CutSuffix(string(text), "d")
	if n, err := strconv.ParseUint(number, 10, 16); days && err == nil {
		*s = span(n) * day
		return nil
	}
	d, err := time.ParseDuration(string(text))
	if err != nil {
		return fmt.Errorf("%q is not a time like 90m, 24h or 7d", text)
	}
	*s = span(d)
	return nil
}

type clientInvite struct {
	configured
	Expires span `default:"24h" placeholder:"TIME" help:"How long it is good for: 24h (default), at most 90d."`
	Uses    int  `default:"1" placeholder:"N" help:"How many applications may register by it: 1 (default), at most 1000."`
}

// Help is shown by `doorward client invite --help`.
func (clientInvite) Help() string {
	return `An application that has the token registers itself at /register (RFC 7591), where registration.mode is token or open. Whoever
has it may do so: hand it over as you would a password. It is shown once and stored nowhere; "doorward epoch raise" ends it
before its time, with everything else that was issued.

    curl -H "Authorization: Bearer TOKEN" -H "Content-Type: application/json" \
        -d '{"client_name":"Wiki","redirect_uris":["https://wiki.example.com/cb"]}' https://login.example.com/register

The server may run: nothing is written.`
}

func (c clientInvite) Run(o outside) error {
	if c.Expires < span(time.Minute) || c.Expires > mostInviteDays*day {
		return misuse("--expires: wants 1m to %dd", mostInviteDays)
	}
	if c.Uses < 1 || c.Uses > mostInviteUses {
		return misuse("--uses: wants 1 to %d", mostInviteUses)
	}
	config, err := loadConfig(c.Config, o.environ)
	if err != nil {
		return err
	}
	if config.Registration.Mode == "closed" {
		return errors.New("registration.mode is closed: set it to token or open, and start the server again")
	}
	f, err := lay(o.ctx, config, storage.Options{Log: config.logger(o.stderr), ReadOnly: true})
	if err != nil {
		return err
	}
	until := f.db.Now().Add(time.Duration(c.Expires)).Truncate(time.Second)
	token, err := op.NewInvitation(f.keys.Box, c.Uses, until)
	if err == nil {
		_, err = fmt.Fprintf(o.stdout, "initial_access_token: %s\nuses:                 %d\nuntil:                %s\n", token, c.Uses, until.UTC().Format(time.RFC3339))
	}
	return errors.Join(err, f.close())
}
