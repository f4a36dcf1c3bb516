package admin_test

import (
	"crypto/sha256"
	"encoding/json"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// shown is an address in a list.
var shown = regexp.MustCompile(`[a-z]+@aviary\.test`)

// 3.17: whom to remind is seen in the list, not only on each person's page.
func TestTheListSaysHowFarWhoeverIsInvitedHasCome(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		invited := func(email string, ends time.Duration) storage.Link {
			t.Helper()
			u := storage.User{ID: storage.NewID(), Email: email, State: "invited", Version: 1}
			h.must(h.db.AddUser(t.Context(), u, "", storage.Event{Actor: "test"}))
			token := sha256.Sum256([]byte(email))
			l := storage.Link{ID: storage.NewID(), Token: token[:], Kind: storage.LinkInvitation, UserID: u.ID, Email: email, Expires: h.now().Add(ends)}
			h.must(h.db.PutLink(t.Context(), l, storage.Event{}))
			return l
		}
		h.must(h.db.OpenLink(t.Context(), invited("opened@aviary.test", time.Hour).ID))
		invited("sent@aviary.test", time.Hour)
		invited("expired@aviary.test", time.Microsecond)
		h.must(h.db.WithdrawLink(t.Context(), invited("withdrawn@aviary.test", time.Hour).UserID, storage.LinkInvitation, storage.Event{}))
		h.must(h.db.AddUser(t.Context(), storage.User{ID: storage.NewID(), Email: "unsent@aviary.test", State: "invited", Version: 1}, "", storage.Event{}))
		b := h.as(root.ID).Go("/admin/people").Status(200).Check()
		for email, want := range map[string]string{"opened": "Opened", "sent": "Invited", "expired": "Invitation expired", "withdrawn": "Invitation withdrawn",
			"unsent": "Not invited yet", "root": "Active"} {
			_, row, _ := strings.Cut(b.Body(), email+"@aviary.test")
			row, _, _ = strings.Cut(row, "</tr>")
			if !strings.Contains(row, ">"+want+"</span>") {
				t.Errorf("%s: want %q in %s", email, want, row)
			}
		}
		for state, want := range map[string]string{"opened": "opened", "expired": "expired", "withdrawn": "withdrawn", "none": "unsent"} {
			b.Go("/admin/people?state=" + state).Status(200).Check()
			if got := shown.FindAllString(b.Body(), -1); len(got) != 1 || got[0] != want+"@aviary.test" {
				t.Errorf("%s: %q", state, got)
			}
			if b.Value("state") != state {
				t.Errorf("the form says %q, not %s", b.Value("state"), state)
			}
			b.Follow("Export as CSV")
			if got := slices.Compact(shown.FindAllString(b.Body(), -1)); len(got) != 1 || got[0] != want+"@aviary.test" {
				t.Errorf("%s, as a file: %q", state, got)
			}
			var page admin.PeoplePage
			h.must(json.Unmarshal(h.calls("read", "GET", "/people?state="+state, "").is(200).body, &page))
			if len(page.People) != 1 || page.People[0].Email != want+"@aviary.test" {
				t.Errorf("%s, by the API: %+v", state, page)
			}
		}
		if got := shown.FindAllString(b.Go("/admin/people?state=invited").Body(), -1); len(got) != 5 {
			t.Errorf("invited are %q", got)
		}
		h.calls("read", "GET", "/people?state=gone", "").is(422)
	})
}
