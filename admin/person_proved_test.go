package admin_test

import (
	"errors"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// AD-07: a helpdesk that could have any free address asserted would be whoever it wants at the applications, and with a session of before.
func TestAnAddressThatAHelpdeskSetsIsNotToldAsProvedAndSignsThePersonOut(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, help := h.person("root@aviary.test", "admin"), h.person("help@aviary.test", "helpdesk")
		for _, c := range []struct {
			by     storage.User
			proved bool
		}{{help, false}, {root, true}} {
			by := admin.ActorOf(c.by)
			email := "puppet-of-" + c.by.Role + "@evil.test"
			w, err := h.desk.Invite(t.Context(), by, admin.NewPerson{Email: email})
			h.must(err)
			if w.EmailVerified != c.proved {
				t.Errorf("%s invites, and the address is proved: %v", c.by.Role, w.EmailVerified)
			}
			h.must(h.db.SetUserState(t.Context(), w.ID, "active", storage.Event{}))
			h.signedIn(w.ID, nil)
			ceo := "ceo-" + c.by.Role + "@corp.test"
			p, err := h.desk.ChangePerson(t.Context(), by, w.ID, admin.PersonChange{Email: &ceo, Updated: h.updated(w.ID)})
			h.must(err)
			if p.Email != ceo || p.EmailVerified != c.proved {
				t.Errorf("%s changes it, and it is %+v", c.by.Role, p)
			}
			if all, err := h.db.SessionsOf(t.Context(), w.ID); err != nil || len(all) != 0 {
				t.Errorf("%d sessions of before live on, %v", len(all), err)
			}
			b := h.as(root.ID).Go("/admin/people/" + w.ID).Status(200).Check()
			if said := strings.Contains(b.Body(), "not proved yet"); said == c.proved {
				t.Errorf("proved %v, and the page says it is not: %v", c.proved, said)
			}
		}
		_, err := h.desk.ImportPeople(t.Context(), admin.ActorOf(root), strings.NewReader("email,email_verified\r\nida@aviary.test,false\r\n"), false)
		h.must(err)
		if u, _, err := h.db.Login(t.Context(), "ida@aviary.test"); err != nil || !u.EmailVerified {
			t.Errorf("who reads a list in vouches for it: %+v, %v", u, err)
		}
	})
}

// AD-09: changes of an address or a role flood no mailbox, and none is made of which its person would hear nothing.
func TestAChangeThatNoLetterCouldTellIsNotMade(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		by, other := admin.ActorOf(root), "other@evil.test"
		h.letters.soon = 4
		var soon *admin.TooSoon
		_, email := h.desk.ChangePerson(t.Context(), by, anna.ID, admin.PersonChange{Email: &other, Updated: h.updated(anna.ID)})
		_, google := h.desk.ChangePerson(t.Context(), by, anna.ID, admin.PersonChange{GoogleEmail: &other, Updated: h.updated(anna.ID)})
		_, role := h.desk.SetRole(t.Context(), by, anna.ID, admin.RoleChange{Role: "viewer", Updated: h.updated(anna.ID)})
		for what, err := range map[string]error{"address": email, "address at Google": google, "role": role} {
			if !errors.As(err, &soon) || soon.Minutes != 4 {
				t.Errorf("another %s: %v, want *TooSoon", what, err)
			}
		}
		if u, err := h.db.User(t.Context(), anna.ID); err != nil || u.Email != anna.Email || u.Role != "" || u.LinkEmail == other {
			t.Errorf("she is %+v, %v", u, err)
		}
		name := "Anna Berg" // of which no letter tells
		_, err := h.desk.ChangePerson(t.Context(), by, anna.ID, admin.PersonChange{Name: &name, Updated: h.updated(anna.ID)})
		h.must(err)
	})
}

// AD-09: test letters go past the outbox, to whatever address is typed.
func TestOneActorSendsTenTestLettersAnHour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		by := admin.ActorOf(h.person("root@aviary.test", "admin"))
		for range 10 {
			_, err := h.desk.TestMail(t.Context(), by, "stranger@example.com")
			h.must(err)
		}
		var soon *admin.TooSoon
		if _, err := h.desk.TestMail(t.Context(), by, "another@example.com"); !errors.As(err, &soon) || soon.Minutes < 1 {
			t.Errorf("the eleventh: %v, want *TooSoon", err)
		}
		two := admin.ActorOf(h.person("two@aviary.test", "admin"))
		_, err := h.desk.TestMail(t.Context(), two, "stranger@example.com")
		h.must(err)
	})
}
