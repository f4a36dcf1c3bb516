package admin_test

import (
	"errors"
	"net/http"
	"net/url"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// No administrator sees or sets a password: the operator does, on the machine itself.
func TestTheOperatorAloneGivesSomebodyAPassword(t *testing.T) { // AD-08
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, typed := h.person("root@aviary.test", "admin"), admin.TypedPassword{Text: "a sentence is fine"}
		for _, by := range []admin.Actor{admin.ActorOf(root), {ID: "client:writer", Rights: admin.Operator().Rights}, {}} {
			_, adds := h.desk.AddWithPassword(t.Context(), by, admin.NewPerson{Email: "ida@aviary.test"}, typed)
			_, sets := h.desk.SetPassword(t.Context(), by, root.ID, typed)
			if !errors.Is(adds, admin.ErrForbidden) || !errors.Is(sets, admin.ErrForbidden) || len(h.people()) != 1 {
				t.Errorf("%q: %v, %v", by.ID, adds, sets)
			}
		}
		for _, bad := range []string{"short", "ida@aviary.test", "aviaryaviary"} {
			var invalid *storage.Invalid
			_, err := h.desk.AddWithPassword(t.Context(), admin.Operator(), admin.NewPerson{Email: "ida@aviary.test"}, admin.TypedPassword{Text: bad})
			if !errors.As(err, &invalid) || invalid.Field != "password" {
				t.Errorf("%s: %v", bad, err)
			}
		}
		ida, err := h.desk.AddWithPassword(t.Context(), admin.Operator(), admin.NewPerson{Email: "Ida@aviary.test", Role: "viewer", Groups: []string{"flock"},
			MakeGroups: true, Claims: map[string]any{"name": "Ida Holm", "given_name": "Ida"}}, typed)
		if err != nil || ida.State != "active" || ida.Role != "viewer" || ida.Name != "Ida Holm" || len(ida.Groups) != 1 {
			t.Fatalf("%+v, %v", ida, err)
		}
		h.signedIn(ida.ID, nil)
		if told, err := h.desk.SetPassword(t.Context(), admin.Operator(), ida.ID, typed); err != nil || !told || h.letters.sent[0] != (letter{What: "password", To: ida.Email}) {
			t.Errorf("%v, %v, %+v", told, err, h.letters.sent)
		}
		if living, err := h.db.SessionsOf(t.Context(), ida.ID); err != nil || len(living) > 0 {
			t.Errorf("%d sessions go on, %v", len(living), err)
		}
		h.letters.down = true
		if told, err := h.desk.SetPassword(t.Context(), admin.Operator(), ida.ID, typed); err != nil || told {
			t.Errorf("without mail: %v, %v", told, err)
		}
	})
}

// AD-04, AD-05: what the operator's commands can say of a person, no page and no call of the API can.
func TestWhatTheOperatorSaysOfANewPersonComesFromNoPageAndNoCall(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, help := h.person("root@aviary.test", "admin"), h.person("help@aviary.test", "helpdesk")
		for _, field := range []string{"role", "Role", "claims", "make_groups", "MakeGroups", "unsent", "Unsent", "state", "password", "-"} {
			h.as(root.ID).Go("/admin/people/invite").Post(issuer+"/admin/people/invite", url.Values{"email": {"eve@aviary.test"}, field: {"admin"}}).Status(http.StatusBadRequest)
			h.calls("write", "POST", "/people", `{"email":"eve@aviary.test","`+field+`":"admin"}`).is(http.StatusBadRequest)
		}
		h.as(root.ID).Go("/admin/people/invite").Fill("email", "eve@aviary.test").Fill("groups", "mistyped").Press("submit").Status(http.StatusUnprocessableEntity)
		if _, err := h.desk.Invite(t.Context(), admin.ActorOf(help), admin.NewPerson{Email: "eve@aviary.test", Role: "admin"}); !errors.Is(err, admin.ErrForbidden) {
			t.Errorf("a helpdesk gives a role: %v", err)
		}
		if n := len(h.people()); n != 2 {
			t.Errorf("there are %d people", n)
		}
	})
}

// The operator's command goes by the same functions as the page: it says who invites, and makes groups, as an import does.
func TestTheOperatorInvitesWithRoleAndGroupsInTheNameOfSomebody(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		by := admin.Operator()
		by.Name = "Ben Kaya"
		n := admin.NewPerson{Email: "uwe@aviary.test", Role: "helpdesk", Groups: []string{"flock"}, GoogleEmail: "uwe@gmail.test", MakeGroups: true, Unsent: true}
		uwe, err := h.desk.Invite(t.Context(), by, n)
		if err != nil || uwe.Letter || len(h.letters.sent) > 0 || uwe.Role != "helpdesk" || uwe.State != "invited" || uwe.GoogleEmail != "uwe@gmail.test" {
			t.Fatalf("%+v, %v", uwe, err)
		}
		if _, err := h.desk.Group(t.Context(), "flock"); err != nil {
			t.Error(err)
		}
		_, err = h.desk.ResendInvitation(t.Context(), by, uwe.ID, "")
		h.must(err)
		if h.letters.sent[0] != (letter{"invitation", "uwe@aviary.test", "Ben Kaya"}) {
			t.Errorf("the letter is %+v", h.letters.sent)
		}
		for name, taken := range map[string]admin.NewPerson{
			"address": {Email: "uwe@aviary.test"}, "address at Google": {Email: "eve@aviary.test", GoogleEmail: "uwe@gmail.test"}, "address of one with a role": n,
		} {
			if _, err := h.desk.Invite(t.Context(), by, taken); !admin.Taken(err) {
				t.Errorf("the %s is given twice: %v", name, err)
			}
		}
	})
}
