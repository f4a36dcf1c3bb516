package admin_test

import (
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// link is a set-up link as the machine prints it.
func (h *house) link(first bool) string {
	h.t.Helper()
	token, err := h.desk.Keys.Box.SealSetup(keys.SetupLink{ID: storage.NewID(), First: first, Until: h.now().Add(keys.SetupFor)})
	h.must(err)
	return issuer + "/setup?t=" + token
}

func (h *house) begin(link string) *webtest.Browser {
	return webtest.New(h.t, h.router).Go(link).Fill("name", "Ada Root").Fill("email", "Ada@Aviary.test").Fill("password", "a sentence is fine")
}

// 3.14
func TestALinkAndThreePagesMakeTheFirstAdministratorTheCompanyAndItsMail(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := h.begin(h.link(true)).Check().Press("submit").Check().Sees("Your company")
		b.Fill("company", "Aviary").Fill("contact", "help@aviary.test").Press("submit").Check().Sees("Which server takes them?")
		b.Fill("mail.smtp.host", "smtp.aviary.test").Fill("mail.smtp.port", "many").Fill("mail.smtp.password", "open sesame").Press("submit").Status(422).Check().
			Sees("number").SeesNot("open sesame")
		b.Fill("mail.smtp.port", "587").Fill("mail.smtp.password", "open sesame").Press("submit").Status(200).Check().Sees("ada@aviary.test")
		u, _, err := h.db.Login(t.Context(), "ada@aviary.test")
		h.must(err)
		if u.Role != "admin" || u.State != "active" || u.Name() != "Ada Root" {
			t.Errorf("%+v", u)
		}
		set := h.set()
		if set["company"] != "Aviary" || set["contact"] != "help@aviary.test" || set["mail.smtp.host"] != "smtp.aviary.test" || set["mail.smtp.port"] != "587" {
			t.Errorf("%v", set)
		}
		if b.Cookies(issuer) != nil {
			t.Errorf("a set-up link has signed somebody in: %v", b.Cookies(issuer))
		}
	})
}

func (h *house) set() map[string]string {
	h.t.Helper()
	list, _, err := h.db.Settings(h.t.Context())
	h.must(err)
	set := map[string]string{}
	for _, s := range list {
		set[s.Name] = s.Value
	}
	return set
}

func TestWithoutAMailServerNobodyIsAskedForAMailedCode(t *testing.T) {
	h := open(t)
	h.begin(h.link(true)).Press("submit").Press("submit").Press("skip").Check().Sees("a password alone signs people in until you set it up and then turn on the mailed code")
	if got := h.set()["login.email_code"]; got != "never" {
		t.Errorf("login.email_code is %q", got)
	}
}

func TestWhatTheConfigurationSetsIsNotAskedFor(t *testing.T) {
	h := open(t)
	h.stand.file = map[string]string{"company": "Fixed", "mail.smtp.host": "smtp.fixed.test"}
	b := h.begin(h.link(true)).Press("submit").Check().Sees("What the configuration file sets").SeesNot("Name of the company")
	b.Post("/setup/company", url.Values{"go": {b.Value("go")}, "company": {"Mine"}})
	if _, put := h.set()["company"]; put {
		t.Error("the console has set what stands in the configuration")
	}
}

// A link is looked at by scanners too: that spends nothing. It works once, for whoever is first.
func TestOneOfManyWithOneSetUpLinkBecomesTheAdministrator(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		link := h.link(true)
		late := webtest.New(t, h.router).Go(link).Status(200)
		var wins sync.Map
		var all sync.WaitGroup
		for i := range 8 {
			all.Go(func() {
				b := webtest.New(t, h.router).Go(link).Fill("name", "Somebody").Fill("email", "p"+string(rune('a'+i))+"@aviary.test").Fill("password", "a sentence is fine")
				if b.Press("submit").StatusCode() == 200 {
					wins.Store(i, true)
				}
			})
		}
		all.Wait()
		n := 0
		wins.Range(func(any, any) bool { n++; return true })
		page, err := h.db.People(t.Context(), storage.PeopleFilter{}, "", 50)
		people := page.People
		h.must(err)
		if n != 1 || len(people) != 1 {
			t.Errorf("%d have won, and there are %d people", n, len(people))
		}
		late.Fill("name", "Late").Fill("email", "late@aviary.test").Fill("password", "a sentence is fine").
			Press("submit").Status(410).Sees("This set-up link does not work")
	})
}

func TestASetUpLinkIsDeadAfterHalfAnHourAltersNothingWhenForgedAndMakesNobodySecond(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		old := h.link(true)
		h.ahead.Add(int64(keys.SetupFor + time.Second))
		webtest.New(t, h.router).Go(old).Status(410)
		link := h.link(true)
		webtest.New(t, h.router).Go(link[:len(link)-2] + "AA").Status(410)
		webtest.New(t, h.router).Go(issuer + "/setup").Status(410)
		b := h.begin(link)
		h.person("somebody@aviary.test", "")
		b.Press("submit").Status(410) // there is somebody by now
		h.begin(h.link(false)).Press("submit").Status(200).Sees("Everything is set up")
	})
}

// The pages after the first rest on what it sealed: not on a link, not on a session, and on nobody who is no administrator any more.
func TestThePagesAfterTheFirstAreForTheNewAdministratorAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := h.begin(h.link(true)).Press("submit")
		u, _, err := h.db.Login(t.Context(), "ada@aviary.test")
		h.must(err)
		token := b.Value("go")
		for name, forged := range map[string]string{"none": "", "a link": strings.TrimPrefix(h.link(true), issuer+"/setup?t="), "another": token[:len(token)-2] + "AA"} {
			if code := b.Clone().Post("/setup/company", url.Values{"go": {forged}, "company": {"Evil"}}).StatusCode(); code != 410 {
				t.Errorf("with %s: %d", name, code)
			}
		}
		webtest.New(t, h.router).Post(issuer+"/setup/company", url.Values{"go": {token}, "company": {"Evil"}}).Status(403) // no page of ours
		h.person("second@aviary.test", "admin")
		h.must(h.db.SetUserState(t.Context(), u.ID, "disabled", storage.Event{Actor: "test"}))
		b.Fill("company", "Evil").Press("submit").Status(410)
		if got := h.set()["company"]; got != "" {
			t.Errorf("company is %q", got)
		}
	})
}

// Whoever opens a link that makes nobody an administrator is told so before they have typed anything, and no form judges a password by it.
func TestADeadSetUpLinkShowsNoForm(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		dead := func(link string, form *webtest.Browser) {
			t.Helper()
			webtest.New(t, h.router).Go(link).Status(410).Check().Sees("This set-up link does not work").SeesNot("You become")
			form.Fill("password", "short").Press("submit").Status(410).SeesNot("at least 12 characters")
		}
		first, another := h.link(true), h.link(true) // each node prints its own
		form, theirs := h.begin(first), h.begin(another)
		h.begin(first).Press("submit").Status(200)
		dead(first, form)
		dead(another, theirs) // it was not used, and there is somebody
		again := h.link(false)
		form = h.begin(again)
		h.begin(again).Fill("email", "root@aviary.test").Press("submit").Status(200)
		dead(again, form)
	})
}

func TestTheFirstPageOfTheSetUpSpeaksTheLanguageThatIsChosenOnIt(t *testing.T) {
	h := open(t)
	link := h.link(true)
	b := webtest.New(t, h.router).Go(link).Check()
	to := link + "&lang=de"
	if way := strings.ReplaceAll(strings.TrimPrefix(to, issuer), "&", "&amp;"); !strings.Contains(b.Body(), way) {
		t.Errorf("no way to %s", way)
	}
	b.Clone().Go(to + "&more=1").Status(400)
	b.Go(to).Status(200).Check().Sees("Willkommen").Fill("name", "Ada").Fill("email", "ada@aviary.test").Fill("password", "kurz").Press("submit").Status(422).Check().
		Sees("Willkommen")
	if !strings.Contains(b.Body(), "lang=en") {
		t.Error("the form that is shown again has no way back to English")
	}
	b.Fill("password", "a sentence is fine").Press("submit").Status(200).Sees("Ihr Unternehmen")
}

// Where the file wants no code, there is nothing to turn on in the console.
func TestWhoeverSkipsMailWhereTheFileWantsNoCodeIsSentToTheFile(t *testing.T) {
	h := open(t)
	h.stand.file = map[string]string{"login.email_code": "never"}
	h.begin(h.link(true)).Press("submit").Press("submit").Press("skip").Check().Sees("the configuration file says that a password alone").SeesNot("turn on the mailed code")
}

// Who comes back in changes settings in the console, after a second factor: "skip" would else take the mailed code from everybody.
func TestALinkIntoAHouseWithPeopleLeadsToNoSettings(t *testing.T) {
	h := open(t)
	h.person("somebody@aviary.test", "admin")
	b := h.begin(h.link(false)).Press("submit").Status(200).Check().Sees("Everything is set up").SeesNot("a password alone")
	if strings.Contains(b.Body(), `name="go"`) {
		t.Error("the page after the first has what the settings rest on")
	}
	if set := h.set(); len(set) != 0 {
		t.Errorf("%v", set)
	}
}

// What lies in another tab when the set-up is done sets nothing any more, though its half hour is not over.
func TestTheLastPageEndsTheSetUp(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := h.begin(h.link(true)).Press("submit")
		company, token := b.Clone(), b.Value("go")
		b.Press("submit").Press("skip").Status(200)
		company.Fill("company", "Evil").Press("submit").Status(410)
		company.Post("/setup/mail", url.Values{"go": {token}, "mail.smtp.host": {"smtp.evil.test"}}).Status(410)
		if set := h.set(); set["company"] != "" || set["mail.smtp.host"] != "" {
			t.Errorf("%v", set)
		}
	})
}

func TestASetUpUnderWayEndsWhenMailIsSetInTheConsole(t *testing.T) {
	h := open(t)
	b := h.begin(h.link(true)).Press("submit").Press("submit")
	_, version, err := h.db.Settings(t.Context())
	h.must(err)
	_, err = h.db.PutSettings(t.Context(), storage.SettingsChange{Put: []storage.Setting{{Name: "mail.smtp.host", Value: "smtp.aviary.test"}}, Version: version}, storage.Event{})
	h.must(err)
	b.Fill("mail.smtp.host", "smtp.evil.test").Press("submit").Status(410)
	if got := h.set()["mail.smtp.host"]; got != "smtp.aviary.test" {
		t.Errorf("letters go to %s", got)
	}
}

func TestASetUpFormKeepsWhatWasTypedAndSaysWhatIsWrong(t *testing.T) {
	h := open(t)
	b := h.begin(h.link(true)).Fill("password", "short").Press("submit").Status(422).Check().Sees("at least 12 characters")
	if b.Value("name") != "Ada Root" || b.Value("email") != "Ada@Aviary.test" || b.Value("password") != "" {
		t.Error("what was typed is lost, or the password is not")
	}
	b.Fill("password", "ada@aviary.test").Press("submit").Status(422).Sees("does not hold your name, your address")
	b.Fill("password", "we are the AVIARY 1").Fill("email", "ada@example.test").Press("submit").Status(422).Sees("the name of your company")
	b.Fill("email", "nobody").Fill("password", "a sentence is fine").Press("submit").Status(422)
	b.Post("/setup", url.Values{"t": {b.Value("t")}, "name": {"Ada"}, "email": {"a@b.test"}, "password": {"a sentence is fine"}, "role": {"admin"}}).Status(400) // AD-04
}

func TestAnAddressThatSomebodyHasDoesNotSpendTheLink(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person("ada@aviary.test", "admin")
		b := h.begin(h.link(false)).Check().Sees("beside whoever is there").SeesNot("the first administrator")
		b.Press("submit").Status(422).Check().Sees("Somebody has this address already").SeesNot("the first administrator")
		b.Fill("email", "root@aviary.test").Fill("password", "a sentence is fine").Press("submit").Status(200).Sees("Everything is set up")
	})
}

// Who skips mail where the file wants a mailed code would be locked out.
func TestMailIsNotSkippedWhereTheFileWantsAMailedCode(t *testing.T) {
	h := open(t)
	h.stand.file = map[string]string{"login.email_code": "untrusted"}
	b := h.begin(h.link(true)).Press("submit").Press("submit").Check().SeesNot("Skip for now").Sees("login.email_code")
	b.Clone().Post("/setup/mail", url.Values{"go": {b.Value("go")}, "skip": {""}}).Status(422)
	b.Press("submit").Status(422).Check().Sees("Without a mail server nobody gets a code")
	b.Fill("mail.smtp.host", "smtp.aviary.test").Press("submit").Status(200)
}

func TestWhoeverSkipsMailThatStandsLeavesTheMailedCodeAsItIs(t *testing.T) {
	h := open(t)
	h.stand.file = map[string]string{"mail.smtp.host": "smtp.fixed.test"}
	h.begin(h.link(true)).Press("submit").Press("submit").Press("skip").Status(200).SeesNot("a password alone signs people in")
	if got, put := h.set()["login.email_code"]; put {
		t.Errorf("login.email_code is %q", got)
	}
}

// A wrong mail setting would lock out whoever has just set up the house: a code is asked for that never comes.
func TestTheSetUpTriesTheMailServerBeforeItSetsIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		b := h.begin(h.link(true)).Fill("email", "nobody@aviary.test").Press("submit").Press("submit")
		b.Fill("mail.smtp.host", "smtp.aviary.test").Fill("mail.smtp.password", "open sesame").Press("submit").Status(422).Check().
			Sees("550 5.1.1 No such user").Sees("RCPT TO:<nobody@aviary.test>").Sees("No letter went out to nobody@aviary.test").SeesNot("open sesame")
		if set := h.set(); set["mail.smtp.host"] != "" || set["login.email_code"] != "" {
			t.Errorf("set before a letter went out: %v", set)
		}
		if b.Value("mail.smtp.host") != "smtp.aviary.test" || b.Value("mail.smtp.password") != "" {
			t.Error("what was typed is lost, or the password is not")
		}
		h.stand.password = ""
		b.Clone().Press("submit").Status(422)
		if h.stand.password != "open sesame" {
			t.Errorf("tried again with the password %q", h.stand.password)
		}
		h.stand.password = ""
		b.Clone().Fill("mail.smtp.host", "smtp.evil.test").Press("submit").Status(422) // AD-08
		if h.stand.password != "" {
			t.Error("a password that was typed for one server was sent to another")
		}
		b.Press("anyway").Status(200).Check().Sees("Mail does not work yet")
		if set := h.set(); set["mail.smtp.host"] != "smtp.aviary.test" || set["mail.smtp.password"] != "open sesame" || set["login.email_code"] != "never" {
			t.Errorf("%v", set)
		}
	})
}

func TestALetterThatWentOutEndsTheSetUp(t *testing.T) {
	h := open(t)
	h.begin(h.link(true)).Press("submit").Press("submit").Fill("mail.smtp.host", "smtp.aviary.test").Press("submit").Status(200).Check().
		Sees("taken a test letter for ada@aviary.test").Sees("RCPT TO").SeesNot("a password alone")
	if set := h.set(); set["mail.smtp.host"] != "smtp.aviary.test" || set["login.email_code"] != "" {
		t.Errorf("%v", set)
	}
	page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: "mail.tested"}, "", 10)
	if err != nil || len(page.Events) != 1 || page.Events[0].Result != "ok" {
		t.Errorf("the log tells of the letter: %+v, %v", page.Events, err)
	}
}

// What the file sets is tried too, and the house that it describes is not made weaker without the administrator's word.
func TestMailOfTheFileIsTriedAndIsLeftAsItIs(t *testing.T) {
	h := open(t)
	h.stand.file = map[string]string{"mail.smtp.host": "smtp.fixed.test", "login.email_code": "untrusted"}
	b := h.begin(h.link(true)).Fill("email", "nobody@aviary.test").Press("submit").Press("submit").Press("submit").Status(422).Check().Sees("550 5.1.1")
	b.Press("anyway").Status(200).Check().Sees("the configuration file asks for a mailed code")
	if set := h.set(); set["login.email_code"] != "" {
		t.Errorf("%v", set)
	}
	if h.stand.tried != 1 {
		t.Errorf("tried %d times", h.stand.tried)
	}
}

func TestTestLettersOfASetUpAreCounted(t *testing.T) {
	h := open(t)
	b := h.begin(h.link(true)).Fill("email", "nobody@aviary.test").Press("submit").Press("submit").Fill("mail.smtp.host", "smtp.aviary.test")
	for range 10 {
		b.Press("submit").Status(422).Sees("550 5.1.1")
	}
	b.Press("submit").Status(422).Check().Sees("You have sent many test letters").SeesNot("550")
	if h.stand.tried != 10 {
		t.Errorf("tried %d times", h.stand.tried)
	}
}
