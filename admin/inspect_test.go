package admin_test

import (
	"html"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

var (
	timeLine = regexp.MustCompile(`(?s)<ol class="time">.*?</ol>`)
	lineOf   = regexp.MustCompile(`(?s)</time><span>(.*?)</span></li>`)
	factOf   = regexp.MustCompile(`(?s)<dt>(.*?)</dt><dd[^>]*>(.*?)</dd>`)
	tag      = regexp.MustCompile(`<[^>]*>`)
)

// story is the line of time as a person reads it.
func story(b *webtest.Browser) []string {
	var lines []string
	for _, line := range lineOf.FindAllStringSubmatch(timeLine.FindString(b.Body()), -1) {
		lines = append(lines, html.UnescapeString(tag.ReplaceAllString(line[1], "")))
	}
	return lines
}

// wantStory reads a sign-in in two languages.
func (h *house) wantStory(b *webtest.Browser, id string, english, german []string) {
	h.t.Helper()
	for language, want := range map[string][]string{"en": english, "de": german} {
		if got := story(b.Set("Accept-Language", language).Go("/admin/log/" + id).Check()); !slices.Equal(got, want) {
			h.t.Errorf("%s:\n%s\nwant\n%s", language, strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
}

// 3.18: the sign-in inspector
func TestASignInIsReadAsALineOfTimeWithItsReasons(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		id := h.signIn(anna, "attempt-of-anna")
		h.signIn(root, "attempt-of-root")
		b := h.as(root.ID)
		h.wantStory(b, id, []string{
			"grafana asked for openid email groups · nobody was signed in", "Not let in: wrong password", "Password right", "Asked for: mailed code (the browser is not trusted)",
			"Code mailed", "Mailed code right", "Signed in",
		}, []string{
			"grafana hat um openid email groups gebeten · niemand war angemeldet", "Nicht eingelassen: falsches Passwort", "Passwort richtig",
			"Verlangt: Code per E-Mail (dem Browser wird nicht vertraut)", "Code per E-Mail gesendet", "Code aus E-Mail richtig", "Angemeldet",
		})
		b.Go("/admin/log/nobody").Status(404)
	})
}

func TestASignInThatCameToNothingHasItsBeginningAndItsReasons(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root, anna := h.person("root@aviary.test", "admin"), h.person("anna@aviary.test", "")
		id := h.refusedSignIn(anna, "attempt-of-anna")
		h.wantStory(h.as(root.ID), id, []string{
			"grafana asked for a sign-in · proofs made anew were wanted", "Not let in: wrong password", "Password right",
			"Asked for: mailed code (the browser is not trusted)", "Code mailed", "Not let in: wrong code",
		}, []string{
			"grafana hat um eine Anmeldung gebeten · frische Nachweise waren verlangt", "Nicht eingelassen: falsches Passwort", "Passwort richtig",
			"Verlangt: Code per E-Mail (dem Browser wird nicht vertraut)", "Code per E-Mail gesendet", "Nicht eingelassen: falscher Code",
		})
	})
}

// Of a sign-in of before events told how it began.
func TestASignInWithoutATrailBeginsWithItsFirstEvent(t *testing.T) {
	h := open(t)
	anna, at := h.person("anna@aviary.test", ""), h.aMinuteAgo()
	id := h.recordAll(anna, "old", storage.Event{Time: at(3), Kind: storage.SignInRefused, Result: "password_wrong"},
		storage.Event{Time: at(9), Kind: "sign_in.google_right", Data: map[string]string{"asks": "", "why": "google"}})
	in, err := h.desk.Inspect(t.Context(), admin.Operator(), id)
	h.must(err)
	var did []string
	for _, s := range in.Steps {
		did = append(did, strings.TrimSpace(s.Did+" "+s.Client+" "+s.Why))
	}
	want := []string{"began grafana", "sign_in.refused grafana password_wrong", "sign_in.google_right grafana ok", "spared grafana google"}
	if !slices.Equal(did, want) {
		t.Errorf("%q", did)
	}
}

func TestWhatWasGivenInASessionIsToldOnceAndATestOfItIsNoRevocation(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		session, ctx := h.session(root.ID), t.Context()
		h.wiki()
		for _, id := range []string{"test", "real"} {
			_, err := h.db.RedeemCode(ctx, storage.Grant{ID: id, Kind: "code", ClientID: "wiki", UserID: root.ID, SessionID: session.ID, Scopes: []string{"openid"},
				CodeID: storage.NewID(), CodeIssued: h.now(), Expires: h.now().Add(time.Hour), IdleUntil: h.now().Add(time.Hour)})
			h.must(err)
		}
		h.must(h.db.RevokeGrant(ctx, "test", storage.Event{Kind: storage.ClientTested, Actor: root.ID, Data: map[string]string{"grant": "test"}}))
		at := h.aMinuteAgo()
		id := h.recordAll(root, "one", storage.Event{Time: at(1), Kind: storage.SessionStarted, Data: map[string]string{"session": session.ID}},
			storage.Event{Time: at(20), Kind: storage.SessionRaised, Data: map[string]string{"session": session.ID}})
		in, err := h.desk.Inspect(ctx, admin.Operator(), id)
		h.must(err)
		tests := 0
		for _, one := range in.Tokens {
			if one.Test {
				tests++
			}
			if one.Test == one.Revoked.IsZero() {
				t.Errorf("%+v", one)
			}
		}
		if len(in.Tokens) != 2 || tests != 1 {
			t.Errorf("%+v", in.Tokens)
		}
		if b := h.as(root.ID).Go("/admin/log/" + id).Check().Sees("Test sign-in"); strings.Contains(b.Body(), "tag bad") {
			t.Error("a test is shown as a revocation")
		}
		h.must(h.db.RevokeGrant(ctx, "real", storage.Event{Actor: root.ID}))
		h.as(root.ID).Go("/admin/log/" + id).Sees("revoked")
	})
}

// LG-08: three pages of one minute are one event, and each reference leads to it.
func TestEachReferenceOfASummedUpEventFindsIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.ClientMisfit, Client: "grafana", Result: "invalid_redirect_uri", Reference: "E-0003-AA",
			Data: map[string]string{"count": "3", storage.ReferencesKept: "E-0001-AA E-0002-AA E-0003-AA"}}))
		b := h.as(root.ID)
		for _, typed := range []string{"E-0001-AA", "e-0002-aa", "E-0003-AA", "E-0001-AA&kind=client.", "E-0002-AA&app=grafana"} {
			b.Go("/admin/log?reference=" + typed).Check().Sees("E-0003-AA").SeesNot("can be found after a minute")
		}
		for _, typed := range []string{"E-0001-AA", "e-0002-aa", "E-0003-AA"} {
			b.Go("/admin/search?q=" + typed).Check().Sees("Request of an application refused").SeesNot("Nothing was found")
		}
		for _, typed := range []string{"E-0004-AA", "E-%25%25%25%25-AA", "E", "E-0001-AA&kind=session.", "E-0001-AA&app=wiki"} {
			b.Go("/admin/log?reference=" + typed).Check().Sees("can be found after a minute").SeesNot("E-0003-AA")
		}
		for _, typed := range []string{"E-0004-AA", "E-%25%25%25%25-AA"} {
			b.Go("/admin/search?q=" + typed).Check().Sees("Nothing was found")
		}
	})
}

// facts is what an event's page tells of it, name: text, in words.
func facts(b *webtest.Browser) []string {
	var all []string
	for _, f := range factOf.FindAllStringSubmatch(b.Body(), -1) {
		all = append(all, html.UnescapeString(tag.ReplaceAllString(f[1]+": "+f[2], "")))
	}
	return all
}

// What is refused is told in prose, as op writes it (TestTheReferenceOfAPageFindsWhatIsRegisteredInTheLog) and as an application's server answers.
func TestProseIsShownAsItIsAndTheWhyOfASignInInWords(t *testing.T) {
	h := open(t)
	b := h.as(h.person("root@aviary.test", "admin").ID)
	const difference = "sent 'https://evil.test/cb'; registered 'https://rp.test/cb'; the difference: user, host 'evil.test' is not 'rp.test', query, fragment"
	for _, c := range []struct{ kind, why, want string }{
		{storage.ClientMisfit, difference, difference}, {storage.LogoutUntold, "no answer: connection refused", "no answer: connection refused"},
		{"sign_in.password_right", "untrusted", "the browser is not trusted"},
	} {
		b.Go("/admin/log/" + h.told(storage.Event{Kind: c.kind, Data: map[string]string{"why": c.why}})).Check()
		if got := facts(b); !slices.Contains(got, "Why: "+c.want) {
			t.Errorf("%s: %q", c.kind, got)
		}
	}
}

func TestABrowserThatNobodyKnowsIsToldInWordsAndWhatIsEmptyHasNoRow(t *testing.T) {
	h := open(t)
	b := h.as(h.person("root@aviary.test", "admin").ID)
	for agent, want := range map[string]string{"": "Unbekannter Browser", "Firefox on Linux": "Firefox unter Linux"} {
		id := h.told(storage.Event{Kind: storage.SessionStarted, Data: map[string]string{"browser": agent, "asks": ""}})
		got := facts(b.Set("Accept-Language", "de").Go("/admin/log/" + id).Check())
		if !slices.Contains(got, "Browser: "+want) || slices.ContainsFunc(got, func(f string) bool { return strings.HasSuffix(f, ": ") }) {
			t.Errorf("%q: %q", agent, got)
		}
	}
}

// told writes an event, and gives its id.
func (h *house) told(e storage.Event) string {
	h.t.Helper()
	h.must(h.db.Record(h.t.Context(), e))
	page, err := h.db.Log(h.t.Context(), storage.LogFilter{Kind: e.Kind}, "", 1)
	h.must(err)
	return page.Events[0].ID
}
