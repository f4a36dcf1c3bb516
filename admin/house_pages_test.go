package admin_test

import (
	"fmt"
	"html"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// 3.15
func TestTheOverviewTellsSignInsFailuresAndHowTheHouseStands(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		now := h.now()
		for kind, result := range map[string]string{storage.SessionStarted: "ok", storage.SignInRefused: "password_wrong"} {
			h.must(h.db.Record(t.Context(), storage.Event{Time: now.Add(-time.Minute), Kind: kind, Actor: root.ID, User: root.ID, Result: result, Data: map[string]string{"methods": "pwd mail"}}))
		}
		h.must(h.db.Record(t.Context(), storage.Event{Time: now.Add(-time.Minute), Kind: storage.ClientRefused, Client: "gitlab", Result: "wrong_secret", Data: map[string]string{"count": "14"}}))
		h.chain()
		b := h.as(root.ID).Go("/admin").Check().Sees("1 signed in").Sees("password + mailed code").Sees("wrong password").
			Sees("14 × wrong secret").Sees("gitlab").Sees("v0.0.0-test").Sees("10 days left").Sees("needs attention").Sees("never, as far as this database knows")
		if !strings.Contains(b.Body(), "1 sign-ins, 1 refused, by hour") {
			t.Error("the picture is not described")
		}
		h.as(h.person("help@aviary.test", "helpdesk").ID).Go("/admin").Check().Sees("wrong password").SeesNot("gitlab").SeesNot("v0.0.0-test") // LG-12
	})
}

// chain lets the background work on the log: what happened is counted and chained.
func (h *house) chain() {
	h.t.Helper()
	h.ahead.Add(int64(10 * time.Second))
	_, err := h.db.ChainEvents(h.t.Context(), 100, h.desk.Keys.Chain())
	h.must(err)
}

func TestOneFieldFindsPeopleApplicationsAndReferences(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		h.person("anna@aviary.test", "")
		h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.SignInRefused, Reference: "E-7F3K-92"}))
		b := h.as(root.ID).Go("/admin/search?q=anna").Check().Sees("anna@aviary.test")
		b.Go("/admin/search?q=e-7f3k-92").Sees("E-7F3K-92")
		b.Go("/admin/search?q=" + url.QueryEscape("%_'<script>")).Check().Sees("Nothing was found")
	})
}

// AD-17: who keeps people alone finds no application, by whatever of it they look for.
func TestASearchFindsApplicationsForThoseWhoMaySeeThem(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person("anna.graf@aviary.test", "")
		made, err := h.desk.AddApp(t.Context(), admin.Operator(), admin.NewApp{Tile: "grafana", Name: "Grafana of sales", Address: "https://graphs.aviary.test/"})
		h.must(err)
		for role, finds := range map[string]bool{"admin": true, "viewer": true, "helpdesk": false} {
			b := h.as(h.person(role+"@aviary.test", role).ID)
			for _, typed := range []string{"graf", "GRAFANA", made.App.ID, "of sales"} {
				b.Go("/admin/search?q=" + url.QueryEscape(typed)).Status(200).Check()
				if found := strings.Contains(b.Body(), "Grafana of sales") || strings.Contains(b.Body(), "/admin/apps/"+made.App.ID); found != finds {
					t.Errorf("%s looks for %q and finds it: %v", role, typed, found)
				}
			}
			b.Go("/admin/search?q=graf").Sees("anna.graf@aviary.test") // one field over both
			if finds {
				b.Follow("Grafana of sales").Status(200).Check()
			}
			b.Go("/admin/search?q=nobody-and-nothing").Check().Sees("Nothing was found")
		}
	})
}

// 3.18, AD-08
func TestKeysAreShownWithoutTheirPrivateHalvesAndRotateWithTheEffectExplained(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		b := h.as(root.ID).Go("/admin/keys").Check().Sees("RS256").Sees("ES256").Sees("EdDSA").Sees("current")
		rows, err := h.db.SigningKeys(t.Context())
		h.must(err)
		for _, row := range rows {
			if strings.Contains(b.Body(), string(row.Sealed)) {
				t.Error("a private key is on the page")
			}
		}
		b.Follow("Rotate").Check().Sees("sign from tomorrow on").Fill("reason", "drill").Press("submit").Check().Sees("The next keys are published")
		b.Go("/admin/keys/rotate?now=1").Check().Sees("Applications that cache keys refuse")
		events, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.KeysChanged, User: ""}, "", 1)
		h.must(err)
		if e := events.Events[0]; e.Actor != root.ID || e.Data["reason"] != "drill" {
			t.Errorf("%+v", e)
		}
	})
}

func TestATestLetterShowsTheDialogueAndWhatToDo(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		b := h.as(root.ID).Go("/admin/mail").Check().Sees("smtp.aviary.test:587").Sees("None waits")
		b.Fill("to", "root@aviary.test").Press("submit").Check().Sees("The server has taken the letter").Sees("RCPT TO:<root@aviary.test>")
		b.Fill("to", "nobody@aviary.test").Press("submit").Check().Sees("550 5.1.1 No such user").Sees("check the address")
		b.Fill("to", "a@b.test\r\nBcc: all@b.test").Press("submit").Status(422).Check().Sees("Give an email address") // XS-07
		b.Go("/admin/mail?sender=1").Check().Sees("aviary.test has no SPF record").Sees("v=spf1 mx -all")
	})
}

// A mail server of which nothing is known is not said to work, least of all above a test letter that it did not take.
func TestTheMailPageSaysThatMailWorksOnlyWhereALetterWasTaken(t *testing.T) {
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	s := &standing{mail: program{}.Mail()}
	h.desk.House = s
	b := h.as(root.ID)
	says := func(want string) {
		t.Helper()
		if got := fact(b.Body(), "State"); got != want {
			t.Errorf("it says %q, want %q", got, want)
		}
	}
	b.Go("/admin/mail").Check()
	says("not tried yet")
	b.Fill("to", "nobody@aviary.test").Press("submit").Check()
	says("the test letter was not taken")
	b.Fill("to", "root@aviary.test").Press("submit")
	says("works")
	s.mail.Sent = 1
	b.Fill("to", "nobody@aviary.test").Press("submit") // it is the address, since other letters were taken
	says("works")
	s.mail.LastError = "connect"
	b.Go("/admin/mail")
	says("the server cannot be reached")
}

// What stands in a letter nobody sees: a code or a link in it would let its reader in.
func TestTheOutboxIsSeenWithoutWhatStandsInTheLetters(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		h.must(h.db.PutLetter(t.Context(), storage.OutboxLetter{ID: storage.NewID(), Sealed: "dwm_sealed", UserID: anna.ID, Created: h.now(), Expires: h.now().Add(time.Hour)}, 10))
		b := h.as(root.ID).Go("/admin/mail").Check().Sees("anna@aviary.test").Sees("waiting").SeesNot("dwm_sealed")
		b.Press("Try what waits now").Sees("What waits is tried now")
	})
}

// Each page of the outbox is read again as itself: the first one never takes the place of another. Who sends is not looked up again with it.
func TestAPartOfTheOutboxRenewsItself(t *testing.T) {
	h := open(t)
	root := h.person("root@aviary.test", "admin")
	for i := range 51 { // one more than a page
		h.must(h.db.PutLetter(t.Context(), storage.OutboxLetter{ID: storage.NewID(), Sealed: fmt.Sprint("dwm_", i), Created: h.now(), Expires: h.now().Add(time.Hour)}, 100))
	}
	from := func(b *webtest.Browser) string {
		t.Helper()
		m := regexp.MustCompile(`<section id="outbox" +data-renew="10" data-from="([^"]*)"`).FindStringSubmatch(b.Body())
		if m == nil {
			t.Fatalf("%s does not renew itself", b.URL())
		}
		return issuer + html.UnescapeString(m[1])
	}
	b := h.as(root.ID)
	for _, path := range []string{"/admin/mail", "/admin/mail?sender=1", "/admin/mail?done=hurried"} {
		if got := from(b.Go(path)); got != issuer+"/admin/mail" {
			t.Errorf("%s is read again from %s", path, got)
		}
	}
	b.Follow("More")
	if got := from(b); got != b.URL() || !strings.Contains(got, "after=") {
		t.Errorf("%s is read again from %s", b.URL(), got)
	}
	b.Fill("to", "root@aviary.test").Press("submit").Sees("The server has taken the letter")
	if got := from(b); got != issuer+"/admin/mail" {
		t.Errorf("the page with the dialogue is read again from %s", got)
	}
}

func TestASettingIsChangedInTheConsoleByItsRules(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		b := h.as(root.ID).Go("/admin/settings").Check().Sees("Name of the company")
		b.Fill("company", "Aviary").Press("submit").Check().Sees("Saved")
		if got := h.set()["company"]; got != "Aviary" {
			t.Errorf("company is %q", got)
		}
		b.Fill("company", "").Press("submit") // emptied: back to the default
		if _, put := h.set()["company"]; put {
			t.Error("an emptied field is still set")
		}
		b.Go("/admin/settings/mail").Check().Fill("mail.smtp.port", "many").Fill("mail.smtp.host", "smtp.aviary.test").Fill("mail.smtp.password", "open sesame").
			Press("submit").Status(422).Check().Sees("Port: a whole number is needed, 0 or more").SeesNot("open sesame")
		if b.Value("mail.smtp.host") != "smtp.aviary.test" || len(h.set()) != 0 {
			t.Error("what was typed is lost, or half of it was set")
		}
		b.Fill("mail.smtp.port", "25").Fill("mail.smtp.password", "open sesame").Press("submit").Check().Sees("One is kept").SeesNot("open sesame") // AD-08
		b.Post("/admin/settings/mail", url.Values{"version": {"1"}, "issuer": {"https://evil.test"}}).Status(400)                                   // AD-04
		b.Go("/admin/settings/nothing").Status(404)
	})
}

// RG-06, for settings
func TestOfTwoWhoChangeSettingsAtOnceTheSecondIsToldAndLosesNothingTyped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		first := h.as(root.ID).Go("/admin/settings/company")
		second := first.Tab().Go("/admin/settings/company")
		first.Fill("company", "First").Press("submit").Sees("Saved")
		second.Fill("company", "Second").Press("submit").Status(422).Sees("Somebody has changed settings meanwhile")
		if second.Value("company") != "Second" || h.set()["company"] != "First" {
			t.Error("the second one's words are lost, or have won")
		}
		second.Press("submit").Sees("Saved")
	})
}

func TestWhatTheConfigurationGivesIsOnlyReadInTheConsole(t *testing.T) {
	h := open(t)
	h.stand.file = map[string]string{"company": "Fixed"}
	b := h.as(h.person("root@aviary.test", "admin").ID).Go("/admin/settings/company").Check().Sees("set in the configuration file")
	b.Post("/admin/settings/company", url.Values{"version": {b.Value("version")}, "company": {"Mine"}})
	if _, put := h.set()["company"]; put {
		t.Error("the console has set what stands in the configuration")
	}
	viewer := h.as(h.person("look@aviary.test", "viewer").ID).Go("/admin/settings/company").Check().SeesNot("Save")
	viewer.Post("/admin/settings/company", url.Values{"version": {"0"}}).Status(403) // AD-17
}
