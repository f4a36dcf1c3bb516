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
