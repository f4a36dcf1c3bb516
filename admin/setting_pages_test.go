package admin_test

import "testing"

// Google is switched off, and a mail server is used without a name, by emptying the name: its secret goes with it, and nothing else does.
func TestASecretGoesWithTheNameThatItBelongsTo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := h.as(h.person("root@aviary.test", "admin").ID)
		for _, c := range []struct{ page, name, secret string }{
			{"google", "google.client_id", "google.client_secret"}, {"mail", "mail.smtp.username", "mail.smtp.password"},
		} {
			b.Go("/admin/settings/"+c.page).Fill(c.name, "somebody").Fill(c.secret, "open sesame").Press("submit").Status(200)
			b.Go("/admin/settings/" + c.page).Press("submit").Status(200) // an empty secret stays
			if set := h.set(); set[c.name] != "somebody" || set[c.secret] != "open sesame" {
				t.Errorf("%s: %v", c.page, set)
			}
			b.Go("/admin/settings/"+c.page).Fill(c.name, "").Press("submit").Status(200).Check()
			set := h.set()
			if _, name := set[c.name]; name {
				t.Errorf("%s stays", c.name)
			}
			if _, secret := set[c.secret]; secret {
				t.Errorf("%s stays", c.secret)
			}
		}
	})
}
