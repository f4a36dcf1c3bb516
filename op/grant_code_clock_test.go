package op_test

import (
	"net/http"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
	"github.com/doorward/doorward/web"
)

// nodeWithClock is another node of the house, on a machine whose clock is ahead of the database's.
func nodeWithClock(t *testing.T, h *house, url string, ahead time.Duration) http.Handler {
	t.Helper()
	db, err := storage.Open(t.Context(), storagetest.AheadURL(t, url, -ahead), storage.Options{Log: quiet(), Now: func() time.Time { return h.now().Add(ahead) }})
	must(t, err)
	t.Cleanup(func() { must(t, db.Close()) })
	site := *h.site
	site.Now = db.Now
	node, err := op.New(op.Options{Store: db, Keys: keystest.Open(t, db, keys.Options{Log: quiet(), Now: db.Now}), Site: &site, SignIn: &face{db: db}, Now: db.Now})
	must(t, err)
	pages, err := web.NewPages(&site, nil)
	must(t, err)
	router := site.NewRouter(pages)
	node.Register(router)
	return site.Wrap(router)
}

// CD-04 with nodes whose clocks are five seconds apart: each corrects its own by the database's, so that a code lives for its minute
// on all of them, and no longer on one that is behind. (Such a node is not ready; whoever gets there all the same is answered right.)
func TestACodeLivesForAMinuteHoweverFarANodesClockIsOff(t *testing.T) {
	for name, ahead := range map[string]time.Duration{"ahead": 5 * time.Second, "behind": -5 * time.Second} {
		t.Run(name, func(t *testing.T) {
			url := storagetest.MigratedPostgresURL(t)
			a := furnish(t, houseAt(t, url))
			a.router = nodeWithClock(t, a.house, url, ahead)
			early, late := a.code("basic"), a.code("basic")
			a.later(57 * time.Second) // a loaded machine takes two of its own
			a.redeem("basic", early).issued()
			a.later(4 * time.Second)
			a.redeem("basic", late).denied(http.StatusBadRequest, "invalid_grant")
		})
	}
}
