package admin

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/doorward/doorward/storage"
)

// peopleStore is what the desk needs of people.
type peopleStore interface {
	personReader
	personParts
	personKeeper
	personEnder
	invitationStore
	passwordStore
	peopleLog
}

type personReader interface {
	User(ctx context.Context, id string) (storage.User, error)
	People(ctx context.Context, f storage.PeopleFilter, after string, limit int) (storage.PeoplePage, error)
	PasswordSince(ctx context.Context, userID string) (time.Time, error)
	Authenticators(ctx context.Context, userID string) ([]storage.Authenticator, error)
	RecoveryLeft(ctx context.Context, userID string) (int, error)
}

// peopleLog is how the log tells what happened to a person.
type peopleLog interface {
	Log(ctx context.Context, f storage.LogFilter, before string, limit int) (storage.LogPage, error)
	Record(ctx context.Context, e storage.Event) error
}

// Letters writes to people. It is the face; cmd joins the two. Each returns ErrNoMail where letters cannot be sent.
type Letters interface {
	// Invite sends an invitation, in the place of earlier ones.
	Invite(ctx context.Context, i Invitation) (storage.Link, error)
	// InvitationLink makes one without a letter, and gives its address.
	InvitationLink(ctx context.Context, i Invitation) (storage.Link, string, error)
	// SendReset sends a link to a new password.
	SendReset(ctx context.Context, person storage.User, e storage.Event) error
	// ResetFactors removes apps and recovery codes; false: no letter tells the person.
	ResetFactors(ctx context.Context, person storage.User, e storage.Event) (bool, error)
	notices
}

// notices tell people what an operator has made of them.
type notices interface {
	// Charge counts the letters of a change before it is made. *TooSoon when the mailbox has had enough: then nothing is to be changed, since
	// a change that nobody is told of has no safeguard.
	Charge(ctx context.Context, c ToldChange) error
	// TellAddressChanged tells it to the person as they were: of another address, or another one at Google.
	TellAddressChanged(ctx context.Context, before, after storage.User) error
	TellRoleChanged(ctx context.Context, person storage.User) error
	TellPasswordSet(ctx context.Context, person storage.User) error
}

// ToldChange is a change of a person of which letters tell them.
type ToldChange struct {
	Before, After storage.User
	Invitation    bool // one goes out with it
}

// Invitation is a way in for somebody who has none yet.
type Invitation struct {
	Person storage.User
	By     string // who invites, as the letter names them; "" the company
	Event  storage.Event
}

// Errors of what is done to people, which a face tells in its own words.
var (
	// ErrNoMail: no letter can be sent.
	ErrNoMail = errors.New("mail is not set up, or does not work")
	// ErrOwnAddress: where somebody with a role is written to, or comes from, they change at their own account alone (AD-07), and for thirty days
	// after it was taken from them.
	ErrOwnAddress = errors.New("the addresses of somebody who has a role, or had one in the last 30 days, are changed at their own account alone")
	// ErrNotNow: the person is in no state for this, or there is nothing to be done.
	ErrNotNow = errors.New("the person is in no state for this")
)

// Person is somebody, as the console and the API show them.
type Person struct {
	ID             string    `json:"id"`
	Email          string    `json:"email"`
	EmailVerified  bool      `json:"email_verified"` // the mailbox was proved, or vouched for; it is only read here
	Name           string    `json:"name"`
	CustomerNumber string    `json:"customer_number"`
	GoogleEmail    string    `json:"google_email"` // by which an account at Google is linked the first time; "" by none
	Language       string    `json:"language"`
	Groups         []string  `json:"groups"`
	Role           string    `json:"role"`
	State          string    `json:"state"` // "invited", "active", "disabled"
	Authenticator  bool      `json:"authenticator"`
	Created        time.Time `json:"created"`
	Updated        time.Time `json:"updated"`            // whoever changes what they read says it again
	SignedIn       time.Time `json:"signed_in,omitzero"` // for the first time
}

// personOf is the record in words of the API.
func personOf(u storage.User) Person {
	name, _ := u.Claims["name"].(string)
	language, _ := u.Claims["locale"].(string)
	groups := u.Groups
	if groups == nil {
		groups = []string{}
	}
	return Person{
		ID: u.ID, Email: u.Email, EmailVerified: u.EmailVerified, Name: name, CustomerNumber: u.CustomerNumber, GoogleEmail: u.LinkEmail, Language: language,
		Groups: groups, Role: u.Role, State: u.State, Authenticator: u.TOTP,
		Created: u.Created.UTC(), Updated: u.Updated.UTC(), SignedIn: u.SignedIn,
	}
}

// Called is what pages call the person: the name, else the address.
func (p Person) Called() string {
	if p.Name != "" {
		return p.Name
	}
	return p.Email
}

// PeoplePage is a page of a list of people by address. It may be short, or empty, and have a next.
type PeoplePage struct {
	People []Person `json:"people"`
	Next   string   `json:"next,omitempty"` // After of the page behind it; "" it is the last
}

// People lists those to whom the filter applies. *storage.Invalid.
func (d *Desk) People(ctx context.Context, f storage.PeopleFilter, part Part) (PeoplePage, error) {
	list, err := d.Store.People(ctx, f, part.After, part.rows())
	if err != nil {
		return PeoplePage{}, err
	}
	page := PeoplePage{People: make([]Person, 0, len(list.People)), Next: list.Next}
	for _, u := range list.People {
		page.People = append(page.People, personOf(u))
	}
	return page, nil
}

// whom reads somebody to whom the actor wants to do something. storage.ErrNotFound; ErrForbidden.
func (d *Desk) whom(ctx context.Context, by Actor, id string) (storage.User, error) {
	u, err := d.Store.User(ctx, id)
	if err == nil {
		err = by.touches(u)
	}
	return u, err
}

// another is whom for what nobody does to themselves (AD-05). ErrOwn.
func (d *Desk) another(ctx context.Context, by Actor, id string) (storage.User, error) {
	if id == by.ID {
		return storage.User{}, ErrOwn
	}
	return d.whom(ctx, by, id)
}

// TooSoon says that a mailbox has been written to as often as it can bear, and how long to wait.
type TooSoon struct{ Minutes int }

// Error says it to programs.
func (e *TooSoon) Error() string {
	return fmt.Sprintf("a letter was sent already: wait %d minutes", e.Minutes)
}
