package storage_test

// OIDC Back-Channel Logout: who is to be told of a session's end.

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// signOn redeems a code of a session, for a client that is told of its end.
func (h *house) signOn(s storage.Session, client string, tell storage.Telling) storage.Grant {
	h.t.Helper()
	return h.grant(func(g *storage.Grant) { g.SessionID, g.UserID, g.ClientID, g.Tell = s.ID, s.UserID, client, tell })
}

// apps adds clients.
func (h *house) apps(ids ...string) {
	h.t.Helper()
	for _, id := range ids {
		h.must(h.AddClient(h.t.Context(), webClient(id), storage.Event{}))
	}
}

// stand are the states of the logouts of a session by client.
func (h *house) stand(s storage.Session) map[string]string {
	h.t.Helper()
	all, err := h.Logouts(h.t.Context(), s.ID)
	h.must(err)
	states := map[string]string{}
	for _, l := range all {
		if l.SessionID != s.ID || l.UserID != s.UserID || states[l.ClientID] != "" || l.Ended.IsZero() != (l.State == storage.LogoutOpen) {
			h.t.Errorf("a logout of %s: %+v", s.ID, l)
		}
		states[l.ClientID] = l.State
	}
	return states
}

func (h *house) wantStand(s storage.Session, client, state string) {
	h.t.Helper()
	if got := h.stand(s)[client]; got != state {
		h.t.Errorf("%s of %s stands at %q, want %q", client, s.ID, got, state)
	}
}

// LO-12, and every other end: a session's applications are told, and those of the sessions that stay are not.
func TestWhateverEndsASessionMakesDueWhatItsApplicationsAreTold(t *testing.T) {
	for _, c := range changes {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			storagetest.Each(t, func(t *testing.T, db *storage.DB) {
				h := furnish(t, db)
				h.apps("chat", "mute")
				other := h.signIn(storage.SignIn{})
				h.trust()
				for _, s := range []storage.Session{h.session, other} {
					h.signOn(s, "web", storage.TellByUs)
					h.signOn(s, "chat", storage.TellByBrowser)
					h.signOn(s, "mute", storage.TellNobody)
				}
				bystander := person("ben@example.com")
				h.must(h.AddUser(t.Context(), bystander, "", storage.Event{}))
				theirs := h.signIn(storage.SignIn{Session: storage.Session{UserID: bystander.ID}})
				h.signOn(theirs, "web", storage.TellByUs)

				h.must(c.happen(h, h.session.ID))

				for s, lives := range map[*storage.Session]bool{&h.session: c.own, &other: c.other, &theirs: true} {
					byUs, byBrowser := storage.LogoutOpen, storage.LogoutOpen
					if !lives {
						byUs, byBrowser = storage.LogoutWaiting, storage.LogoutBrowser
					}
					h.wantStand(*s, "web", byUs)
					if s != &theirs {
						h.wantStand(*s, "chat", byBrowser)
						h.wantStand(*s, "mute", "")
					}
				}
			})
		})
	}
}

func TestASessionThatEndsByItselfIsToldToItsApplications(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		ends := map[string]func(h *house) error{
			"signed out": func(h *house) error { return db.EndSession(t.Context(), h.session.ID, storage.Event{}) },
			"all signed out": func(h *house) error {
				_, _, err := db.EndEverywhere(t.Context(), h.user.ID, "", storage.Event{})
				return err
			},
			"the person disabled": func(h *house) error { return db.SetUserState(t.Context(), h.user.ID, "disabled", storage.Event{}) },
			"another person in this browser": func(h *house) error {
				ben := person("ben@example.com")
				h.must(db.AddUser(t.Context(), ben, "", storage.Event{}))
				_, err := db.Finish(t.Context(), h.attempt(storage.SignIn{Session: storage.Session{UserID: ben.ID}, Replaces: h.session.Cookie}), storage.Event{})
				return err
			},
			"the epoch": func(*house) error { _, err := db.RaiseEpoch(t.Context(), storage.Event{}); return err },
		}
		h := furnish(t, db)
		for name, end := range ends {
			h.user = person(storage.NewID() + "@example.com")
			h.must(db.AddUser(t.Context(), h.user, "", storage.Event{}))
			h.session = h.signIn(storage.SignIn{})
			h.signOn(h.session, "web", storage.TellByUs)
			h.signOn(h.session, "web", storage.TellByUs) // the second time nothing is added
			h.must(end(h))
			if got := h.stand(h.session); got["web"] != storage.LogoutWaiting || len(got) != 1 {
				t.Errorf("%s: %v", name, got)
			}
			since, err := db.LogoutsSince(t.Context(), h.user.ID, h.Now().Add(-time.Minute))
			if h.must(err); len(since) != 1 || since[0].ClientName != "The web" || since[0].State != storage.LogoutWaiting {
				t.Errorf("%s: %+v", name, since)
			}
			if late, err := db.LogoutsSince(t.Context(), h.user.ID, h.Now().Add(time.Minute)); err != nil || len(late) != 0 {
				t.Errorf("%s: %+v, %v", name, late, err)
			}
		}
	})
}

// LO-11: however many end one session, its applications are told once.
func TestManyWhoEndOneSessionTellItsApplicationsOnce(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.signOn(h.session, "web", storage.TellByUs)
		for _, err := range atOnce(50, func(int) error { return db.EndSession(t.Context(), h.session.ID, storage.Event{}) }) {
			h.must(err)
		}
		q, err := db.LogoutQueue(t.Context())
		if h.must(err); q.Waiting != 1 || h.events(storage.SessionEnded) != 1 {
			t.Errorf("%+v, %d events", q, h.events(storage.SessionEnded))
		}
	})
}

// Of a sign-on and the end of its session at the same moment one sees the other: an application that got tokens is told.
func TestAnApplicationThatSignsOnWhileTheSessionEndsIsToldOrGetsNothing(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.apps("chat")
		ends := []func(s storage.Session) error{
			func(s storage.Session) error { return db.EndSession(t.Context(), s.ID, storage.Event{}) },
			func(storage.Session) error {
				_, _, err := db.EndEverywhere(t.Context(), h.user.ID, "", storage.Event{})
				return err
			},
		}
		for i := range 30 {
			s := h.signIn(storage.SignIn{UserVersion: h.version()})
			h.session = s
			codes := map[string]storage.Grant{"web": h.code(), "chat": h.code()}
			errs := atOnce(3, func(n int) error {
				switch n {
				case 0:
					return ends[i%len(ends)](s)
				case 1:
					g := codes["web"]
					g.Tell = storage.TellByUs
					return second(db.RedeemCode(t.Context(), g))
				}
				g := codes["chat"]
				g.ClientID, g.Tell = "chat", storage.TellByUs
				return second(db.RedeemCode(t.Context(), g))
			})
			h.must(errs[0])
			for n, client := range []string{1: "web", 2: "chat"} {
				if client == "" {
					continue
				}
				want := storage.LogoutWaiting
				if errors.Is(errs[n], storage.ErrNotFound) {
					want = ""
				} else {
					h.must(errs[n])
				}
				h.wantStand(s, client, want)
			}
		}
	})
}

func TestACodeThatIsRefusedOpensNoLogout(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		used := h.grant(nil)
		again := h.code()
		again.CodeID, again.Tell = used.CodeID, storage.TellByUs
		if _, err := db.RedeemCode(t.Context(), again); !errors.Is(err, storage.ErrConflict) {
			t.Errorf("a code twice: %v", err)
		}
		foreign := h.code()
		foreign.ClientID, foreign.Tell = "nobody", storage.TellByUs
		if _, err := db.RedeemCode(t.Context(), foreign); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("an unknown client: %v", err)
		}
		gone := h.code()
		gone.Tell = storage.TellByUs
		h.must(db.EndSession(t.Context(), h.session.ID, storage.Event{}))
		if _, err := db.RedeemCode(t.Context(), gone); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a session that has ended: %v", err)
		}
		if got := h.stand(h.session); len(got) != 0 {
			t.Errorf("opened %v", got)
		}
	})
}

func TestAnApplicationThatGetsAnAddressIsToldFromItsNextSignOnOn(t *testing.T) {
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		h := furnish(t, db)
		h.signOn(h.session, "web", storage.TellByBrowser)
		h.signOn(h.session, "web", storage.TellByUs)
		h.must(db.EndSession(t.Context(), h.session.ID, storage.Event{}))
		h.wantStand(h.session, "web", storage.LogoutWaiting)
	})
}

func TestASessionThatOnlyExpiresIsToldToNobodyAndLeavesNothing(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		long := h.signIn(storage.SignIn{Session: storage.Session{IdleUntil: h.Now().Add(40 * 24 * time.Hour), Expires: h.Now().Add(40 * 24 * time.Hour)}})
		for range 150 { // more than a batch
			s := h.signIn(storage.SignIn{})
			h.signOn(s, "web", storage.TellByUs)
		}
		h.signOn(h.session, "web", storage.TellByUs)
		h.signOn(long, "web", storage.TellByUs)
		c.pass(13 * time.Hour)
		_, err := db.Sweep(t.Context())
		h.must(err)
		if got := h.stand(h.session); len(got) != 0 {
			t.Errorf("after its end: %v", got)
		}
		h.wantStand(long, "web", storage.LogoutOpen)
		h.must(db.EndSession(t.Context(), long.ID, storage.Event{}))
		h.wantStand(long, "web", storage.LogoutWaiting)
		if q, err := db.LogoutQueue(t.Context()); err != nil || q.Waiting != 1 {
			t.Errorf("%+v, %v", q, err)
		}
	})
}

func TestHowAnApplicationWasToldStandsForThirtyDays(t *testing.T) {
	eachWithClock(t, func(t *testing.T, db *storage.DB, c *clock) {
		h := furnish(t, db)
		h.signOn(h.session, "web", storage.TellByUs)
		h.must(db.EndSession(t.Context(), h.session.ID, storage.Event{}))
		h.must(db.DeliverLogout(t.Context(), h.claimLogout()))
		for _, wait := range []time.Duration{0, 30*24*time.Hour - time.Second} {
			c.pass(wait)
			_, err := db.Sweep(t.Context())
			h.must(err)
			h.wantStand(h.session, "web", storage.LogoutDelivered)
		}
		c.pass(time.Second)
		_, err := db.Sweep(t.Context())
		h.must(err)
		if got := h.stand(h.session); len(got) != 0 {
			t.Errorf("after a month: %v", got)
		}
	})
}
