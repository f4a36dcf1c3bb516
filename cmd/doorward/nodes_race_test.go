package main_test

import (
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/doorward/doorward/storage/storagetest"
)

// contests are what races over two nodes, and how many rounds each gets, which make a thousand races. A round gives an error when something was
// accepted twice, or lives that must not.
var contests = []struct {
	says  string
	share int
	round func(l *lane) error
}{
	{"a code has one winner, whose tokens end because it came twice", 350, (*lane).codeTwice},
	{"a refresh token has one successor, whoever asks", 100, (*lane).refreshTwice}, // three races each
	{"a spent refresh token ends the grant under a refresh", 100, (*lane).spentAgainstPresent},
	{"revoking ends the grant under a refresh", 80, (*lane).revokeAgainstRefresh},
	{"a code in foreign hands is burnt under its redemption", 50, (*lane).foreignAgainstOwn},
	{"a mailed code has one winner", 100, (*lane).mailedTwice},
	{"five guesses are five", 20, (*lane).guesses}, // two races each
}

// TestWhatIsUsedOnceHasOneWinnerOverTwoNodes lets both nodes judge at the same moment, again and again.
func TestWhatIsUsedOnceHasOneWinnerOverTwoNodes(t *testing.T) {
	t.Parallel()
	rounds := 1000
	switch {
	case full:
		rounds = 10_000
	case testing.Short():
		rounds = 20
	}
	post := mailtest.New(t, mailtest.Options{TLS: "none"})
	database := storagetest.PostgresURL(t)
	n := newNodes(t, database, settings{
		"clients": twoApps(t), "log": settings{"level": "warn"},
		"login": settings{"email_code": "always"},
		"mail":  settings{"from": "login@example.com", "smtp": settings{"host": post.Host, "port": post.Port, "tls": "none"}},
	})
	n.start()
	n.each[0].addUser(annaEmail, annaPassword)
	v := &village{t: t, post: post, codes: map[string]string{}}
	v.settle(database, 20+rounds*13/100)
	lanes := make([]*lane, 4)
	for i := range lanes {
		lanes[i] = n.newLane()
		lanes[i].village = v
		defer lanes[i].close()
		if err := lanes[i].enter(); err != nil {
			t.Fatal(err)
		}
	}
	for _, c := range contests {
		t.Run(c.says, func(t *testing.T) { compete(t, lanes, max(1, rounds*c.share/1000), c.round) })
	}
}

// compete runs rounds in all lanes at the same time.
func compete(t *testing.T, lanes []*lane, rounds int, round func(l *lane) error) {
	var left atomic.Int64
	left.Store(int64(rounds))
	var all sync.WaitGroup
	for _, l := range lanes {
		l.won, l.late = [2]int{}, 0
		all.Go(func() {
			for left.Add(-1) >= 0 && !t.Failed() {
				if err := round(l); err != nil {
					t.Error(err)
				}
			}
		})
	}
	all.Wait()
	var won [2]int
	late := 0
	for _, l := range lanes {
		won[0], won[1], late = won[0]+l.won[0], won[1]+l.won[1], late+l.late
	}
	if sum := won[0] + won[1]; sum > 0 {
		t.Logf("%d rounds, won by the nodes %d:%d, %d times by the one that was asked second", rounds, won[0], won[1], late)
		if sum >= 100 && (min(won[0], won[1]) < sum/10 || late == 0) {
			t.Error("the nodes did not race: one was always first")
		}
	}
}

// codeTwice: whoever redeems first gets tokens, and the other's try ends them (RFC 6749 §4.1.2).
func (l *lane) codeTwice() error {
	form, err := l.code()
	if err != nil {
		return err
	}
	got, err := l.race(l.both("/token", form))
	if err != nil {
		return err
	}
	for winner := range got {
		if got[winner].Access != "" && got[1-winner].tokenAnswer == (tokenAnswer{Error: "invalid_grant"}) {
			l.count(winner)
			return l.dead(got[winner].tokenAnswer)
		}
	}
	return fmt.Errorf("a code was answered with %d and %d", got[0].status, got[1].status)
}

// refreshTwice: both get the same successor, for a few generations; then the first token ends it all.
func (l *lane) refreshTwice() error {
	first, err := l.grant()
	if err != nil {
		return err
	}
	present := first
	for range 3 {
		got, err := l.race(l.both("/token", refreshForm(present.Refresh)))
		if err != nil {
			return err
		}
		if got[0].Refresh != got[1].Refresh || got[0].Refresh == present.Refresh || got[0].Refresh == "" {
			return fmt.Errorf("a refresh token was answered with %d and %d, and two successors", got[0].status, got[1].status)
		}
		if err := errors.Join(l.alive(got[0].tokenAnswer), l.alive(got[1].tokenAnswer)); err != nil {
			return err
		}
		present = got[l.first].tokenAnswer
	}
	if _, err := l.clients[l.first].token(refreshForm(first.Refresh)); !errors.Is(err, errRefused) {
		return fmt.Errorf("a refresh token of three generations ago: %v", err)
	}
	return l.dead(first, present)
}

// spentAgainstPresent: a copy is about, so nothing of the grant lives, whichever came first (RFC 9700 §4.14.2).
func (l *lane) spentAgainstPresent() error {
	first, err := l.grant()
	if err != nil {
		return err
	}
	present := first
	for _, c := range l.clients {
		if present, err = c.token(refreshForm(present.Refresh)); err != nil {
			return err
		}
	}
	thief := rand.IntN(2)
	return l.endsAgainst(thief, l.form(thief, "app", "/token", refreshForm(first.Refresh)), l.form(1-thief, "app", "/token", refreshForm(present.Refresh)), present)
}

// revokeAgainstRefresh: after the answer to the revocation nothing of the grant lives, nor what was refreshed in that moment.
func (l *lane) revokeAgainstRefresh() error {
	present, err := l.grant()
	if err != nil {
		return err
	}
	who := rand.IntN(2)
	return l.endsAgainst(who, l.form(who, "app", "/revoke", url.Values{"token": {present.Refresh}}), l.form(1-who, "app", "/token", refreshForm(present.Refresh)), present)
}

// foreignAgainstOwn: a code that another application presents too is worth nothing, whichever came first.
func (l *lane) foreignAgainstOwn() error {
	form, err := l.code()
	if err != nil {
		return err
	}
	thief := rand.IntN(2)
	return l.endsAgainst(thief, l.form(thief, "other", "/token", form), l.form(1-thief, "app", "/token", form), tokenAnswer{})
}

// endsAgainst races a request that ends a grant against one that uses it. The first brings no tokens; what the second brings is dead as well.
func (l *lane) endsAgainst(node int, ends, uses *http.Request, present tokenAnswer) error {
	requests := [2]*http.Request{ends, uses}
	if node == 1 {
		requests = [2]*http.Request{uses, ends}
	}
	got, err := l.race(requests)
	if err != nil {
		return err
	}
	loser, user := got[node], got[1-node]
	if loser.Access != "" || loser.status != http.StatusOK && loser.Error != "invalid_grant" {
		return fmt.Errorf("what ends the grant was answered with %d %s", loser.status, loser.Error)
	}
	if user.Access == "" && user.Error != "invalid_grant" {
		return fmt.Errorf("what uses the grant was answered with %d %s", user.status, user.Error)
	}
	if user.Access != "" {
		l.count(1 - node)
	} else {
		l.count(node)
	}
	return l.dead(present, user.tokenAnswer)
}
