package main

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
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
	because
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

The server may run: only the log is written, which tells of it.`
}

func (c clientInvite) Run(o outside) error {
	config, err := loadConfig(c.Config, o.environ)
	if err != nil {
		return err
	}
	f, err := lay(o.ctx, config, storage.Options{Log: config.logger(o.stderr), ReadOnly: true})
	if err != nil {
		return err
	}
	desk := f.desk(nil)
	desk.Store = noted{f.db}
	made, err := desk.InviteApp(o.ctx, admin.Operator(), admin.NewAppInvitation{Uses: c.Uses, Life: time.Duration(c.Expires), Reason: c.why()})
	if err == nil {
		_, err = fmt.Fprintf(o.stdout, "initial_access_token: %s\nuses:                 %d\nuntil:                %s\n", made.Token, made.Uses, made.Until.UTC().Format(time.RFC3339))
	}
	return errors.Join(c.blame(err), f.close())
}

// blame tells by the flag what an invitation may not be.
func (clientInvite) blame(err error) error {
	wrong := (*storage.Invalid)(nil)
	switch {
	case errors.Is(err, admin.ErrClosed):
		return errors.New("registration.mode is closed: set it to token or open, and start the server again")
	case errors.As(err, &wrong) && wrong.Field == "days":
		return misuse("--expires: wants 1m to %dd", admin.MostInviteDays)
	case errors.As(err, &wrong):
		return misuse("--%s: %s", wrong.Field, wrong.Why)
	}
	return err
}
