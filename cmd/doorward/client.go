package main

import (
	"errors"
	"fmt"
	"strings"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

type clientGroup struct {
	Add     clientAdd     `cmd:"" help:"Add an application, and print its secret once."`
	List    clientList    `cmd:"" help:"List applications: client_id, type, state, where it is kept (itself: it registered itself), name."`
	Invite  clientInvite  `cmd:"" help:"Print a token by which an application registers itself."`
	Disable clientDisable `cmd:"" help:"Switch an application off: nobody signs in to it, and its tokens are refused."`
	Enable  clientEnable  `cmd:"" help:"Switch a disabled application on again."`
	Remove  clientRemove  `cmd:"" help:"Remove an application, with its tokens and what people have allowed it."`
}

type clientAdd struct {
	configured
	because
	ID               string   `required:"" placeholder:"ID" help:"The client_id."`
	Name             string   `required:"" placeholder:"NAME" help:"How people see the application."`
	Type             string   `default:"web" enum:"web,browser,native,service" help:"web: keeps a secret on its server; browser: runs in the page; native: installed on a device; service: signs in as itself."`
	RedirectURI      []string `name:"redirect-uri" placeholder:"URI" sep:"none" help:"Where people return to, compared exactly; may be repeated."`
	PostLogout       []string `name:"post-logout-redirect-uri" placeholder:"URI" sep:"none" help:"Where people may return to after signing out; may be repeated."`
	AuthMethod       string   `default:"" enum:",client_secret_basic,client_secret_post,private_key_jwt,none" placeholder:"METHOD" help:"client_secret_basic (default), client_secret_post; private_key_jwt: it signs with a key of its own; none for browser and native."`
	GrantType        []string `placeholder:"TYPE" help:"authorization_code, refresh_token, client_credentials; default by type."`
	Scope            []string `placeholder:"SCOPE" help:"What it may ask for; default: all."`
	IDTokenAlg       string   `name:"id-token-alg" default:"ES256" enum:"RS256,PS256,ES256,EdDSA" help:"Signs its ID tokens: ES256 (default), EdDSA, PS256, or RS256 for applications that know nothing else."`
	IDTokenClaims    bool     `name:"id-token-claims" help:"Put the claims of the scopes into the ID token too."`
	IDTokenOnRefresh bool     `name:"id-token-on-refresh" help:"Give a new ID token at each refresh."`
	Refresh          string   `default:"" enum:",offline,session,never" placeholder:"WHEN" help:"Refresh tokens: offline (only for offline_access), session (always, ending with the session), never; default by type."`
	AccessToken      string   `default:"opaque" enum:"opaque,jwt" help:"Format of access tokens: opaque or jwt."`
	PKCEOptional     bool     `name:"pkce-optional" help:"Weaker: let an application without PKCE sign people in."`
	Consent          bool     `help:"Ask people before the first sign-in."`
	Introspect       bool     `help:"Let it ask about tokens of others (RFC 7662)."`
	Replace          bool     `help:"Give these settings to the application of this id, in the place of all that it has; its secret stays."`
	NewSecret        bool     `name:"new-secret" help:"With --replace: a new secret in the place of those that it has, which end at once."`
	keyFlags
	requestFlags
	tokenFlags
	tellingFlags
	linkFlags
}

// Help is shown by `doorward client add --help`.
func (clientAdd) Help() string {
	return `For example, a web application, and a page with no server behind it:

    doorward client add --config config.yaml --id grafana --name Grafana \
        --redirect-uri https://grafana.example.com/login/generic_oauth
    doorward client add --config config.yaml --id shop --name Shop --type browser \
        --redirect-uri https://shop.example.com/callback

and a service that holds no secret, but signs:

    doorward client add --config config.yaml --id backup --name Backup --type service \
        --auth-method private_key_jwt --jwks-uri https://backup.example.com/jwks

Only a hash of the secret is stored. Applications may be declared in the configuration file instead; one that is declared
there cannot be added here.

To change an application, type its whole command again with --replace: what is not typed becomes the default. Its secret stays,
unless --new-secret gives it another, and so does who may sign in to it; and so does what people have allowed it, unless it asks for consent and people would now be sent to another host.

With SQLite, stop the server first; with PostgreSQL it may run, and knows the application within a second.`
}

func (c clientAdd) Run(o outside) error {
	record, err := c.declaration().applied()
	if c.NewSecret && (!c.Replace || !record.WithSecret()) {
		return misuse("--new-secret: it goes with --replace, for an application that has a secret")
	}
	if err != nil {
		return c.blame(err)
	}
	return c.with(o, func(f *foundation) error {
		made, err := f.desk(nil).PutApp(o.ctx, admin.Operator(), admin.AppPut{Record: record, Replace: c.Replace, NewSecret: c.NewSecret, Reason: c.why()})
		if err != nil {
			return c.refused(o, f, err)
		}
		lines := []string{"client_id:     " + record.ID}
		switch {
		case made.Secret != "":
			lines = append(lines, "client_secret: "+made.Secret)
		case record.WithSecret():
			lines = append(lines, "client_secret: stays as it is")
		}
		if made.App.Disabled {
			lines = append(lines, "state:         disabled, as before")
		}
		_, err = fmt.Fprintln(o.stdout, strings.Join(lines, "\n"))
		return errors.Join(err, c.warn(o, f, record))
	})
}

// declaration is the same application as a declaration would name it.
func (c clientAdd) declaration() ClientConfig {
	return c.linkFlags.declare(c.keyFlags.declare(c.requestFlags.declare(c.tokenFlags.declare(c.tellingFlags.declare(ClientConfig{
		ID: c.ID, Name: c.Name, Type: c.Type, AuthMethod: c.AuthMethod,
		RedirectURIs: c.RedirectURI, PostLogoutRedirectURIs: c.PostLogout, GrantTypes: c.GrantType, Scopes: c.Scope,
		RequirePKCE: !c.PKCEOptional, IDTokenAlg: c.IDTokenAlg, IDTokenClaims: c.IDTokenClaims, IDTokenOnRefresh: c.IDTokenOnRefresh,
		Refresh: c.Refresh, AccessToken: c.AccessToken, Consent: c.Consent, Introspect: c.Introspect,
	})))))
}

// blame tells each rule that the flags break, by the flag.
func (c clientAdd) blame(err error) error {
	var wrong []error
	for _, invalid := range invalids(err) {
		flag := flagNamed(invalid.Field)
		if invalid.Field == "require_pkce" {
			flag = "pkce-optional"
		}
		wrong = append(wrong, fmt.Errorf("--%s: %s", flag, invalid.Why))
	}
	return errors.Join(errUsage, errors.Join(wrong...))
}

// flagNamed is the flag of a client's field.
func flagNamed(field string) string {
	return strings.ReplaceAll(strings.TrimSuffix(setting(field), "s"), "_", "-")
}

// application is the argument of a command that is about one application.
type application struct {
	configured
	because
	ID string `arg:"" name:"id" help:"The client_id."`
}

// Help is shown by the commands' --help.
func (application) Help() string {
	return `An application that is declared in the configuration file cannot be switched here: take it out of the file instead.

With SQLite, stop the server first; with PostgreSQL it may run, and follows within a second.`
}

// of finds the application, unless the configuration owns it, and lets do work on it.
func (a application) of(o outside, do func(*foundation, storage.Client) error) error {
	return a.with(o, func(f *foundation) error {
		client, err := f.db.Client(o.ctx, a.ID)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			return fmt.Errorf("there is no client %q", a.ID)
		case err != nil:
			return err
		case client.Declared():
			return f.declares(client)
		}
		return do(f, client)
	})
}

// turn switches the application off or on.
func (a application) turn(o outside, off bool, done string) error {
	return a.of(o, func(f *foundation, client storage.Client) error {
		if _, err := f.desk(nil).SwitchApp(o.ctx, admin.Operator(), client.ID, off, a.why()); err != nil {
			return err
		}
		_, err := fmt.Fprintf(o.stdout, "%s is %s.\n", client.ID, done)
		return err
	})
}

type clientDisable struct{ application }

func (c clientDisable) Run(o outside) error { return c.turn(o, true, "disabled") }

type clientEnable struct{ application }

func (c clientEnable) Run(o outside) error { return c.turn(o, false, "enabled") }

type clientList struct{ configured }

func (c clientList) Run(o outside) error {
	return c.reading(o, func(db *storage.DB) error {
		clients, err := db.Clients(o.ctx)
		if err != nil {
			return err
		}
		for _, client := range clients {
			state, kept := "enabled", map[string]string{"": "database", "file": "file", "applied": "applied", "dynamic": "itself"}[client.Owner]
			if client.Disabled {
				state = "disabled"
			}
			if _, err := fmt.Fprintf(o.stdout, "%-24s %-8s %-8s %-8s %s\n", client.ID, client.Type, state, kept, client.Name); err != nil {
				return err
			}
		}
		return nil
	})
}
