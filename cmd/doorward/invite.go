package main

import (
	"errors"
	"fmt"
	"strings"
	"unicode"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/login"
	"github.com/doorward/doorward/storage"
)

type userInvite struct {
	configured
	Email          string   `arg:"" help:"The person's address; the invitation goes there."`
	Name           string   `placeholder:"NAME" help:"How pages, letters and applications call the person."`
	CustomerNumber string   `placeholder:"DIGITS" help:"May be typed instead of the address."`
	Group          []string `placeholder:"NAME" sep:"none" help:"A group that applications see, made where there is none yet; may be repeated."`
	Role           string   `placeholder:"ROLE" help:"admin, helpdesk or viewer."`
	Language       string   `placeholder:"TAG" help:"The language of letters and pages: en or de."`
	GoogleAddress  string   `placeholder:"ADDRESS" help:"The person's account at Google, where it has another address."`
	By             string   `placeholder:"NAME" help:"Who invites, as the letter says; default: the company."`
	because
	PrintLink bool `help:"Print the link instead of mailing it, where the mailbox is out of reach."`
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
	if err := u.check(); err != nil {
		return err
	}
	return u.with(o, func(f *foundation) error {
		face, err := u.face(o, f)
		if err != nil {
			return err
		}
		desk, by := f.desk(face), admin.Operator()
		by.Name = u.By
		person, err := u.settle(o, f, desk)
		if err != nil {
			return err
		}
		if u.PrintLink {
			link, err := desk.InvitationLink(o.ctx, by, person.ID, u.why())
			return u.report(o, face, person, link.Invited, err, "Whoever opens this address can take the account; give it to nobody else:\n"+link.Address)
		}
		sent, err := desk.ResendInvitation(o.ctx, by, person.ID, u.why())
		return u.report(o, face, person, sent, err, "The letter leaves when the server runs.")
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
func (u userInvite) settle(o outside, f *foundation, desk *admin.Desk) (admin.Person, error) {
	known, _, err := f.db.Login(o.ctx, u.Email)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		added, err := desk.Invite(o.ctx, admin.Operator(), u.person())
		if admin.Taken(err) {
			err = errors.New("somebody has this address, customer number or Google address already")
		}
		return added.Person, err
	case err != nil:
		return admin.Person{}, err
	case known.State != "invited":
		return admin.Person{}, fmt.Errorf("%s has an account already (%s)", known.Email, known.State)
	case u.describes():
		return admin.Person{}, fmt.Errorf("%s is invited already; to send another letter, leave out what describes the person", known.Email)
	}
	return admin.Person{ID: known.ID, Email: known.Email}, nil
}

func (u userInvite) describes() bool {
	return u.Name+u.CustomerNumber+u.Role+u.Language+u.GoogleAddress != "" || len(u.Group) > 0
}

// person is who the flags describe. The letter, or the link, follows.
func (u userInvite) person() admin.NewPerson {
	return admin.NewPerson{Email: u.Email, Name: u.Name, CustomerNumber: u.CustomerNumber, GoogleEmail: u.GoogleAddress, Language: u.Language,
		Groups: u.Group, Role: u.Role, MakeGroups: true, Reason: u.why(), Unsent: true}
}

// check tells each rule that the flags break, by the flag.
func (u userInvite) check() error {
	if err := known(u.Language); err != nil {
		return err
	}
	if strings.ContainsFunc(u.Name+u.By, unicode.IsControl) { // one line of a letter each
		return misuse("--name, --by: want one line of text")
	}
	return userAdd{Email: u.Email}.blame(u.person().Check())
}

func (u userInvite) report(o outside, face *login.Server, p admin.Person, sent admin.Invited, err error, next string) error {
	if err != nil {
		return err
	}
	until := face.Site.Texts.Date("en", sent.Expires)
	_, err = fmt.Fprintf(o.stdout, "%s is invited until %s (id %s).\n%s\n", p.Email, until, p.ID, next)
	return err
}
