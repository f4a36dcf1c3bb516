package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"
	"unicode/utf8"

	"github.com/doorward/doorward/storage"
)

type userGroup struct {
	Add userAdd `cmd:"" help:"Add a person who signs in with a password."`
}

type userAdd struct {
	configured
	Email          string   `required:"" placeholder:"ADDRESS" help:"The address to sign in with; codes are sent to it."`
	Name           string   `required:"" placeholder:"NAME" help:"How pages and applications call the person."`
	CustomerNumber string   `placeholder:"DIGITS" help:"May be typed instead of the address."`
	Group          []string `placeholder:"NAME" sep:"none" help:"A group that applications see; may be repeated."`
	Admin          bool     `help:"Make the person an administrator."`
	PasswordFile   string   `required:"" placeholder:"FILE" help:"A file that holds the password, or - for standard input."`
}

// Help is shown by `doorward user add --help`.
func (userAdd) Help() string {
	return `The password has 12 to 256 characters; a line break at its end does not belong to it. It is never taken from the
command line, where other users of the machine could read it:

    doorward user add --config config.yaml --email anna@example.com --name "Anna Berg" --password-file -

With SQLite, stop the server first; with PostgreSQL it may run.`
}

// Lengths of a password in characters (house.md §9).
const (
	minPassword = 12
	maxPassword = 256
)

func (u userAdd) Run(o outside) error {
	person := u.person()
	if err := u.blame(person.Check()); err != nil {
		return err
	}
	password, err := u.password(o.stdin)
	if err != nil {
		return err
	}
	return u.with(o, func(f *foundation) error {
		hash, err := f.keys.Passwords.Hash(o.ctx, password)
		if err != nil {
			return err
		}
		err = f.db.AddUser(o.ctx, person, hash, storage.Event{Actor: "operator"})
		if errors.Is(err, storage.ErrConflict) {
			return errors.New("somebody has this address or customer number already")
		}
		if err != nil {
			return err
		}
		_, err = fmt.Fprintf(o.stdout, "%s can sign in now (id %s).\n", person.Email, person.ID)
		return err
	})
}

// person is the record that the flags describe.
func (u userAdd) person() storage.User {
	person := storage.User{
		ID: storage.NewID(), Email: u.Email, CustomerNumber: u.CustomerNumber,
		Claims: map[string]any{"name": u.Name}, Groups: u.Group, State: "active", Version: 1,
	}
	if email, _, ok := storage.Identifier(u.Email); ok && email != "" {
		person.Email = email
	}
	if _, number, ok := storage.Identifier(u.CustomerNumber); ok && number != "" {
		person.CustomerNumber = number
	}
	if u.Admin {
		person.Role = "admin"
	}
	return person
}

// blame tells each rule that the flags break, by the flag.
func (userAdd) blame(err error) error {
	var wrong []error
	for _, invalid := range invalids(err) {
		flag := strings.ReplaceAll(strings.TrimSuffix(invalid.Field, "s"), "_", "-")
		if flag == "claim" {
			flag = "name"
		}
		wrong = append(wrong, fmt.Errorf("--%s: %s", flag, invalid.Why))
	}
	if len(wrong) == 0 {
		return nil
	}
	return errors.Join(append([]error{errUsage}, wrong...)...)
}

// password reads the password from the file or from standard input.
func (u userAdd) password(stdin io.Reader) (string, error) {
	source := stdin
	if u.PasswordFile != "-" {
		file, err := os.Open(u.PasswordFile)
		if err != nil {
			return "", misuse("--password-file: %s", plain(err))
		}
		defer func() { _ = file.Close() }()
		source = file
	}
	text, err := io.ReadAll(io.LimitReader(source, 4<<10))
	if err != nil {
		return "", misuse("--password-file: %s", plain(err))
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	switch n := utf8.RuneCount(text); {
	case !utf8.Valid(text) || bytes.ContainsAny(text, "\n\x00"):
		return "", misuse("--password-file: the password must be one line of text")
	case n < minPassword || n > maxPassword:
		return "", misuse("--password-file: the password has %d characters; it must have %d to %d", n, minPassword, maxPassword)
	}
	return string(text), nil
}
