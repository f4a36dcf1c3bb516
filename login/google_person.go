package login

import (
	"errors"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// Kinds of events of this errand besides storage's.
const (
	googleRight        = "sign_in.google_right"
	googleAddressMoved = "google.address_changed"
)

// accept finds out who somebody is whom Google has named, and notes the proof. The attempt goes on without what it held of
// another way: a mailed link is not used by it, and neither is trust in this browser.
func (s googleErrand) accept(v *visit, said *idToken) error {
	if s.abroad.HostedDomain != "" && said.HostedDomain != s.abroad.HostedDomain { // FD-04
		return s.refuseGoogle(v, "google_domain", refused{"domain", said.address()})
	}
	person, err := s.whose(v, said)
	if err != nil {
		return err
	}
	if person.State != "active" {
		v.candidate = person
		return s.refuseGoogle(v, "disabled", refused{Why: "disabled"})
	}
	if err := s.provedBy(v, person, said); err != nil {
		return err
	}
	a := v.attempt
	a.become(person)
	a.Link, a.Hash, a.Changed, a.Trusted, a.Trust, a.Refused = nil, "", false, "", "", nil
	a.prove(byGoogle, s.Now())
	v.person = person
	return s.recordFirst(v, googleRight)
}

// provedBy notes that a person's own address is proved, where Google's word about it is good.
func (s googleErrand) provedBy(v *visit, person storage.User, said *idToken) error {
	if person.EmailVerified || !said.verified() || said.address() != person.Email || !authoritative(person.Email, said.HostedDomain) {
		return nil
	}
	return s.Store.ProveEmail(v.r.Context(), person)
}

// whose is the person of an account at Google: the one to whom it is linked, by its sub alone and whatever address it has
// by now (S-23, FD-06), else the one who is linked the first time.
func (s googleErrand) whose(v *visit, said *idToken) (storage.User, error) {
	person, known, err := s.Store.ByIdentity(v.r.Context(), said.Issuer, said.Subject)
	if errors.Is(err, storage.ErrNotFound) {
		return s.first(v, said)
	}
	if err != nil {
		return storage.User{}, err
	}
	if err := s.only(v, person); err != nil || person.State != "active" {
		return person, err
	}
	return person, s.touch(v, person, known, said)
}

// only refuses whoever may not answer this attempt.
func (s googleErrand) only(v *visit, person storage.User) error {
	if only := v.attempt.Ask.UserID; only != "" && only != person.ID {
		v.candidate = person
		return s.refuse(v, tried{storage.SignInRefused, "another_person"}, anotherPerson(v.attempt))
	}
	return nil
}

// touchEvery is how often a link is marked as used at most.
const touchEvery = 24 * time.Hour

// touch marks the link as used. An address that has changed at Google is noted for the operators, and changes nothing here.
func (s googleErrand) touch(v *visit, person storage.User, known storage.Identity, said *idToken) error {
	now := said.identity(person.ID)
	now.Used = s.Now()
	if now.Email == "" {
		now.Email = known.Email
	}
	if now.Email == known.Email && now.Used.Sub(known.Used).Abs() < touchEvery {
		return nil
	}
	if now.Email != known.Email && known.Email != "" {
		moved := event(v.r, tried{googleAddressMoved, "ok"}, person.ID)
		moved.Attempt = v.attempt.ID
		if err := s.Store.Record(v.r.Context(), moved); err != nil {
			return err
		}
	}
	return s.Store.TouchIdentity(v.r.Context(), now)
}

// first links an account that nobody has to the person for whom an admin set its address (S-22): once, and only where
// Google's word about the address is good (FD-01, FD-03).
func (s googleErrand) first(v *visit, said *idToken) (storage.User, error) {
	none, address := storage.User{}, said.address()
	switch {
	case !said.verified():
		return none, s.refuseGoogle(v, "google_unverified", refused{Why: "unverified"})
	case address == "":
		return none, s.disbelieve(v, "email")
	case !authoritative(address, said.HostedDomain):
		return none, s.refuseGoogle(v, "google_not_authoritative", refused{"foreign", address})
	}
	person, err := s.Store.UserByLinkEmail(v.r.Context(), address)
	if errors.Is(err, storage.ErrNotFound) {
		return none, s.refuseGoogle(v, "google_not_invited", refused{"uninvited", address})
	}
	if err != nil {
		return none, err
	}
	if err := s.only(v, person); err != nil || person.State == "disabled" {
		return person, err
	}
	switch unwelcome, err := s.unwelcome(v.r.Context(), person); {
	case err != nil:
		return none, err
	case unwelcome:
		return none, s.refuseGoogle(v, "google_not_invited", refused{"uninvited", address})
	}
	return s.link(v, person, said)
}

// authoritative says whether Google runs the mailbox: it has verified other addresses too, but only once, and whoever has
// such a mailbox now may be somebody else.
func authoritative(address, hostedDomain string) bool {
	_, domain, _ := strings.Cut(address, "@")
	return domain == "gmail.com" || hostedDomain != "" && hostedDomain == domain
}

// link makes the account a way in for this person, of two at once one. Whoever has such a way already keeps it, and another
// account that bears the same address stays out (FD-05).
func (s googleErrand) link(v *visit, person storage.User, said *idToken) (storage.User, error) {
	ctx := v.r.Context()
	v.candidate = person
	add := storage.NewIdentity{Identity: said.identity(person.ID), UserVersion: person.Version}
	linked, err := s.Store.AddIdentity(ctx, add, v.event(tried{storage.IdentityLinked, "ok"}))
	switch {
	case errors.Is(err, storage.ErrConflict):
		return s.linkedMeanwhile(v, person, said)
	case errors.Is(err, storage.ErrNotFound):
		return storage.User{}, stopped("error.start-again", v.attempt)
	case err != nil:
		return storage.User{}, err
	}
	s.Observe(Outcome{Kind: storage.IdentityLinked, Result: "ok"})
	if person.State == "active" { // who is new knows it; whose account was in use before might not
		s.tell(v.r, linked, googleLinked(said))
	}
	return linked, nil
}

// linkedMeanwhile goes on where the very same account was linked by a request that was faster.
func (s googleErrand) linkedMeanwhile(v *visit, person storage.User, said *idToken) (storage.User, error) {
	now, _, err := s.Store.ByIdentity(v.r.Context(), said.Issuer, said.Subject)
	if err == nil && now.ID == person.ID {
		return now, nil
	}
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return storage.User{}, err
	}
	return storage.User{}, s.refuseGoogle(v, "google_other_account", refused{"uninvited", said.address()})
}
