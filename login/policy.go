package login

import (
	"context"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sync/singleflight"

	"github.com/doorward/doorward/storage"
)

// policyFresh is how long the groups whose members need an app are believed; so long at most a change of them goes unnoticed.
const policyFresh = time.Second

// policy knows the groups whose members need an authenticator app. All who ask in a second share one read, its error too: the protocol
// asks for each token that is used, and with a database that hangs they would stand in a line, each to wait anew.
type policy struct {
	known  atomic.Pointer[appGroups]
	flight singleflight.Group
}

type appGroups struct {
	names []string
	read  time.Time
}

// groups are as the database has them, a second ago at most.
func (p *policy) groups(ctx context.Context, s *Server) ([]string, error) {
	if names, ok := p.remembered(s.Now()); ok {
		return names, nil
	}
	read := p.flight.DoChan("", func() (any, error) {
		now := s.Now()
		if names, ok := p.remembered(now); ok { // the flight before this one has just landed
			return names, nil
		}
		names, err := s.Store.AppGroups(context.WithoutCancel(ctx)) // it is for all who wait, whoever goes away
		if err == nil {
			p.known.Store(&appGroups{names, now})
		}
		return names, err
	})
	select {
	case got := <-read:
		names, _ := got.Val.([]string)
		return names, got.Err
	case <-ctx.Done():
		return nil, ctx.Err()
	}
}

func (p *policy) remembered(now time.Time) ([]string, bool) {
	known := p.known.Load()
	if known == nil || now.Sub(known.read).Abs() >= policyFresh {
		return nil, false
	}
	return known.names, true
}

// appWanted judges a person by their role and by the groups whose members need an app.
func (s *Server) appWanted(person storage.User, names []string) bool {
	return person.Role != "" && slices.Contains(s.TOTPRequired, person.Role) ||
		slices.ContainsFunc(names, func(name string) bool { return slices.Contains(person.Groups, name) })
}

// AppPolicy is MustHaveApp as it stands now, a second ago at most, for people who are known only later: to judge them costs nothing and
// cannot fail.
func (s *Server) AppPolicy(ctx context.Context) (func(person storage.User) bool, error) {
	names, err := s.policy.groups(ctx, s)
	if err != nil {
		return nil, err
	}
	return func(person storage.User) bool { return s.appWanted(person, names) }, nil
}

// MustHaveApp says whether the house wants an authenticator app of this person, whatever they sign in to: for their role, or for a
// group of theirs. It is asked at a sign-in, and whenever an application gets something about the person. Who has neither costs nothing, and all others together one read a second.
func (s *Server) MustHaveApp(ctx context.Context, person storage.User) (bool, error) {
	if must := s.appWanted(person, nil); must || len(person.Groups) == 0 {
		return must, nil
	}
	names, err := s.policy.groups(ctx, s)
	return s.appWanted(person, names), err
}

// must is MustHaveApp for the person of a visit, or because the application wants it. Where nobody can tell, it says yes.
func (s *Server) must(v *visit) bool {
	if v.person.ID == "" {
		return false
	}
	wanted, err := s.MustHaveApp(v.r.Context(), v.person)
	return wanted || err != nil || v.attempt.Ask.Must
}
