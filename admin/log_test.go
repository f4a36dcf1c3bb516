package admin_test

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// signIn writes the events of one sign-in of a person, as the face does, and gives the id of the last. The event of a proof comes a moment
// after it.
func (h *house) signIn(person storage.User, attempt string) string {
	h.t.Helper()
	at := h.aMinuteAgo()
	began := `{"t":` + micros(at(0)) + `,"d":"began","w":"nobody","f":"openid email groups"}`
	trail := "[" + began + `,{"t":` + micros(at(9)) + `,"d":"pwd"},{"t":` + micros(at(9)) + `,"d":"asked","w":"mail untrusted"},{"t":` + micros(at(30)) + `,"d":"mail"}]`
	return h.recordAll(person, attempt,
		storage.Event{Time: at(5), Kind: storage.SignInRefused, Result: "password_wrong", Data: map[string]string{"trail": "[" + began + "]"}},
		storage.Event{Time: at(9.2), Kind: "sign_in.password_right", Data: map[string]string{"asks": "mail", "why": "untrusted", "trail": "[" + began + "]"}},
		storage.Event{Time: at(9.3), Kind: "sign_in.code_sent"},
		storage.Event{Time: at(30.1), Kind: "sign_in.code_right"},
		storage.Event{Time: at(31), Kind: storage.SessionStarted, Data: map[string]string{"methods": "pwd mail", "trail": trail}})
}

// refusedSignIn is one that comes to nothing: the code was wrong.
func (h *house) refusedSignIn(person storage.User, attempt string) string {
	h.t.Helper()
	at := h.aMinuteAgo()
	trail := `[{"t":` + micros(at(0)) + `,"d":"began","w":"fresh"}]`
	return h.recordAll(person, attempt,
		storage.Event{Time: at(5), Kind: storage.SignInRefused, Result: "password_wrong", Data: map[string]string{"trail": trail}},
		storage.Event{Time: at(9), Kind: "sign_in.password_right", Data: map[string]string{"asks": "mail", "why": "untrusted", "trail": trail}},
		storage.Event{Time: at(9.1), Kind: "sign_in.code_sent"},
		storage.Event{Time: at(40), Kind: storage.SignInRefused, Result: "code_wrong", Data: map[string]string{"trail": trail}})
}

func (h *house) aMinuteAgo() func(seconds float64) time.Time {
	began := h.now().Add(-time.Minute)
	return func(seconds float64) time.Time { return began.Add(time.Duration(seconds * float64(time.Second))) }
}

// recordAll writes events of one sign-in, and gives the id of the last.
func (h *house) recordAll(person storage.User, attempt string, events ...storage.Event) string {
	h.t.Helper()
	for _, e := range events {
		e.Actor, e.User, e.Client, e.Address, e.Reference, e.Attempt = person.ID, person.ID, "grafana", "192.0.2.7", "E-7F3K-92", attempt
		h.must(h.db.Record(h.t.Context(), e))
	}
	page, err := h.db.Log(h.t.Context(), storage.LogFilter{Attempt: attempt}, "", 1)
	h.must(err)
	return page.Events[0].ID
}

func micros(t time.Time) string {
	text, _ := json.Marshal(t.UnixMicro())
	return string(text)
}

func TestTheLogIsNarrowedByPersonKindReferenceAndDay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		h.signIn(anna, "attempt-of-anna")
		b := h.as(root.ID).Go("/admin/log").Check().Sees("Person added").Sees("Signed in")
		b.Go("/admin/log?who=anna@aviary.test&kind=sign_in.").Check().Sees("Not let in").Sees("wrong password").SeesNot("Person added")
		if b.Go("/admin/log?kind=session.started").Check(); !strings.Contains(b.Body(), `<option value="session.started" selected>Signed in</option>`) {
			t.Error("a kind that no family is chosen by is not told in words")
		}
		b.Go("/admin/log?reference=e-7f3k-92&kind=session.").Sees("Signed in").SeesNot("Not let in")
		b.Go("/admin/log?until=2020-01-01").Sees("Nothing that happened fits this")
		b.Go("/admin/log?from=yesterday").Status(422).Check().Sees("Give a day like")
		b.Go("/admin/log?live=1").Check().Sees("Stop")
		if !strings.Contains(b.Body(), "data-renew") {
			t.Error("the live log does not renew itself")
		}
	})
}

// BF-14
// The log keeps what happened to somebody who is gone, and they are found by the address that they had last.
func TestTheLogOfSomebodyRemovedIsFoundByAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		h.signIn(anna, "attempt-of-anna")
		for _, u := range []storage.User{h.person("ben@aviary.test", ""), anna, h.person("cem@aviary.test", "")} {
			_, err := h.desk.RemovePerson(t.Context(), admin.Operator(), u.ID, "")
			h.must(err)
		}
		b := h.as(root.ID).Go("/admin/log?who=Anna@aviary.test").Check().Sees("Not let in").Sees("anna@aviary.test (deleted)")
		if strings.Contains(tag.ReplaceAllString(b.Body(), ""), anna.ID) {
			t.Error("who is removed is named by an id")
		}
		b.Go("/admin/log?who=anna@aviary.test&kind=user.").Sees("anna@aviary.test (deleted)").SeesNot("Nothing that happened")
		b.Follow("Person deleted").Check().Follow("anna@aviary.test (deleted)").Check().Sees("Not let in").SeesNot("ben@aviary.test") // all that is kept of her
		b.Go("/admin/log?who=zoe@aviary.test").Sees("Nothing that happened fits this")
		// Whoever has the address now is somebody else.
		h.person("anna@aviary.test", "")
		b.Go("/admin/log?who=anna@aviary.test").Sees("Person added").SeesNot("Not let in").SeesNot("(deleted)")
	})
}

func TestAPageOfTheLogIsClampedWhateverIsAskedFor(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for range 3 {
			h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.SignInRefused}))
		}
		for _, limit := range []int{-1, 0, 1} {
			page, err := h.desk.Log(t.Context(), admin.Operator(), storage.LogFilter{}, admin.Part{Limit: limit})
			h.must(err)
			if len(page.Events) != 1 || page.Next == "" {
				t.Errorf("limit %d: %d events, next %q", limit, len(page.Events), page.Next)
			}
		}
		page, err := h.desk.Log(t.Context(), admin.Operator(), storage.LogFilter{}, admin.Part{Limit: 1_000_000_000})
		h.must(err)
		if len(page.Events) < 3 {
			t.Errorf("%d events", len(page.Events))
		}
	})
}

// XS-09, XS-10
func TestAnExportIsOneLineAnEventAndNoFormulaOfASpreadsheet(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.SignInRefused, Result: "=cmd|' /C calc'!A0", Address: "@SUM(1)",
			Data: map[string]string{"browser": "a\r\nb\x1b[31m", "reason": "x;=cmd|' /C calc'!A0"}}))
		b := h.as(root.ID).Go("/admin/log/export?format=csv&kind=sign_in.")
		rows, err := csv.NewReader(strings.NewReader(b.Body())).ReadAll()
		h.must(err)
		if len(rows) != 2 || rows[1][2] != "'=cmd|' /C calc'!A0" || rows[1][6] != "'@SUM(1)" || !strings.Contains(rows[1][9], `"x;'=cmd|' /C calc'!A0"`) {
			t.Errorf("%q", rows)
		}
		b.Go("/admin/log/export?format=ndjson")
		for line := range strings.SplitSeq(strings.TrimSpace(b.Body()), "\n") {
			var e admin.Event
			if err := json.Unmarshal([]byte(line), &e); err != nil || e.ID == "" {
				t.Errorf("%q: %v", line, err)
			}
		}
		b.Go("/admin/log/export?format=xml").Status(http.StatusBadRequest)
		page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: admin.LogExported}, "", 10)
		h.must(err)
		if len(page.Events) != 2 || page.Events[0].Actor != root.ID {
			t.Errorf("who took the log is told by %d events", len(page.Events))
		}
	})
}

// AD-17: a helpdesk reads the log, and not the settings.
func TestWhatSettingsWereGivenIsForThoseWhoMaySeeThem(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		desk, root := h.person("desk@aviary.test", "helpdesk"), h.person("root@aviary.test", "admin")
		_, err := h.db.PutSettings(t.Context(), storage.SettingsChange{Put: []storage.Setting{{Name: "mail.smtp.host", Value: "canary.aviary.test"}}}, storage.Event{Actor: root.ID})
		h.must(err)
		page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.SettingsChanged}, "", 1)
		h.must(err)
		id := page.Events[0].ID
		for who, sees := range map[string]bool{desk.ID: false, root.ID: true} {
			b := h.as(who)
			for _, path := range []string{"/admin/log/" + id, "/admin/log/export?format=csv&kind=settings.", "/admin/log/export?format=ndjson"} {
				if b.Go(path).Status(http.StatusOK); strings.Contains(b.Body(), "canary") != sees {
					t.Errorf("%s, seen by one who may see settings, %v: %s", path, sees, b.Body())
				}
			}
		}
		by := admin.Actor{ID: desk.ID, Rights: []admin.Right{admin.LookPeople, admin.KeepPeople}}
		read, err := h.desk.Log(t.Context(), by, storage.LogFilter{Kind: "settings."}, admin.Part{Limit: 10})
		h.must(err)
		one, err := h.desk.Event(t.Context(), by, id)
		h.must(err)
		in, err := h.desk.Inspect(t.Context(), by, id)
		h.must(err)
		if len(read.Events) != 1 || read.Events[0].Data != nil || one.Data != nil || in.Event.Data != nil || one.Kind != storage.SettingsChanged {
			t.Errorf("%+v, %+v, %+v", read, one, in.Event)
		}
	})
}

// AD-13: whoever loses the right gets no more of it.
func TestAnExportEndsWhenTheRightDoes(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person("second@aviary.test", "admin")
		root := h.person("root@aviary.test", "admin")
		by := admin.Operator()
		by.ID = root.ID
		for range 210 {
			h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.SignInRefused}))
		}
		w := &trip{at: 100, do: func() { h.must(h.db.SetUserState(t.Context(), root.ID, "disabled", storage.Event{Actor: "test"})) }}
		if err := h.desk.ExportLog(t.Context(), by, storage.LogFilter{}, admin.NDJSON, w); err == nil {
			t.Error("the export went on to its end")
		}
		if n := bytes.Count(w.Bytes(), []byte("\n")); n != 200 {
			t.Errorf("%d events were taken", n)
		}
	})
}

// trip does something once so many lines were written.
type trip struct {
	bytes.Buffer
	at int
	do func()
}

func (w *trip) Write(p []byte) (int, error) {
	if w.at--; w.at == 0 {
		w.do()
	}
	return w.Buffer.Write(p)
}

// AD-16
func TestWhatWasDoneToTheLogIsFoundFromTheConsole(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		h.signIn(root, "attempt-of-root")
		h.chain()
		h.as(root.ID).Go("/admin/log/verify").Check().Press("submit").Check().Sees("The log is as it was written")
	})
}

// Who may only look would else keep a node reading the whole log for ever; others are not kept from it.
func TestNobodyHasTheLogReadWithoutPause(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root, vera := h.person("root@aviary.test", "admin"), h.person("vera@aviary.test", "viewer")
		h.chain()
		for range 6 {
			h.calls("read", "POST", "/log-verification", "").is(http.StatusOK)
		}
		seventh := h.calls("read", "POST", "/log-verification", "").is(http.StatusTooManyRequests)
		if after, err := strconv.Atoi(seventh.header.Get("Retry-After")); err != nil || after < 1 || after > 600 {
			t.Errorf("Retry-After %q", seventh.header.Get("Retry-After"))
		}
		b := h.as(vera.ID)
		for range 6 {
			b.Go("/admin/log/verify").Press("submit").Sees("The log is as it was written")
		}
		b.Go("/admin/log/verify").Press("submit").Check().Status(http.StatusTooManyRequests).Sees("You have verified the log six times within an hour")
		if b.Header().Get("Retry-After") == "" {
			t.Error("the page does not say when")
		}
		h.as(root.ID).Go("/admin/log/verify").Press("submit").Sees("The log is as it was written")
	})
}

func TestWhoHurriesLettersIsSeenToDoIt(t *testing.T) { // LG-05
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		b := h.as(root.ID).Go("/admin/mail")
		b.Post("/admin/mail/hurry", url.Values{}).Sees("What waits is tried now")
		page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.LettersHurried}, "", 10)
		if err != nil || len(page.Events) != 1 || page.Events[0].Actor != root.ID || page.Events[0].Data["letters"] != "0" {
			t.Errorf("%+v, %v", page.Events, err)
		}
	})
}
