package admin_test

import (
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// accepts has an invited person choose a password by a link; copied: that somebody who keeps people was given.
func (h *house) accepts(email string, copied bool) storage.User {
	h.t.Helper()
	ctx := h.t.Context()
	u := storage.User{ID: storage.NewID(), Email: email, State: "invited", Version: 1}
	h.must(h.db.AddUser(ctx, u, "", storage.Event{Actor: "test"}))
	_, hash := keys.NewSecret("dwi_")
	l := storage.Link{ID: storage.NewID(), Token: hash, Kind: storage.LinkInvitation, UserID: u.ID, Email: email, Copied: copied, Expires: h.db.Now().Add(time.Hour)}
	h.must(h.db.PutLink(ctx, l, storage.Event{Actor: "test"}))
	_, err := h.db.AcceptLink(ctx, storage.Acceptance{LinkID: l.ID, UserVersion: 1, Hash: "hash"}, storage.Event{Result: "ok"})
	h.must(err)
	return u
}

// AD-07: a helpdesk invites somebody, copies the link and uses it, and an administrator gives the account a role.
func TestThePageOfARoleSaysWhenThePasswordMayBeSomebodyElses(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		b := h.as(root.ID)
		puppet, fair := h.accepts("puppet@aviary.test", true), h.accepts("fair@aviary.test", false)
		b.Go("/admin/people/" + puppet.ID + "/role").Check().Sees("whoever copied it may know it").Sees("Before you give a role, reset the authenticator app")
		b.Go("/admin/people/" + puppet.ID).Check().Sees("whoever copied it may know it")
		b.Go("/admin/people/" + fair.ID + "/role").Check().SeesNot("copied").SeesNot("Before you give a role")
		for id, want := range map[string]bool{puppet.ID: true, fair.ID: false} {
			if p, err := h.desk.Person(t.Context(), id); err != nil || p.PasswordCopied != want {
				t.Errorf("by a copied link: %v, %v; want %v", p.PasswordCopied, err, want)
			}
		}
		unproved := h.person("typed@aviary.test", "")
		b.Go("/admin/people/" + unproved.ID + "/role").Check().Sees("Nobody has shown yet that the mailbox typed@aviary.test is theirs.")

		h.must(h.db.SetPassword(t.Context(), puppet.ID, "other", "", storage.Event{Actor: puppet.ID}))
		b.Go("/admin/people/" + puppet.ID + "/role").Check().SeesNot("copied") // a new password is the person's own
	})
}
