package admin_test

import (
	"context"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// owned adds an application that somebody else keeps.
func (h *house) owned(id, owner string) {
	h.t.Helper()
	c := storage.Client{ID: id, Name: "Of the " + id, Type: "web", AuthMethod: "client_secret_basic", RedirectURIs: []string{"https://o.test/cb"},
		GrantTypes: []string{"authorization_code"}, RequirePKCE: true, IDTokenAlg: "RS256", Refresh: "offline", TokenFormat: "opaque",
		Secrets: [2][]byte{make([]byte, 32)}}
	switch owner {
	case "applied":
		c.Owner = owner
		h.must(h.db.AddClient(h.t.Context(), c, storage.Event{}))
		return
	case "file":
		h.must(h.db.DeclareClients(h.t.Context(), []storage.Client{c}, storage.Event{}))
		return
	}
	c.Consent = true
	h.must(h.db.RegisterClient(h.t.Context(), storage.Registration{Client: c}, storage.Event{}))
}

func TestWhatTheFileDeclaresIsReadHereAndNotChanged(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		h.owned("declared", "file")
		b.Go("/admin/apps").Check().Sees("From the configuration")
		b.Go("/admin/apps/declared").Status(200).Check().Sees("declared in the configuration file").SeesNot("Disable").SeesNot("Remove")
		b.Go("/admin/apps/declared/secrets").Status(200).Check().SeesNot("Add a second")
		before := h.client("declared")
		for _, page := range []string{"settings", "disable", "remove"} {
			b.Go("/admin/apps/declared/" + page).Status(http.StatusConflict).Sees("A file keeps this application")
		}
		version := strconv.FormatInt(before.Updated.UnixMicro(), 10)
		for page, form := range map[string]url.Values{"settings": {"version": {version}, "client_name": {"X"}}, "access": {"version": {version}, "require_totp": {"on"}},
			"secrets": {}, "secrets/remove": {"secret": {"x"}}, "disable": {}, "enable": {}, "remove": {}} {
			b.Go("/admin/apps").Post("/admin/apps/declared/"+page, form).Status(http.StatusConflict).Sees("A file keeps this application")
		}
		if after := h.client("declared"); !after.Updated.Equal(before.Updated) {
			t.Error("it was changed")
		}
	})
}

func TestWhatAFileOfItsOwnKeepsIsNotChangedEither(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		h.owned("applied", "applied")
		b.Go("/admin/apps?owner=applied").Check().Sees("Of the applied").Sees("From a file")
		b.Go("/admin/apps/applied").Check().Sees("doorward apply").SeesNot("Remove")
		b.Post("/admin/apps/applied/remove", url.Values{}).Status(http.StatusConflict)
		b.Go("/admin/apps").Post("/admin/apps/applied/disable", url.Values{}).Status(http.StatusConflict)
		h.client("applied")
	})
}

func TestAListOfApplicationsHasOneToTwoHundredRows(t *testing.T) { // BF-14
	h := open(t)
	h.apps()
	h.grafana()
	h.owned("wiki", "file")
	for limit, want := range map[int]int{-1: 1, 0: 1, 1: 1, 1_000_000: 2} {
		list, next, err := h.desk.Apps(t.Context(), admin.AppFilter{}, admin.Part{Limit: limit})
		h.must(err)
		if len(list) != want || (next != "") != (want == 1) {
			t.Errorf("asked for %d, one gets %d and %q", limit, len(list), next)
		}
	}
}

func TestWhatRegisteredItselfIsAdmittedToDisabledAndRemovedAlone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		h.owned("itself", "dynamic")
		b.Go("/admin/apps?owner=itself").Check().Sees("Of the itself").Sees("Registered itself")
		b.Go("/admin/apps/itself").Check().Sees("changes its settings itself").SeesNot("Settings of")
		for _, page := range []string{"settings", "secrets"} {
			version := strconv.FormatInt(h.client("itself").Updated.UnixMicro(), 10)
			b.Go("/admin/apps").Post("/admin/apps/itself/"+page, map[string]url.Values{"settings": {"version": {version}, "client_name": {"X"}, "redirect_uris": {"https://o.test/cb"}}}[page]).
				Status(http.StatusConflict).Sees("registered itself")
		}
		b.Go("/admin/apps/itself/access").Fill("access", "some").Fill("people", "root@aviary.test").Press("Save").Status(200).Check()
		if !h.client("itself").Restricted() {
			t.Error("access was not changed")
		}
		b.Go("/admin/apps/itself/remove").Check().Press("Remove").Status(200).Sees("is removed")
	})
}

func TestAnAddressThatWasMetIsAddedByWhoWasShownIt(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, b, root := h.apps()
		h.grafana()
		session := h.session(root.ID).ID
		p.met["good"] = admin.MetAddress{Client: "grafana", Redirect: "https://grafana.aviary.test:8443/login/generic_oauth", Session: session}
		p.met["plain"] = admin.MetAddress{Client: "grafana", Redirect: "http://grafana.aviary.test/login/generic_oauth", Session: session}
		p.met["another's"] = admin.MetAddress{Client: "grafana", Redirect: "https://evil.test/", Session: "session-of-eve"}
		p.met["of another app"] = admin.MetAddress{Client: "gitlab", Redirect: "https://evil.test/", Session: session}
		for _, sealed := range []string{"forged", "", "another's", "of another app"} {
			b.Go("/admin/apps/grafana/redirects?sealed=" + url.QueryEscape(sealed)).Status(http.StatusConflict).Check().Sees("That took too long")
			b.Post("/admin/apps/grafana/redirects", url.Values{"sealed": {sealed}}).Status(http.StatusConflict)
		}
		// The error page's link, from a browser that has not been in the console yet.
		fresh := h.as(root.ID)
		fresh.Go("/admin/apps/grafana/redirects?sealed=good").Status(200).Check().Sees("Port").Sees("8443")
		if len(h.client("grafana").RedirectURIs) != 1 {
			t.Error("it was added before anybody was asked")
		}
		fresh.Press("Add this address").Status(200).Check().Sees("Saved")
		fresh.Go("/admin/apps/grafana/redirects?sealed=good").Check().Sees("registered already")
		b.Go("/admin/apps/grafana/redirects?sealed=plain").Status(200).Check().Press("Add this address").Status(422).Check()
		if got := strings.Join(h.client("grafana").RedirectURIs, " "); got != "https://grafana.aviary.test/login/generic_oauth https://grafana.aviary.test:8443/login/generic_oauth" {
			t.Errorf("registered are %s", got)
		}
	})
}

func TestProblemsAreToldWithWhatHelps(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		_, b, _ := h.apps()
		h.grafana()
		b.Go("/admin/apps/grafana/problems").Status(200).Check().Sees("Nothing was refused")
		since := h.db.Now().Add(-time.Hour)
		for _, count := range []string{"6", "8"} {
			h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.ClientRefused, Client: "grafana", Result: "wrong_secret", Address: "10.0.0.7",
				Reference: "E-7F3K-92", Data: map[string]string{"count": count, "since": since.Format(time.RFC3339), "method": "client_secret_basic"}}))
		}
		h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.ClientDenied, Client: "grafana", Result: "no_access"}))
		h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.ClientRefused, Client: "gitlab", Result: "wrong_method"}))
		b.Go("/admin/apps/grafana/problems").Status(200).Check().Sees("Wrong secret, sent by client_secret_basic").Sees("14 ×").Sees("10.0.0.7").Sees("E-7F3K-92").
			Sees("People without access asked to sign in")
		list, err := h.desk.AppProblems(t.Context(), "grafana")
		h.must(err)
		if len(list) != 2 || list[1].Count != 14 || !list[1].Since.Equal(since.Truncate(time.Second)) {
			t.Errorf("%+v", list)
		}
		b.Go("/admin/apps/grafana").Check().Sees("Refused in the last seven days: 15")
		b.Go("/admin/apps/grafana/problems").Follow("Everything in the log").Check().Sees("10.0.0.7").SeesNot("Person added")

		_, err = h.desk.AddSecret(t.Context(), admin.Operator(), "grafana", "")
		h.must(err)
		b.Go("/admin/apps/grafana/problems").Check().SeesNot("Its secrets changed")
		h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.ClientRefused, Client: "grafana", Result: "wrong_secret"}))
		b.Go("/admin/apps/grafana/problems").Check().Sees("Its secrets changed at")
	})
}

// crowded is a log in which other applications fill the first two pages.
type crowded struct{ admin.Store }

func (s crowded) Log(ctx context.Context, f storage.LogFilter, before string, limit int) (storage.LogPage, error) {
	if after, ok := map[string]string{"": "zz", "zz": "z"}[before]; ok && f.Client != "" {
		return storage.LogPage{Next: after}, nil
	}
	return s.Store.Log(ctx, f, before, limit)
}

func TestProblemsAreFoundBehindThoseOfOthers(t *testing.T) {
	h := open(t)
	h.grafana()
	h.must(h.db.Record(t.Context(), storage.Event{Kind: storage.ClientRefused, Client: "grafana", Result: "wrong_secret"}))
	h.desk.Store = crowded{h.desk.Store}
	if list, err := h.desk.AppProblems(t.Context(), "grafana"); err != nil || len(list) != 1 {
		t.Errorf("%+v, %v", list, err)
	}
}

func TestATestSignInIsShownCheckByCheck(t *testing.T) {
	h := open(t)
	p, b, root := h.apps()
	h.grafana()
	b.Go("/admin/apps/grafana/test").Status(200).Check()
	b.StayOn("https://nowhere.test").Press("Test sign-in")
	if b.StayOn("").Location() != issuer+"/authorize?test=grafana" {
		t.Errorf("it leads to %q", b.Location())
	}
	p.report = admin.TrialReport{Scopes: []string{"openid", "email"}, Header: `{"alg": "RS256"}`, Claims: `{"sub": "<b>x</b>"}`, Userinfo: `{"email": "root@aviary.test"}`,
		Access: admin.TrialAccess{Format: "opaque", Bytes: 200, Life: 5 * time.Minute}, Checks: []admin.TrialCheck{{Name: "signature", OK: true}, {Name: "email", OK: true}}}
	b.Go("/admin/apps/grafana/test?code=c&iss=" + url.QueryEscape(issuer)).Status(200).Check().Sees("Everything is as applications expect it").Sees(`{"sub": "<b>x</b>"}`)
	if last := p.ended[len(p.ended)-1]; last.User != root.ID || last.Session != h.session(root.ID).ID || last.App != "grafana" {
		t.Errorf("it was ended by %+v", last)
	}
	p.report.Checks[0].Want, p.report.Checks[1].Want = "by a key of /jwks", "in userinfo"
	b.Clone().Go("/admin/apps/grafana/test?code=c&lang=de").Check().Sees("von einem Schlüssel unter /jwks").Sees("in den Userinfo-Daten").SeesNot("by a key of")
	p.report.Checks[1] = admin.TrialCheck{Name: "email", Want: "an address", Got: "none"}
	b.Go("/admin/apps/grafana/test?code=c").Check().Sees("Wrong").Sees("an address").SeesNot("Everything is")
	p.fault = &admin.TrialFault{Code: "invalid_grant", Text: "the code was used"}
	b.Go("/admin/apps/grafana/test?code=c").Status(422).Check().Sees("The sign-in did not work").Sees("the code was used").Sees("invalid_grant")
	// XS-01: a link from elsewhere tells an administrator nothing in the console's name.
	b.Go("/admin/apps/grafana/test?error=access_denied&error_description=Call+0900+666").Status(422).Check().Sees("was cancelled").Sees("access_denied").SeesNot("0900")
	b.Go("/admin/apps/grafana/test?error=Call+0900+666").Status(200).Check().SeesNot("0900").SeesNot("did not work")
	ended := len(p.ended)
	h.as(h.person("viewer@aviary.test", "viewer").ID).Go("/admin/apps/grafana/test?code=c").Status(http.StatusForbidden)
	if len(p.ended) != ended {
		t.Error("a viewer has ended a test")
	}
}

func TestAnInvitationIsShownOnceAndStandsInTheLog(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		p, b, _ := h.apps()
		b.Go("/admin/app-invitations").Status(200).Check()
		for uses, days := range map[string]string{"0": "1", "1": "91", "many": "1", "1001": "1"} {
			b.Go("/admin/app-invitations").Fill("uses", uses).Fill("days", days).Press("Make an invitation").Status(422).Check()
		}
		b.Go("/admin/app-invitations").Fill("uses", "3").Press("Make an invitation").Status(200).Check().Sees("dwn_for_3").Sees(issuer + "/register")
		log, err := h.db.Log(t.Context(), storage.LogFilter{Kind: admin.AppInvited}, "", 5)
		h.must(err)
		if len(log.Events) != 1 || log.Events[0].Data["uses"] != "3" || strings.Contains(log.Events[0].Data["until"], "dwn_") {
			t.Errorf("%+v", log.Events)
		}
		p.closed = true
		b.Go("/admin/app-invitations").Press("Make an invitation").Status(http.StatusConflict).Check().Sees("Registration is closed")
	})
}

func TestAnApplicationThatAsksForNoAddressIsWarnedOf(t *testing.T) { // complaint 32
	h := open(t)
	_, b, _ := h.apps()
	made := h.grafana()
	b.Go("/admin/apps/grafana").Check().SeesNot("openid without email")
	made.App.AppSettings.Scopes = []string{"openid", "profile"}
	_, err := h.desk.ChangeApp(t.Context(), admin.Operator(), admin.AppChange{ID: "grafana", Updated: made.App.Updated, Settings: &made.App.AppSettings})
	h.must(err)
	b.Go("/admin/apps/grafana").Check().Sees("openid without email")
}

// AD-14: nothing that must not be guessed is short.
func TestWhatMustNotBeGuessedIsLong(t *testing.T) {
	h := open(t)
	h.apps()
	if secret := h.grafana().Secret; !secretText.MatchString(secret) { // 256 bits
		t.Errorf("the secret is %d characters long", len(secret))
	}
}
