package admin_test

import (
	"context"
	"errors"
	"fmt"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// crowded is a group of more people than one step takes out of it.
func (h *house) crowded(name string) {
	h.t.Helper()
	list := make([]storage.ImportedUser, 250)
	for i := range list {
		list[i].User = storage.User{Email: fmt.Sprintf("p%03d@aviary.test", i), Groups: []string{name}, State: "active"}
	}
	_, err := h.db.ImportUsers(h.t.Context(), list, false, storage.Event{})
	h.must(err)
}

// A large group takes more time than a request has: whoever removes it by the page or by the API is not left with half of it.
func TestTheRemovalOfALargeGroupGoesOnPastTheTimeOfARequest(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		cookies := h.as(root.ID).Go("/admin").Cookies(issuer)
		for _, by := range []struct{ method, path, body, kind string }{
			{"POST", "/admin/groups/crowd/remove", "reason=done", "application/x-www-form-urlencoded"},
			{"DELETE", "/admin/api/v1/groups/crowd?reason=done", "", ""},
		} {
			h.crowded("crowd")
			ctx, end := context.WithCancel(t.Context())
			h.desk.Store = hurried{h.db, end}
			r := httptest.NewRequestWithContext(ctx, by.method, issuer+by.path, strings.NewReader(by.body))
			for name, value := range map[string]string{"Content-Type": by.kind, "Origin": issuer, "X-Test-Person": root.ID, "Authorization": "Bearer write"} {
				r.Header.Set(name, value)
			}
			for _, c := range cookies {
				r.AddCookie(c)
			}
			w := &deadlined{ResponseRecorder: httptest.NewRecorder()}
			h.router.ServeHTTP(w, r)
			if w.Code >= 400 || time.Until(w.cut) < 4*time.Minute {
				t.Errorf("%s: %d, cut in %v\n%s", by.path, w.Code, time.Until(w.cut), w.Body)
			}
			if _, err := h.db.Group(t.Context(), "crowd"); !errors.Is(err, storage.ErrNotFound) {
				t.Errorf("%s: the group is there: %v", by.path, err)
			}
			h.logged("", storage.GroupRemoved, map[string]string{"POST": root.ID, "DELETE": "client:writer"}[by.method], map[string]string{"members": "250", "reason": "done"})
			for _, u := range h.people() {
				if u.ID != root.ID {
					_, err := h.db.RemoveUser(t.Context(), u.ID, storage.Event{})
					h.must(err)
				}
			}
		}
	})
}

// hurried ends the request's time when the removal begins, and goes on only where that does not end the removal's.
type hurried struct {
	admin.Store
	end context.CancelFunc
}

func (s hurried) RemoveGroup(ctx context.Context, name string, e storage.Event) (int, error) {
	s.end()
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return s.Store.RemoveGroup(ctx, name, e)
}

// deadlined is a connection that would be cut at a time.
type deadlined struct {
	*httptest.ResponseRecorder
	cut time.Time
}

func (d *deadlined) SetWriteDeadline(t time.Time) error {
	d.cut = t
	return nil
}
