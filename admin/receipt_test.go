package admin_test

import (
	"encoding/json"
	"net/url"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// givesUp lets nobody tell an application any more.
func (h *house) givesUp(client, why string) {
	h.t.Helper()
	l, err := h.db.ClaimLogout(h.t.Context(), time.Minute, nil)
	h.must(err)
	if l.ClientID != client {
		h.t.Fatalf("%s is told, not %s", l.ClientID, client)
	}
	l.Why = why
	h.must(h.db.FailLogout(h.t.Context(), l))
}

// Behaviours 3.17: "tells 4 apps (3 answered, Wiki did not: retry)".
func TestAnApplicationThatDidNotAnswerIsToldAgainFromTheReceipt(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		help, anna := h.person("help@aviary.test", "helpdesk"), h.full("anna@aviary.test")
		b := h.as(help.ID).Go("/admin/people/" + anna.ID + "/disable").Press("submit").Sees("Is being told").SeesNot("Try again")
		receipt := b.URL()
		h.givesUp("wiki", "it answers 400")
		b.Go(receipt).Check().Sees("Refused").SeesNot("Did not answer").Sees("it answers 400")
		h.as(h.person("view@aviary.test", "viewer").ID).Go(receipt).Check().Sees("Refused").SeesNot("Try again")

		b.Fill("reason", "their server is back").Press("Try again").Status(200).Check().Sees("Is being told").Sees("Tries so far: 0").SeesNot("Try again")
		if b.URL() != receipt {
			t.Errorf("the receipt is %s, then %s", receipt, b.URL())
		}
		h.logged(anna.ID, storage.LogoutRetried, help.ID, map[string]string{"reason": "their server is back", "logouts": "1"})
		b.Post(receipt, url.Values{}).Status(409).Check().Sees("There is nothing to do here any more") // it waits
		h.answers("wiki", "")
		b.Go(receipt).Check().Sees("Answered").SeesNot("Try again")
		b.Post(receipt, url.Values{}).Status(409)
		b.Post(issuer+"/admin/people/"+anna.ID+"/receipt?of=another", url.Values{}).Status(404)
		b.Post(issuer+"/admin/people/"+anna.ID+"/receipt", url.Values{}).Status(404)
	})
}

// AD-07: a helpdesk touches nobody with a role, by a receipt neither; whoever is deleted has none any more.
func TestWhoMayNotChangeSomebodyHasNobodyToldOfThemAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		help, root, boss := h.person("help@aviary.test", "helpdesk"), h.person("root@aviary.test", "admin"), h.full("boss@aviary.test")
		_, err := h.desk.SetRole(t.Context(), admin.Operator(), boss.ID, admin.RoleChange{Role: "viewer", Updated: h.updated(boss.ID)})
		h.must(err)
		h.givesUp("wiki", "it answers 400") // a role ends sessions
		receipt := h.as(root.ID).Go("/admin/people/" + boss.ID + "/sign-out").Press("submit").Status(200).URL()
		h.as(help.ID).Go(receipt).Check().SeesNot("Try again").Post(receipt, url.Values{}).Status(403)

		receipt = h.as(root.ID).Go("/admin/people/"+boss.ID+"/remove").Fill("typed", boss.Email).Press("submit").Status(200).URL()
		h.as(help.ID).Go(receipt).Check().Sees("boss@aviary.test")
	})
}

func TestTheAPIHasApplicationsToldAgain(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		anna := h.full("anna@aviary.test")
		var ended admin.Ended
		h.must(json.Unmarshal(h.calls("write", "POST", "/people/"+anna.ID+"/disable", `{}`).is(200).body, &ended))
		path := "/people/" + anna.ID + "/receipts/" + ended.Receipt + "/retry"
		h.calls("write", "POST", path, `{}`).is(409)
		h.givesUp("wiki", "it answers 400")
		h.calls("read", "POST", path, `{}`).is(403)
		h.calls("write", "POST", "/people/"+anna.ID+"/receipts/another/retry", `{}`).is(404)
		h.must(json.Unmarshal(h.calls("write", "POST", path, `{"reason":"they are back"}`).is(200).body, &ended))
		if len(ended.Apps) != 1 || ended.Apps[0].State != storage.LogoutWaiting || ended.Apps[0].Tries != 0 {
			t.Errorf("after it %+v", ended.Apps)
		}
		h.logged(anna.ID, storage.LogoutRetried, "client:writer", map[string]string{"reason": "they are back"})
	})
}

// Each round tries every application of the person's: no actor goes on without end, and none uses up another's, or another person's.
func TestAnActorHasApplicationsToldAgainSixTimesAnHour(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		help := h.person("help@aviary.test", "helpdesk")
		disabled := func(email string) (path, page string) {
			id := h.person(email, "").ID
			h.opensWiki(h.signedIn(id, nil))
			ended := as[admin.Ended](h.calls("write", "POST", "/people/"+id+"/disable", `{}`).is(200))
			h.givesUp("wiki", "it answers 400")
			return "/people/" + id + "/receipts/" + ended.Receipt + "/retry", "/admin/people/" + id + "/receipt?of=" + ended.Receipt
		}
		path, page := disabled("anna@aviary.test")
		for range 6 {
			h.calls("write", "POST", path, `{}`).is(200)
			h.givesUp("wiki", "it answers 400")
		}
		refused := h.calls("write", "POST", path, `{}`).is(429)
		if wait, err := strconv.Atoi(refused.header.Get("Retry-After")); err != nil || wait < 1 || wait > 600 {
			t.Errorf("to wait %q s", refused.header.Get("Retry-After"))
		}
		h.calls("write", "POST", strings.Replace(path, "/retry", "x/retry", 1), `{}`).is(404) // there is no such receipt

		b := h.as(help.ID)
		for range 6 {
			b.Go(page).Press("Try again").Status(200)
			h.givesUp("wiki", "it answers 400")
		}
		b.Go(page).Press("Try again").Status(429).Check().Sees("wait 10 minutes")
		other, _ := disabled("ben@aviary.test")
		h.calls("write", "POST", other, `{}`).is(200)
		h.givesUp("wiki", "it answers 400")
		h.ahead.Add(int64(10 * time.Minute))
		h.calls("write", "POST", path, `{}`).is(200)
	})
}
