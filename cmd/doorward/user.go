package main

import (
	"cmp"
	"errors"
	"fmt"
	"strings"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

type userGroup struct {
	Invite   userInvite   `cmd:"" help:"Set up an account, and mail its person the way in."`
	Add      userAdd      `cmd:"" help:"Add a person who signs in with a password."`
	List     userList     `cmd:"" help:"List people: address, customer number, state, role."`
	Disable  userDisable  `cmd:"" help:"Sign a person out everywhere and let them in no more."`
	Enable   userEnable   `cmd:"" help:"Let a disabled person in again."`
	Password userPassword `cmd:"" help:"Replace a password and sign the person out everywhere."`
	Reset2FA userReset2FA `cmd:"" name:"reset-2fa" help:"Remove authenticator apps and recovery codes, for a lost phone."`
}

type userAdd struct {
	configured
	Email          string   `required:"" placeholder:"ADDRESS" help:"The address to sign in with; codes are sent to it."`
	Name           string   `required:"" placeholder:"NAME" help:"How pages and applications call the person."`
	CustomerNumber string   `placeholder:"DIGITS" help:"May be typed instead of the address."`
	Group          []string `placeholder:"NAME" sep:"none" help:"A group that applications see, made where there is none yet; may be repeated."`
	Language       string   `placeholder:"TAG" help:"The person's language, en or de; default: the house's."`
	Admin          bool     `help:"Make the person an administrator."`
	because
	claimsSource
	passwordSource
}

// Help is shown by `doorward user add --help`.
func (userAdd) Help() string {
	return `The password has 12 to 256 characters, is none of those that are tried first, and holds neither the person's name nor
address; a line break at its end does not belong to it. It is never taken from the command line, where other users of the
machine could read it:

    doorward user add --config config.yaml --email anna@example.com --name "Anna Berg" --password-file -

With SQLite, stop the server first; with PostgreSQL it may run.`
}

func (u userAdd) Run(o outside) error {
	person := u.person()
	if err := errors.Join(known(u.Language), u.claimsSource.add(person.Claims), u.blame(person.Check())); err != nil {
		return err
	}
	password, err := u.password(o.stdin)
	if err != nil {
		return err
	}
	return u.with(o, func(f *foundation) error {
		added, err := f.desk(nil).AddWithPassword(o.ctx, admin.Operator(), person, f.typed(password, ""))
		if admin.Taken(err) {
			return errors.New("somebody has this address or customer number already")
		}
		if err != nil {
			return u.judged(err)
		}
		_, err = fmt.Fprintf(o.stdout, "%s can sign in now (id %s).\n", added.Email, added.ID)
		return err
	})
}

// person is who the flags describe.
func (u userAdd) person() admin.NewPerson {
	person := admin.NewPerson{Email: u.Email, CustomerNumber: u.CustomerNumber, Claims: map[string]any{"name": u.Name}, Groups: u.Group, MakeGroups: true, Reason: u.why()}
	if u.Language != "" {
		person.Claims["locale"] = u.Language
	}
	if u.Admin {
		person.Role = "admin"
	}
	return person
}

// known refuses a --language that there are no texts in; "" is none.
func known(language string) error {
	if language == "" {
		return nil
	}
	if err := checkLanguage(language); err != nil {
		return misuse("--language: %s", err)
	}
	return nil
}

// blame tells each rule that the flags break, by the flag.
func (u userAdd) blame(err error) error {
	var wrong []error
	for _, invalid := range invalids(err) {
		why := invalid.Why
		if invalid.Field == "email" {
			why = fmt.Sprintf("%q %s", u.Email, why)
		}
		flag := flagOf(invalid.Field)
		if invalid.Field == "claims" && u.ClaimsFile != "" {
			flag = "claims-file"
		}
		wrong = append(wrong, fmt.Errorf("--%s: %s", flag, why))
	}
	if len(wrong) == 0 {
		return nil
	}
	return errors.Join(append([]error{errUsage}, wrong...)...)
}

// flagOf is the flag that sets a field of a person's record.
func flagOf(field string) string {
	switch field {
	case "claims":
		return "name"
	case "link_email":
		return "google-address"
	}
	return strings.ReplaceAll(strings.TrimSuffix(field, "s"), "_", "-")
}

// someone is the argument of a command that is about one person.
type someone struct {
	configured
	Who string `arg:"" name:"email|number" help:"The person's address or customer number."`
}

// withPerson finds the person, and lets do work on them.
func (s someone) withPerson(o outside, do func(*foundation, storage.User) error) error {
	return s.with(o, func(f *foundation) error {
		person, _, err := f.db.Login(o.ctx, s.Who)
		if errors.Is(err, storage.ErrNotFound) {
			return fmt.Errorf("nobody has the address or customer number %q", s.Who)
		}
		if err != nil {
			return err
		}
		return do(f, person)
	})
}

type userDisable struct {
	someone
	because
}

// Help is shown by `doorward user disable --help`.
func (userDisable) Help() string {
	return `Ends the person's sessions. Refresh tokens, userinfo and introspection refuse what applications were given for them.
An application with a backchannel_logout_uri is told when the server runs; the sessions that others keep of their own end when
they ask again.

With SQLite, stop the server first; with PostgreSQL it may run.`
}

func (u userDisable) Run(o outside) error {
	return u.withPerson(o, func(f *foundation, person storage.User) error {
		began := f.db.Now()
		_, err := f.desk(nil).DisablePerson(o.ctx, admin.Operator(), person.ID, u.why())
		switch {
		case errors.Is(err, storage.ErrLastAdmin):
			return fmt.Errorf("%s is the last administrator: make somebody else one first", person.Email)
		case errors.Is(err, admin.ErrNotNow):
			return fmt.Errorf("%s is disabled already", person.Email)
		case err != nil:
			return err
		}
		if _, err := fmt.Fprintf(o.stdout, "%s is disabled and signed out.\n", person.Email); err != nil {
			return err
		}
		return announce(o, f, person, began)
	})
}

type userEnable struct {
	someone
	because
}

// Help is shown by `doorward user enable --help`.
func (userEnable) Help() string {
	return `The password is the old one, and refresh tokens from before that have not expired work again. Where they must not, type
"user password" first.

With SQLite, stop the server first; with PostgreSQL it may run.`
}

func (u userEnable) Run(o outside) error {
	return u.withPerson(o, func(f *foundation, person storage.User) error {
		now, err := f.desk(nil).EnablePerson(o.ctx, admin.Operator(), person.ID, u.why())
		switch {
		case errors.Is(err, admin.ErrNotNow):
			return fmt.Errorf("%s is not disabled", person.Email)
		case err != nil:
			return err
		case now.State == "invited": // who never came does not become active by this
			_, err = fmt.Fprintf(o.stdout, "%s is invited again.\n", person.Email)
		default:
			_, err = fmt.Fprintf(o.stdout, "%s can sign in again.\n", person.Email)
		}
		return err
	})
}

type userPassword struct {
	someone
	because
	passwordSource
}

// Help is shown by `doorward user password --help`.
func (userPassword) Help() string {
	return `Ends the person's sessions and revokes all refresh tokens of theirs. Whoever is disabled stays so. A letter tells the person.

With SQLite, stop the server first; with PostgreSQL it may run.`
}

func (u userPassword) Run(o outside) error {
	password, err := u.password(o.stdin)
	if err != nil {
		return err
	}
	return u.withPerson(o, func(f *foundation, person storage.User) error {
		face, err := f.newWriter(f.config.logger(o.stderr))
		if err != nil {
			return err
		}
		began := f.db.Now()
		letter, err := f.desk(face).SetPassword(o.ctx, admin.Operator(), person.ID, f.typed(password, u.why()))
		if err != nil {
			return u.judged(err)
		}
		if _, err := fmt.Fprintf(o.stdout, "%s has a new password and is signed out.\n", person.Email); err != nil {
			return err
		}
		if err := announce(o, f, person, began); err != nil || !letter {
			return err
		}
		_, err = fmt.Fprintln(o.stdout, "A letter tells them when the server runs.")
		return err
	})
}

type userList struct{ configured }

// peopleAtOnce is how many people one query of a list reads.
const peopleAtOnce = 500

func (u userList) Run(o outside) error {
	return u.reading(o, func(db *storage.DB) error {
		after := ""
		for {
			people, err := db.Users(o.ctx, after, peopleAtOnce)
			if err != nil {
				return err
			}
			for _, p := range people {
				after = p.Email
				if _, err := fmt.Fprintf(o.stdout, "%-40s %-20s %-8s %s\n", p.Email, cmp.Or(p.CustomerNumber, "-"), p.State, cmp.Or(p.Role, "-")); err != nil {
					return err
				}
			}
			if len(people) < peopleAtOnce {
				return nil
			}
		}
	})
}
