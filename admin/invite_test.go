package admin_test

import (
	"errors"
	"net/url"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

func TestAnInvitationIsSentAgainCopiedAndWithdrawn(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		help := h.person("help@aviary.test", "helpdesk")
		_, err := h.desk.AddGroup(t.Context(), admin.Operator(), admin.NewGroup{Name: "flock", Helpdesk: true})
		h.must(err)
		b := h.as(help.ID).Go("/admin/people").Follow("Invite somebody").Status(200).Check()
		b.Press("submit").Status(422).Check().Sees("This is not an email address.")
		b.Fill("email", "Ida@aviary.test").Fill("name", "Ida Holm").Fill("customer_number", "1000008").Fill("groups", "flock").
			Fill("google_email", "ida@gmail.test").Fill("language", "de").Press("submit").Status(200).Check().
			Sees("The invitation is on its way.").Sees("Ida Holm").Sees("Invited").Sees("ida@gmail.test").Sees("1000008")
		if one := h.letters.sent[0]; one != (letter{"invitation", "ida@aviary.test", "Person h"}) {
			t.Errorf("the letter is %+v", one)
		}
		ida, _, err := h.db.Login(t.Context(), "ida@aviary.test")
		h.must(err)
		page := "/admin/people/" + ida.ID
		b.Go("/admin/people/invite").Fill("email", "ida@aviary.test").Press("submit").Status(422).Sees("Somebody else has this already.")

		link := h.invitation(ida.ID).Link.ID
		h.must(h.db.OpenLink(t.Context(), link))
		b.Go(page).Sees("Opened").Follow("Send the invitation again").Check().Fill("reason", "went to spam").Press("submit").Sees("The invitation is on its way.").Sees("Invited")
		if h.invitation(ida.ID).Link.ID == link {
			t.Error("the former link works still")
		}
		h.logged(ida.ID, storage.LinkSent, help.ID, map[string]string{"reason": "went to spam"})

		b.Follow("Copy link").Check().SeesNot("token=").Fill("reason", "mailbox is not there yet").Press("submit").Status(200).Check().Sees("/invite?token=dwi_")
		if got := b.Header().Get("Cache-Control"); got != "no-store" {
			t.Errorf("the page with the link may be kept: %q", got)
		}
		h.logged(ida.ID, storage.LinkSent, help.ID, map[string]string{"reason": "mailbox is not there yet", "copied": "true"})
		b.Go(page).SeesNot("token=").Follow("Withdraw the invitation").Check().Press("submit").Sees("The invitation was withdrawn.").Sees("Invitation withdrawn").
			SeesNot("Withdraw the invitation")
		if got := h.invitation(ida.ID).State; got != storage.InvitationWithdrawn {
			t.Errorf("it is %s", got)
		}
	})
}

func TestWithoutMailAPersonIsAddedAndALinkIsMadeForThem(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		h.letters.down = true
		b := h.as(root.ID).Go("/admin/people/invite").Fill("email", "ida@aviary.test").Press("submit").Status(200).Check().
			Sees("no letter can be sent").Sees("Not invited yet")
		b.Clone().Follow("Send the invitation again").Press("submit").Status(503).Sees("No letter can be sent")
		b.Follow("Copy link").Press("submit").Status(200).Sees("/invite?token=")
	})
}

// An account that its person has taken is not handed out again.
func TestNobodyMakesALinkIntoAnAccountThatIsTaken(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		b := h.as(root.ID).Go("/admin/people/" + anna.ID).SeesNot("Copy link")
		for _, path := range []string{"link", "resend", "withdraw"} {
			b.Clone().Go("/admin/people/" + anna.ID + "/" + path).Status(409)
			b.Clone().Post(issuer+"/admin/people/"+anna.ID+"/"+path, url.Values{"reason": {""}}).Status(409).SeesNot("token=")
		}
		if _, err := h.desk.InvitationLink(t.Context(), admin.ActorOf(root), anna.ID, ""); !errors.Is(err, admin.ErrNotNow) {
			t.Errorf("%v", err)
		}
	})
}

// AD-14: ids are made here, of 128 random bits, and nobody chooses or guesses one.
func TestIdsOfPeopleAreRandomAndNobodyChoosesOne(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		seen := map[string]bool{}
		for _, name := range []string{"a", "b", "c", "d"} {
			p, err := h.desk.Invite(t.Context(), admin.Operator(), admin.NewPerson{Email: name + "@aviary.test"})
			h.must(err)
			if len(p.ID) != 26 || strings.Trim(p.ID, "abcdefghijklmnopqrstuvwxyz234567") != "" || seen[p.ID[:4]] {
				t.Errorf("an id is %q, beside %v", p.ID, seen)
			}
			seen[p.ID[:4]] = true
		}
		if _, err := h.desk.ImportPeople(t.Context(), admin.Operator(), strings.NewReader("email,id\nx@aviary.test,chosen\n"), false); err == nil {
			t.Error("a list chooses ids")
		}
	})
}

func (h *house) invitation(id string) storage.Invitation {
	h.t.Helper()
	i, err := h.db.Invitation(h.t.Context(), id)
	h.must(err)
	return i
}

// Another role ends links, and so the invitation: nobody is to stand before a dead one.
func TestWhoeverIsInvitedAndGetsARoleIsInvitedAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		b := h.as(h.person("root@aviary.test", "admin").ID).Go("/admin/people/invite").Fill("email", "ida@aviary.test").Press("submit").Status(200)
		ida, _, err := h.db.Login(t.Context(), "ida@aviary.test")
		h.must(err)
		first := h.invitation(ida.ID).Link.ID
		role := func(value string) {
			t.Helper()
			b.Go("/admin/people/"+ida.ID+"/role").Check().Fill("role", value).Press("submit").Status(200).Check()
		}
		role("viewer")
		b.Sees("a new one is on its way").SeesNot("signed out")
		if i := h.invitation(ida.ID); i.State != storage.InvitationSent || i.Link.ID == first {
			t.Errorf("%+v", i)
		}
		h.letters.down = true
		role("helpdesk")
		b.Sees("no letter could be sent")
		role("admin") // nothing worked that could end
		b.Sees("The role is saved.").SeesNot("a new one")
	})
}
