// Command doorward is the whole house in one binary: one single sign-on page for all web apps of a company.
//
//	the binary     main.go  the sub-commands as a table; version.go what it is; libraries.go what libraries may say in the log
//	a house        serve.go  of an operator; dev.go of a newcomer: demo.go its people and clients, mailbox.go its mail
//	               house.go  storage -> keys -> rooms, and their listeners; listen.go tls.go the visitors' server
//	               rooms.go  the doors of one configuration, joined on one router; reopen.go others in their place when settings change
//	               drain*.go  how it ends, so that nobody sees it
//	               operators.go  the operators' listener: health.go whether it lives and is ready, metrics*.go what it counts
//	configuration  config*.go  Config: defaults, strict YAML, environment, check; fault.go one sentence for each fault
//	               settings*.go  what can be set in the console, between the defaults and the file
//	the console    console*.go  the third door, and its own listener; desk*.go what the other two doors and this program lend it
//	commands       foundation.go face.go  storage and keys alone, for those that change something and go; the face, for those that write to people
//	               user*.go invite.go client*.go keys.go epoch.go password.go  what an operator does by hand; signed_out.go who will be told of it
//	               backup.go restore.go rehearsal.go  a copy of everything, and its way back; a start that changes nothing
//	               events.go audit.go  what happened, by reference or by person; whether the log is as it was written
//	               apply.go export.go declaration.go  applications and settings of a file besides the configuration; how a file says them
//	               setup.go init.go check.go  what comes before a start: the link for the first administrator
//	               doctor*.go mailtest.go  what is found at a house that runs; whether letters leave it
//
// It joins the rooms and talks to the operator; what is right or wrong in a sign-in is decided in the rooms.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"
	"slices"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
)

// commands is the table of what can be typed.
type commands struct {
	Dev    devCommand   `cmd:"" help:"Start a demo: provider, demo app, people and a mailbox, on this machine only."`
	Serve  serveCommand `cmd:"" help:"Serve from a configuration file."`
	User   userGroup    `cmd:"" help:"Keep people."`
	Client clientGroup  `cmd:"" help:"Keep applications."`
	Keys   keysGroup    `cmd:"" help:"Rotate keys."`
	Mail   mailGroup    `cmd:"" help:"Try whether letters leave the house."`
	Epoch  epochGroup   `cmd:"" help:"End everything that was issued so far."`

	Apply  applyCommand  `cmd:"" help:"Make applications and settings those of a file."`
	Export exportCommand `cmd:"" help:"Print applications and settings as such a file."`

	Admin adminGroup `cmd:"" help:"Get into the console when nobody can."`

	Audit auditGroup `cmd:"" help:"Look after the log."`

	Events eventsCommand `cmd:"" help:"Print what happened, by reference or by person."`

	Backup  backupCommand  `cmd:"" help:"Copy everything into a file, while the server runs."`
	Restore restoreCommand `cmd:"" help:"Put a backup into the database."`

	Init   initCommand   `cmd:"" help:"Write a minimal configuration, and say what comes next."`
	Doctor doctorCommand `cmd:"" help:"Look at a house that runs, and say what is wrong with it."`

	Check checkCommand `cmd:"" help:"Say everything that is wrong with a configuration, and what can be known before a start."`

	Version versionCommand `cmd:"" help:"Print the version."`
}

// outside is what a command has of the world.
type outside struct {
	ctx     context.Context
	stdin   io.Reader
	stdout  io.Writer
	stderr  io.Writer
	environ []string
}

// Exit codes, as every command keeps them.
const (
	exitFailed = 1
	exitUsage  = 2 // the command line or the configuration is wrong
)

// errUsage marks an error of the command line.
var errUsage = errors.New("usage")

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	context.AfterFunc(ctx, stop) // a second signal ends the process at once
	os.Exit(run(outside{ctx: ctx, stdin: os.Stdin, stdout: os.Stdout, stderr: os.Stderr, environ: os.Environ()}, os.Args[1:]))
}

// run runs one command line and says with which code to end.
func run(o outside, args []string) int {
	parser, err := kong.New(&commands{},
		kong.Name("doorward"),
		kong.Description("Doorward is one single sign-on page for all web apps of a company: an OpenID Provider in one binary."),
		kong.Writers(o.stdout, o.stderr),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, WrapUpperBound: 100}),
	)
	if err != nil {
		return o.failed(err)
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if args[0] == "help" {
		args = append(slices.Clone(args[1:]), "--help")
	}
	command, err := parser.Parse(args)
	if err != nil {
		return o.failed(fmt.Errorf("%w (see %s --help)", errors.Join(errUsage, err), typed(err)))
	}
	if err := command.Run(o); err != nil {
		return o.failed(err)
	}
	return 0
}

// typed is the command that was typed, as far as it was understood.
func typed(err error) string {
	text := "doorward"
	if wrong := (*kong.ParseError)(nil); errors.As(err, &wrong) {
		for _, part := range wrong.Context.Path {
			if part.Command != nil {
				text += " " + part.Command.Name
			}
		}
	}
	return text
}

// failed tells an error in plain words, without the mark of its kind.
func (o outside) failed(err error) int {
	text := strings.TrimPrefix(err.Error(), errUsage.Error()+"\n")
	wrong := faults(nil)
	isFaults := errors.As(err, &wrong)
	if !isFaults {
		text = "doorward: " + text
	}
	fmt.Fprintln(o.stderr, text)
	if isFaults || errors.Is(err, errUsage) {
		return exitUsage
	}
	return exitFailed
}

// misuse is an error of the command line that kong cannot see.
func misuse(why string, args ...any) error {
	return errors.Join(errUsage, fmt.Errorf(why, args...))
}
