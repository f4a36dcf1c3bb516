package admin

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"sync/atomic"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// Desk is where everything is kept: each of its functions is one thing that an operator can do, without a page around it. The
// console, the API and the commands call the same ones. It trusts that its caller may do it (see Right), but for what
// depends on whom it is done to: only administrators touch people who have a role.
type Desk struct {
	Store     Store
	Keys      *keys.Keys
	Issuer    string
	Company   string    // whose name no password may hold
	Registrar Registrar // of applications that register themselves
	Settings  Settings  // what the configuration and the console have set
	Now       func() time.Time

	// What only a house has that runs; commands have none of it but, where they write to people, letters.
	Letters  Letters  // to people
	Protocol Protocol // what only the protocol can do
	House    House    // what only the program knows of itself

	verifying atomic.Bool // somebody verifies the log
}

// Store is what the desk needs of storage. Each part stands in the file that uses it.
type Store interface {
	homeStore
	appStore
	peopleStore
	groupStore
	logStore
	houseStore
	setupStore
	againStore
	machineStore
}

// Errors of the desk that a face tells in its own words; besides, those of storage.
var (
	// ErrForbidden: the actor may do this, but not to this person.
	ErrForbidden = errors.New("only an administrator may do this to somebody who has a role")
	// ErrOwn: nobody changes their own role, or disables or removes themselves (AD-05).
	ErrOwn = errors.New("nobody does this to themselves")
)

// Actor is who does something.
type Actor struct {
	ID        string // of a person, "client:ID" of a program, "operator" of a command
	Client    string // the application by which a person does it; "" none
	Name      string // as letters are to call who does it; "" as their record does, or by the company's
	Rights    []Right
	Address   string
	Reference string // of the request

	session string                // of the browser in which a person does it; "" none
	again   func() (Actor, error) // judges the access token that they came by once more; nil: they came by none
}

// Operator is whoever types commands on the machine itself.
func Operator() Actor { return Actor{ID: "operator", Rights: roles["admin"]} }

// May says whether the actor has a right.
func (a Actor) May(r Right) bool { return r != nobody && slices.Contains(a.Rights, r) }

// event begins the event of something that the actor does, for the reason that they gave ("" none). What an application did in a person's
// name says so (LG-05): they may not have known.
func (a Actor) event(reason string) storage.Event {
	e := storage.Event{Actor: a.ID, Address: a.Address, Reference: a.Reference, Data: map[string]string{}}
	if reason = strings.TrimSpace(reason); reason != "" {
		e.Data["reason"] = clipped(reason, maxReason)
	}
	if a.Client != "" {
		e.Data["by_client"] = a.Client
	}
	return e
}

// maxReason is the most characters of a reason that is kept.
const maxReason = 300

// CheckReason refuses what no field of a page would send, and what would not be kept whole. *storage.Invalid.
func CheckReason(reason string) error {
	if len([]rune(strings.TrimSpace(reason))) > maxReason {
		return &storage.Invalid{Field: "reason", Why: fmt.Sprintf("wants at most %d characters", maxReason)}
	}
	return oneLine("reason", &reason)
}

func clipped(s string, most int) string {
	if r := []rune(s); len(r) > most {
		return string(r[:most])
	}
	return s
}

// touches judges whether the actor may change this person: a helpdesk that could reset administrators would be one.
func (a Actor) touches(person storage.User) error {
	if person.Role != "" && !a.May(KeepAll) {
		return ErrForbidden
	}
	return nil
}
