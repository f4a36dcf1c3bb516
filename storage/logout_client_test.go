package storage_test

import (
	"errors"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// Another application may get the id of one that was removed. It must hear of no session that only the former one knew: neither when it
// ends later, nor of what waits or has failed, nor when an operator has that tried again.
func TestWhatARemovedApplicationWasToBeToldIsNotToldToTheNextOfItsID(t *testing.T) {
	declare := func(h *house, all ...storage.Client) error { return h.DeclareClients(h.t.Context(), all, by) }
	kinds := map[string]struct{ adds, removes func(h *house) error }{
		"an operator's": {
			func(h *house) error { return h.AddClient(h.t.Context(), webClient("app"), by) },
			func(h *house) error { return h.RemoveClient(h.t.Context(), "app", by) }},
		"the configuration's": {
			func(h *house) error { return declare(h, webClient("app")) },
			func(h *house) error { return declare(h) }},
	}
	for name, kind := range kinds {
		t.Run(name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, db *storage.DB) {
				h := furnish(t, db)
				h.must(kind.adds(h))
				session := func() storage.Session {
					s := h.signIn(storage.SignIn{})
					h.signOn(s, "app", storage.TellByUs)
					h.signOn(s, "web", storage.TellByUs)
					return s
				}
				told, failed, claimed, waits, open := session(), session(), session(), session(), session()
				var under storage.Logout
				for _, s := range []storage.Session{told, failed, claimed, waits} {
					h.must(h.EndSession(t.Context(), s.ID, by))
				}
				for range 3 {
					l, err := h.ClaimLogout(t.Context(), time.Minute, []string{"web"})
					h.must(err)
					switch l.SessionID {
					case told.ID:
						h.must(h.DeliverLogout(t.Context(), l))
					case failed.ID:
						l.Why = "it answers 400"
						h.must(h.FailLogout(t.Context(), l))
					default:
						under = l
					}
				}

				h.must(kind.removes(h))
				h.apps("app")
				h.must(h.EndSession(t.Context(), open.ID, by))

				h.wantStand(told, "app", storage.LogoutDelivered)
				for _, s := range []storage.Session{failed, claimed, waits} {
					h.wantStand(s, "app", storage.LogoutFailed)
				}
				h.wantStand(open, "app", "")
				h.wantStand(open, "web", storage.LogoutWaiting)
				h.wantRetried(0, "whoever was removed is told no more")
				h.must(h.ReturnLogout(t.Context(), under, h.Now()))
				if _, err := h.ClaimLogout(t.Context(), time.Minute, []string{"web"}); !errors.Is(err, storage.ErrNotFound) {
					t.Errorf("something is to be told: %v", err)
				}
				list, err := h.Logouts(t.Context(), waits.ID)
				h.must(err)
				for _, l := range list {
					if l.ClientID == "app" && (l.Why != storage.LogoutGone || l.Done.IsZero()) {
						t.Errorf("of what waited stands %+v", l)
					}
				}
			})
		})
	}
}

// A living application that moves loses what it was allowed, and nothing of what it is to be told: the sessions that it began end all the
// same, whoever asks for consent anew.
func TestAnApplicationThatMovesIsStillTold(t *testing.T) {
	for name, adds := range map[string]func(h *house, c storage.Client) error{
		"an operator's": func(h *house, c storage.Client) error { return h.AddClient(h.t.Context(), c, by) },
		"one that registered itself": func(h *house, c storage.Client) error {
			return h.RegisterClient(h.t.Context(), storage.Registration{Client: c}, by)
		},
	} {
		t.Run(name, func(t *testing.T) {
			storagetest.Each(t, func(t *testing.T, db *storage.DB) {
				h := furnish(t, db)
				h.must(adds(h, dynamic("app")))
				session := func() storage.Session {
					s := h.signIn(storage.SignIn{})
					h.signOn(s, "app", storage.TellByUs)
					return s
				}
				failed, waits, open := session(), session(), session()
				h.must(h.EndSession(t.Context(), failed.ID, by))
				l, err := h.ClaimLogout(t.Context(), time.Minute, nil)
				h.must(err)
				l.Why = "it answers 400"
				h.must(h.FailLogout(t.Context(), l))
				h.must(h.EndSession(t.Context(), waits.ID, by))

				now, err := h.DB.Client(t.Context(), "app")
				h.must(err)
				now.RedirectURIs = []string{"https://moved.example/cb"}
				h.must(h.ChangeClient(t.Context(), now, by))
				h.must(h.EndSession(t.Context(), open.ID, by))

				h.wantStand(waits, "app", storage.LogoutWaiting)
				h.wantStand(open, "app", storage.LogoutWaiting)
				h.wantStand(failed, "app", storage.LogoutFailed)
				h.wantRetried(1, "it is there, and did not answer")
			})
		})
	}
}
