package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

type userInvite struct {
	configured
	Email          string   `arg:"" help:"The person's address; the invitation goes there."`
	Name           string   `placeholder:"NAME" help:"How pages, letters and applications call the person."`
	CustomerNumber string   `placeholder:"DIGITS" help:"May be typed instead of the address."`
	Group          []string `placeholder:"NAME" sep:"none" help:"A group that applications see; may be repeated."`
	Role           string   `placeholder:"ROLE" help:"admin, helpdesk or viewer."`
	Language       string   `placeholder:"TAG" help:"The language of letters and pages: en or de."`
	GoogleAddress  string   `placeholder:"ADDRESS" help:"The person's account at Google, where it has another address."`
	By             string   `placeholder:"NAME" help:"Who invites, as the letter says; default: the company."`
	PrintLink      bool     `help:"Print the link instead of mailing it, where the mailbox is out of reach."`
}

// Help is shown by "doorward user invite --help".
func (userInvite) Help() string {
	return `Sets up an account and mails its person the way in: they choose a password, or sign in with Google. The invitation works for
seven days. For somebody who has not come yet, the same command sends a new one, and the one before works no more.

    doorward user invite anna@example.com --name "Anna Berg" --config config.yaml

The letter leaves when the server runs. A printed link is as good as a password until it is used: hand it over in person.

With SQLite, stop the server first; with PostgreSQL it may run.`
}

func (u userInvite) Run(o outside) error {
	person := u.person()
	if err := u.check(person); err != nil {
		return err
	}
	return u.with(o, func(f *foundation) error {
		face, err := u.face(o, f)
		if err != nil {
			return err
		}
		if person, err = u.settle(o, f, person); err != nil {
			return err
		}
		invitation := login.Invitation{Person: person, By: u.By, Event: storage.Event{Actor: "operator"}}
		if u.PrintLink {
			link, address, err := face.InvitationLink(o.ctx, invitation)
			return u.report(o, face, link, err, "Whoever opens this address can take the account; give it to nobody else:\n"+address)
		}
		link, err := face.Invite(o.ctx, invitation)
		return u.report(o, face, link, err, "The letter leaves when the server runs.")
	})
}

// face is who writes the letter. Without mail nobody is set up who would hear nothing of it.
func (u userInvite) face(o outside, f *foundation) (*login.Server, error) {
	face, err := f.newWriter(f.config.logger(o.stderr))
	if err == nil && face.Mail == nil && !u.PrintLink {
		err = errors.New("mail is not configured: set mail.from and mail.smtp.host (see config.example.yaml), or add --print-link")
	}
	return face, err
}

// settle adds the person, or finds who is invited already; then the flags describe nobody.
func (u userInvite) settle(o outside, f *foundation, person storage.User) (storage.User, error) {
	known, _, err := f.db.Login(o.ctx, person.Email)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		err = f.db.AddUser(o.ctx, person, "", storage.Event{Actor: "operator"})
		if errors.Is(err, storage.ErrConflict) {
			err = errors.New("somebody has this address, customer number or Google address already")
		}
		return person, err
	case err != nil:
		return person, err
	case known.State != "invited":
		return person, fmt.Errorf("%s has an account already (%s)", known.Email, known.State)
	case u.describes():
		return person, fmt.Errorf("%s is invited already; to send another letter, leave out what describes the person", known.Email)
	}
	return known, nil
}

func (u userInvite) describes() bool {
	return u.Name+u.CustomerNumber+u.Role+u.Language+u.GoogleAddress != "" || len(u.Group) > 0
}

// person is the record that the flags describe.
func (u userInvite) person() storage.User {
	person := userAdd{Email: u.Email, Name: u.Name, CustomerNumber: u.CustomerNumber, Group: u.Group, Language: u.Language}.person()
	person.State, person.Role, person.LinkEmail = "invited", u.Role, u.GoogleAddress
	if email, _, ok := storage.Identifier(u.GoogleAddress); ok && email != "" {
		person.LinkEmail = email
	}
	if u.Name == "" {
		delete(person.Claims, "name")
	}
	return person
}

// check tells each rule that the flags break, by the flag.
func (u userInvite) check(person storage.User) error {
	if err := known(u.Language); err != nil {
		return err
	}
	if strings.ContainsFunc(u.Name+u.By, unicode.IsControl) { // one line of a letter each
		return misuse("--name, --by: want one line of text")
	}
	return userAdd{Email: u.Email}.blame(person.Check())
}

func (u userInvite) report(o outside, face *login.Server, link storage.Link, err error, next string) error {
	if err != nil {
		return err
	}
	until := face.Site.Texts.Date("en", link.Expires)
	_, err = fmt.Fprintf(o.stdout, "%s is invited until %s (id %s).\n%s\n", link.Email, until, link.UserID, next)
	return err
}
