package admin_test

import (
	"encoding/json"
	"html"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// standing is a program of which the test says how its mail and its certificate stand.
type standing struct {
	program
	mail        admin.MailHealth
	certificate time.Time
}

func (s *standing) Mail() admin.MailHealth { return s.mail }
func (s *standing) Certificate() time.Time { return s.certificate }

// stands is a house of which the test says how it stands, seen by its administrator.
func (h *house) stands() (*standing, func() string) {
	s := &standing{mail: admin.MailHealth{Configured: true}}
	h.desk.House = s
	root := h.person("root@aviary.test", "admin")
	return s, func() string { return h.as(root.ID).Go("/admin").Status(200).Check().Body() }
}

var tags = regexp.MustCompile(`<[^>]*>`)

// fact is a line of the overview about the house, in words; "" there is none.
func fact(page, name string) string {
	_, row, found := strings.Cut(page, "<dt>"+name+"</dt>")
	if !found {
		return ""
	}
	row, _, _ = strings.Cut(row, "</dd>")
	return strings.Join(strings.Fields(html.UnescapeString(tags.ReplaceAllString(row, " "))), " ")
}

// overview is the overview as the API tells it.
func (h *house) overview() map[string]any {
	h.t.Helper()
	var told map[string]any
	h.must(json.Unmarshal(h.calls("read", "GET", "/overview", "").is(200).body, &told))
	return told
}

// 3.15: mail as it works, fails, is down, and is not there; whoever looks after people alone learns that nobody gets a code.
func TestTheOverviewTellsHowMailStands(t *testing.T) {
	t.Parallel()
	h := open(t)
	s, look := h.stands()
	help := h.person("help@aviary.test", "helpdesk").ID
	const down = "Mail does not work: nobody gets a code or an invitation."
	for name, c := range map[string]struct {
		mail  admin.MailHealth
		tells string
		wants bool // that mail is set up
	}{
		"works":     {admin.MailHealth{Configured: true, Server: "smtp.aviary.test:587", Sent: 1}, "works", false},
		"is new":    {admin.MailHealth{Configured: true, Server: "smtp.aviary.test:587"}, "not tried yet", false},
		"stays":     {admin.MailHealth{Configured: true}, "works", false}, // in a mailbox of the house
		"waits":     {admin.MailHealth{Configured: true, Waiting: 3, Oldest: 2 * time.Hour}, "works 3 waiting, the oldest for 2 hours", false},
		"fails":     {admin.MailHealth{Configured: true, LastError: "recipient_550", Failed: 2}, "last failure: a recipient was refused (550)", false},
		"is down":   {admin.MailHealth{Configured: true, LastError: "connect", Down: true}, "last failure: the server cannot be reached", false},
		"not there": {admin.MailHealth{}, "not set up", true},
	} {
		s.mail = c.mail
		page := look()
		if got := fact(page, "Mail"); got != c.tells {
			t.Errorf("mail that %s is told as %q", name, got)
		}
		if wants := strings.Contains(page, "Set up mail"); wants != c.wants {
			t.Errorf("mail that %s: to be set up: %v", name, wants)
		}
		led := strings.Contains(page, `<a href="/admin/mail">What is wrong</a>`)
		if told := strings.Contains(page, down); told != c.mail.Down || led != told {
			t.Errorf("mail that %s: down is told: %v, and where to look: %v", name, told, led)
		}
		theirs := h.as(help).Go("/admin").Check().SeesNot("What is wrong").SeesNot("Set up mail").Body()
		if strings.Contains(theirs, down) != c.mail.Down || fact(theirs, "Mail") != "" {
			t.Errorf("mail that %s, for a helpdesk", name)
		}
		told := h.overview()["mail"].(map[string]any)
		if told["configured"] != c.mail.Configured || told["down"] != c.mail.Down || told["last_error"] != c.mail.LastError || told["waiting"] != float64(c.mail.Waiting) {
			t.Errorf("mail that %s is told to programs as %v", name, told)
		}
	}
}

// 3.14: a set-up without mail asks nobody for a code, and nothing turns it on when mail comes: whoever may is told to.
func TestTheOverviewTellsThatAPasswordAloneSignsPeopleInThoughMailWorks(t *testing.T) {
	t.Parallel()
	h := open(t)
	s, look := h.stands()
	others := []string{h.person("view@aviary.test", "viewer").ID, h.person("help@aviary.test", "helpdesk").ID}
	tells := func(when string, want bool) {
		t.Helper()
		if page := look(); strings.Contains(page, "Turn on the mailed code") != want || strings.Contains(page, `href="/admin/settings/sign-in"`) != want {
			t.Errorf("%s: told is %v", when, !want)
		}
		for _, id := range others {
			h.as(id).Go("/admin").SeesNot("Turn on the mailed code")
		}
	}
	tells("a code is asked for", false)
	never := "never"
	h.must(h.desk.ChangeSettings(t.Context(), admin.Operator(), map[string]*string{"login.email_code": &never}, 0))
	tells("the console has turned it off", true)
	for name, mail := range map[string]admin.MailHealth{"not set up": {}, "down": {Configured: true, Down: true}, "failing": {Configured: true, LastError: "connect"}} {
		s.mail = mail
		tells("mail is "+name, false)
	}
	s.mail = admin.MailHealth{Configured: true}
	h.stand.file = map[string]string{"login.email_code": "never"}
	tells("the file has turned it off", false)
}

// 3.15: how old the keys are, when their successors come, and that nobody has come where they are late.
func TestTheOverviewTellsTheAgeOfKeysAndTheirNextRotation(t *testing.T) {
	t.Parallel()
	h := open(t)
	_, look := h.stands()
	next := func() string {
		return h.desk.Keys.Ring.Ages()[0].Since.UTC().Add(30 * 24 * time.Hour).Format("2 January 2006")
	}
	young := regexp.MustCompile(`^in use for (a moment|1 minute|\d+ minutes), next rotation ` + next() + `$`) // keys of tests are made once
	for _, alg := range []string{"RS256", "ES256", "EdDSA"} {
		if got := fact(look(), "Key "+alg); !young.MatchString(got) {
			t.Errorf("%q, want %v", got, young)
		}
	}
	h.ahead.Add(int64(20 * 24 * time.Hour))
	if got, want := fact(look(), "Key RS256"), "in use for 20 days, next rotation "+next(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	h.ahead.Add(int64(11 * 24 * time.Hour))
	if got, want := fact(look(), "Key RS256"), "in use for 31 days, next rotation "+next()+" needs attention"; got != want {
		t.Errorf("%q, want %q", got, want)
	}
	h.must(h.desk.RotateKeys(t.Context(), admin.Operator(), true, ""))
	if got, want := fact(look(), "Key RS256"), "in use for a moment, next rotation "+next(); got != want {
		t.Errorf("%q, want %q", got, want)
	}
	states := map[any]int{}
	for _, k := range h.overview()["keys"].([]any) {
		states[at(k, "state")]++
		if at(k, "state") == "current" && at(k, "use").(string)[:10] != h.now().UTC().Format(time.DateOnly) {
			t.Errorf("%v", k)
		}
		rotation, told := k.(map[string]any)["next_rotation"].(string)
		if at(k, "state") == "current" != told || told && rotation[:10] != h.now().UTC().Add(30*24*time.Hour).Format(time.DateOnly) {
			t.Errorf("the next rotation of %v", k)
		}
	}
	if states["current"] < 3 || states["previous"] != states["current"] {
		t.Errorf("%v", states)
	}
}

// 3.15: whoever has no backup, or none of this week, is told.
func TestTheOverviewTellsTheAgeOfTheLastBackup(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		_, look := h.stands()
		tells := func(want string, at time.Time) {
			t.Helper()
			if got := fact(look(), "Last backup"); got != want {
				t.Errorf("%q, want %q", got, want)
			}
			told, _ := h.overview()["last_backup"].(string)
			if got, _ := time.Parse(time.RFC3339, told); !got.Truncate(time.Millisecond).Equal(at.Truncate(time.Millisecond)) {
				t.Errorf("programs are told %q, want %v", told, at)
			}
		}
		tells("never, as far as this database knows needs attention", time.Time{})
		done := h.now().Add(-3 * time.Hour).UTC()
		for _, when := range []time.Time{done, done.Add(-time.Hour)} { // the last, whichever was written last
			h.must(h.db.Record(t.Context(), storage.Event{Time: when, Kind: storage.BackedUp, Actor: "operator"}))
		}
		tells("3 hours ago", done)
		h.ahead.Add(int64(6 * 24 * time.Hour))
		tells("6 days ago", done)
		h.ahead.Add(int64(24 * time.Hour))
		tells("7 days ago needs attention", done)
	})
}

// 3.15: a certificate that ends soon, or has ended, is told; where something in front ends TLS, nothing is.
func TestTheOverviewTellsTheDaysOfTheCertificateAndTheVersion(t *testing.T) {
	t.Parallel()
	h := open(t)
	s, look := h.stands()
	const day = 24 * time.Hour
	for left, want := range map[time.Duration]string{
		60*day + time.Hour: "60 days left", 14*day + time.Hour: "14 days left", 14*day - time.Hour: "13 days left needs attention",
		5 * time.Hour: "4 hours left needs attention", -time.Hour: "has ended needs attention",
	} {
		s.certificate = h.now().Add(left)
		if got := fact(look(), "Certificate"); got != want {
			t.Errorf("%v before its end: %q, want %q", left, got, want)
		}
		if told, _ := h.overview()["certificate_ends"].(string); !strings.HasPrefix(told, s.certificate.Format("2006-01-02T15:04:05")) {
			t.Errorf("programs are told %q", told)
		}
	}
	s.certificate = time.Time{}
	if got := fact(look(), "Certificate"); got != "" {
		t.Errorf("where there is none: %q", got)
	}
	told := h.overview()
	if _, there := told["certificate_ends"]; there || told["version"] != "v0.0.0-test" || fact(look(), "Version") != "v0.0.0-test" {
		t.Errorf("%v", told)
	}
}
