package admin_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

func TestDisablingSaysBeforeAndAfterWhatItEndsAndHowFarApplicationsKnow(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test")
		b := h.as(root.ID).Go("/admin/people/" + anna.ID).Follow("Disable").Status(200).Check().
			Sees("Sessions: 1").Sees("Trusted browsers: 1").Sees("Access of applications: 1").Sees("Applications that are told: 1 (Wiki)")
		if u, err := h.db.User(t.Context(), anna.ID); err != nil || u.State != "active" {
			t.Fatalf("the page alone makes her %s, %v", u.State, err)
		}
		b.Fill("reason", "left the company").Press("submit").Status(200).Check().Sees("What has ended").Sees("Wiki").Sees("Is being told")
		receipt := b.URL()
		h.answers("wiki", "answered 500")
		b.Go(receipt).Check().Sees("Is being told").Sees("Tries so far: 1")
		h.answers("wiki", "")
		b.Go(receipt).Check().Sees("Answered").SeesNot("Is being told")
		if u, err := h.db.User(t.Context(), anna.ID); err != nil || u.State != "disabled" {
			t.Errorf("she is %s, %v", u.State, err)
		}
		h.logged(anna.ID, storage.UserStateChanged, root.ID, map[string]string{"reason": "left the company", "sessions": "1", "trusts": "1", "grants": "1"})
		b.Follow("Back").Sees("Disabled").SeesNot("Sign out everywhere")
		b.Go("/admin/people/" + anna.ID + "/disable").Status(409).Sees("There is nothing to do here any more")
		b.Go("/admin/people/" + anna.ID).Follow("Enable").Check().Press("submit").Sees("The person can sign in again").Sees("Active")
	})
}

func TestWhoNeverCameIsInvitedAgainWhenTheyAreEnabled(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		welcome, err := h.desk.Invite(t.Context(), admin.Operator(), admin.NewPerson{Email: "ida@aviary.test"})
		h.must(err)
		_, err = h.desk.DisablePerson(t.Context(), admin.Operator(), welcome.ID, "")
		h.must(err)
		p, err := h.desk.EnablePerson(t.Context(), admin.Operator(), welcome.ID, "")
		if err != nil || p.State != "invited" {
			t.Errorf("she is %s, %v", p.State, err)
		}
	})
}

func TestALostPhoneIsAnsweredByAReset(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		help, anna := h.person("help@aviary.test", "helpdesk"), h.full("anna@aviary.test")
		b := h.as(help.ID).Go("/admin/people/"+anna.ID).Follow("Reset two-factor").Check().Sees("Sessions: 1").
			Fill("reason", "phone in the lake").Press("submit").Check().Sees("What has ended")
		u, err := h.db.User(t.Context(), anna.ID)
		h.must(err)
		if left, err := h.db.RecoveryLeft(t.Context(), anna.ID); u.TOTP || left != 0 || err != nil {
			t.Errorf("app %v, %d recovery codes, %v", u.TOTP, left, err)
		}
		if got := h.wrote(t, anna.Email); len(got) != 1 || got[0] != "factors" {
			t.Errorf("she is written %q", got)
		}
		h.logged(anna.ID, storage.FactorsReset, help.ID, map[string]string{"reason": "phone in the lake", "sessions": "1"})
		b.Go("/admin/people/" + anna.ID).Sees("No authenticator app").SeesNot("Reset two-factor")
	})
}

func TestWhoSendsMoreLettersThanAMailboxCanBearIsToldHowLongToWait(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test")
		h.letters.soon = 7
		h.as(root.ID).Go("/admin/people/" + anna.ID + "/reset-password").Press("submit").Status(429).Check().Sees("wait 7 minutes")
		h.calls("write", "POST", "/people/"+anna.ID+"/reset-password", `{}`).is(429)
		if got := h.wrote(t, anna.Email); len(got) != 0 {
			t.Errorf("she is written %q", got)
		}
	})
}

func TestAResetOfThePasswordGoesByMailAlone(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test")
		b := h.as(root.ID).Go("/admin/people/"+anna.ID+"/reset-password").Check().Fill("reason", "asked by telephone").Press("submit").
			Check().Sees("A letter with a link to a new password is on its way.").Sees("Set on")
		h.logged(anna.ID, storage.LinkSent, root.ID, map[string]string{"reason": "asked by telephone"})
		if strings.Contains(b.Body(), "token=") || strings.Contains(b.Body(), `type="password"`) {
			t.Error("the console shows a link, or asks for a password")
		}
		h.letters.down = true
		b.Go("/admin/people/" + anna.ID + "/reset-password").Press("submit").Status(503).Sees("No letter can be sent")
	})
}

func TestSigningOutEverywhereEndsAllAndTheyMayComeAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test")
		h.as(root.ID).Go("/admin/people/" + anna.ID).Follow("Sign out everywhere").Check().Press("submit").Check().Sees("What has ended")
		p, err := h.desk.Person(t.Context(), anna.ID)
		h.must(err)
		if len(p.Sessions)+len(p.Trusts)+len(p.Apps) != 0 || p.State != "active" {
			t.Errorf("there are still %+v", p)
		}
	})
}

// AD-02: what is somebody else's is not there below a person's page.
func TestASessionOfSomebodyElseIsNotThereBelowAPersonsPage(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna, ben := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test"), h.person("ben@aviary.test", "")
		detail, err := h.desk.Person(t.Context(), anna.ID)
		h.must(err)
		session, trust := detail.Sessions[0].ID, detail.Trusts[0].ID
		b := h.as(root.ID).Go("/admin")
		for _, path := range []string{"/sessions/" + session, "/trusts/" + trust} {
			b.Go("/admin/people/" + ben.ID + path).Status(404)
			b.Post(issuer+"/admin/people/"+ben.ID+path, nil).Status(404)
			b.Go("/admin/people/"+anna.ID+path).Status(200).Check().Fill("reason", "stolen laptop").Press("submit").Status(200).Check()
		}
		detail, err = h.desk.Person(t.Context(), anna.ID)
		h.must(err)
		if len(detail.Sessions)+len(detail.Trusts) != 0 {
			t.Errorf("there are still %+v, %+v", detail.Sessions, detail.Trusts)
		}
		h.logged(anna.ID, storage.SessionEnded, root.ID, map[string]string{"reason": "stolen laptop"})
		h.logged(anna.ID, storage.TrustEnded, root.ID, map[string]string{"reason": "stolen laptop"})
	})
}

func TestWhoIsRemovedIsGoneWithAllOfTheirsAndTheLogKeepsWhatHappened(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test")
		b := h.as(root.ID).Go("/admin/people/" + anna.ID).Follow("Remove").Check().Sees("Type anna@aviary.test to confirm").Sees("Sessions: 1")
		b.Fill("typed", "ben@aviary.test").Fill("reason", "asked for it").Press("submit").Status(422).Check().Sees("This is not the address of the person.")
		if b.Value("reason") != "asked for it" {
			t.Error("what was typed is lost")
		}
		b.Fill("typed", " Anna@Aviary.test ").Press("submit").Status(200).Check().Sees("What has ended").Sees("Wiki")
		if _, err := h.db.User(t.Context(), anna.ID); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("she is there still: %v", err)
		}
		b.Go("/admin/people/" + anna.ID).Status(404)
		h.logged(anna.ID, storage.UserRemoved, root.ID, map[string]string{"reason": "asked for it", "email": "anna@aviary.test"})
	})
}

// AD-10: an account elsewhere is never made or changed from the console; it is only taken away.
func TestAGoogleAccountIsOnlyTakenAway(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.full("anna@aviary.test")
		for _, route := range admin.Routes() {
			if strings.Contains(route.Path, "identit") {
				t.Errorf("there is a path %s", route.Path)
			}
		}
		b := h.as(root.ID).Go("/admin/people/" + anna.ID + "/unlink-google").Check()
		for _, field := range []string{"sub", "subject", "iss", "issuer", "user_id"} {
			b.Clone().Post(b.URL(), map[string][]string{field: {"x"}, "reason": {""}}).Status(400)
		}
		b.Press("submit").Sees("The Google account is no longer connected.")
		if linked, err := h.db.Identities(t.Context(), anna.ID); err != nil || len(linked) != 0 {
			t.Errorf("there are %v, %v", linked, err)
		}
	})
}

// answers has an application answer what it is told; "" well, else why not.
func (h *house) answers(client, why string) {
	h.t.Helper()
	l, err := h.db.ClaimLogout(h.t.Context(), time.Minute, nil)
	h.must(err)
	if l.ClientID != client {
		h.t.Fatalf("%s is told, not %s", l.ClientID, client)
	}
	if l.Why = why; why == "" {
		h.must(h.db.DeliverLogout(h.t.Context(), l))
		return
	}
	h.must(h.db.ReturnLogout(h.t.Context(), l, h.db.Now()))
}

// logged wants an event about somebody, by somebody, with these words in its data.
func (h *house) logged(user, kind, actor string, data map[string]string) {
	h.t.Helper()
	page, err := h.db.Log(h.t.Context(), storage.LogFilter{User: user, Kind: kind}, "", 50)
	h.must(err)
	for _, e := range page.Events {
		fits := e.Actor == actor && e.Reference != ""
		for name, value := range data {
			fits = fits && e.Data[name] == value
		}
		if fits {
			return
		}
	}
	h.t.Errorf("no event %s by %s with %v among %+v", kind, actor, data, page.Events)
}
