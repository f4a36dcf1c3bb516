package admin_test

import (
	"net/http"
	"testing"

	"github.com/doorward/doorward/admin"
)

func TestPeopleAndGroupsAreKeptByCalls(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person("root@aviary.test", "admin")
		h.calls("write", "POST", "/groups", `{"name":"staff"}`).is(http.StatusCreated)
		made := as[admin.Welcome](h.calls("write", "POST", "/people", `{"email":"Anna@Aviary.test","name":"Anna","groups":["staff"]}`).is(http.StatusCreated))
		if made.Email != "anna@aviary.test" || made.State != "invited" {
			t.Errorf("%+v", made)
		}
		got := h.calls("read", "GET", "/people/"+made.ID, "").is(http.StatusOK)
		changed := h.calls("write", "PATCH", "/people/"+made.ID, `{"name":"Anna Berg"}`, "If-Match", got.header.Get("Etag")).is(http.StatusOK)
		h.calls("write", "PATCH", "/people/"+made.ID, `{"name":"Anna"}`, "If-Match", got.header.Get("Etag")).is(http.StatusPreconditionFailed)
		h.calls("write", "PATCH", "/people/"+made.ID, `{"role":"admin"}`, "If-Match", changed.header.Get("Etag")).is(http.StatusBadRequest) // AD-04
		if list := as[admin.PeoplePage](h.calls("read", "GET", "/people?group=staff&limit=1000000000", "").is(http.StatusOK)); len(list.People) != 1 || list.People[0].Name != "Anna Berg" {
			t.Errorf("%+v", list)
		}
		h.calls("read", "GET", "/people?limit=many", "").is(http.StatusBadRequest)
		h.calls("read", "GET", "/people?sort=email", "").is(http.StatusBadRequest)
		h.calls("write", "POST", "/people/"+made.ID+"/disable", `{"reason":"left"}`).is(http.StatusOK)
		h.calls("write", "DELETE", "/people/"+made.ID, "").is(http.StatusOK)
		h.calls("read", "GET", "/people/"+made.ID, "").is(http.StatusNotFound)
		if n := as[admin.Count](h.calls("write", "DELETE", "/groups/staff", "").is(http.StatusOK)); n.Count != 0 {
			t.Errorf("%d members", n.Count)
		}
	})
}
