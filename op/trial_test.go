package op_test

// An administrator tests a sign-in to an application (behaviours.md 3.16): everything is as for the application, and nothing of it lives.

import (
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// tester is an administrator's browser, and the tests that they run.
type tester struct {
	*browser
	id string
}

func (h *house) tester(t *testing.T) *tester {
	t.Helper()
	b := h.boss(t)
	return &tester{b, h.people["root"].ID}
}

// of is a test of a client by who is signed in now.
func (x *tester) of(client string) op.Test {
	return op.Test{Client: client, User: x.id, Session: x.session.ID}
}

// begin is the path by which a test begins.
func (x *tester) begin(client string) string {
	x.t.Helper()
	path, err := x.house.door.BeginTest(x.t.Context(), x.of(client))
	must(x.t, err)
	return path
}

// console wants the browser sent to the console with an answer.
func (r reply) console(client string) url.Values {
	r.t.Helper()
	to, err := url.Parse(r.header.Get("Location"))
	must(r.t, err)
	if r.status != http.StatusSeeOther || !strings.HasPrefix(to.String(), issuer+"/admin/apps/"+client+"/test?") {
		r.t.Fatalf("status %d, Location %q, body %.300s; want the console", r.status, r.header.Get("Location"), r.body)
	}
	return to.Query()
}

// ends redeems a test as the console does.
func (x *tester) ends(code string, t op.Test) (op.Tested, string) {
	x.t.Helper()
	told, err := x.house.door.EndTest(x.t.Context(), code, t)
	var refused *op.Error
	if err != nil && !errors.As(err, &refused) {
		x.t.Fatal(err)
	}
	if err != nil {
		return told, refused.Code
	}
	return told, ""
}

func TestATestShowsWhatTheApplicationWouldBeTold(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		h.change(t, "web", func(c *storage.Client) { c.IDTokenClaims, c.TokenFormat, c.Sector = true, "jwt", "rp.test" })
		x := h.tester(t)
		code := x.get(x.begin("web")).console("web").Get("code")
		told, refused := x.ends(code, x.of("web"))
		if refused != "" {
			t.Fatal(refused)
		}
		var id, info map[string]any
		must(t, json.Unmarshal(told.IDToken.Claims, &id))
		must(t, json.Unmarshal(told.Userinfo, &info))
		if id["aud"] != "web" || id["iss"] != issuer || id["email"] != "root@example.com" || info["email"] != "root@example.com" || id["sub"] == x.id || info["sub"] != id["sub"] {
			t.Errorf("ID token %v, userinfo %v", id, info)
		}
		if told.Access.Format != "jwt" || !strings.Contains(string(told.Access.Claims), `"client_id": "web"`) || !told.Refresh || told.Access.Life <= 0 {
			t.Errorf("access token %+v", told.Access)
		}
		var names []string
		for _, c := range told.Checks {
			names = append(names, c.Name)
			if !c.OK {
				t.Errorf("red: %+v", c)
			}
		}
		if strings.Join(names, " ") != "signature algorithm issuer audience nonce expiry at_hash subject email groups" {
			t.Errorf("checked %v", names)
		}
		page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.ClientTested}, "", 10)
		must(t, err)
		if len(page.Events) != 1 || page.Events[0].Actor != x.id || page.Events[0].Client != "web" || page.Events[0].User != x.id {
			t.Errorf("the log says %+v", page.Events)
		}
	})
}

func TestNothingOfATestCanBeUsed(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		x := a.tester(t)
		code := x.get(x.begin("basic")).console("basic").Get("code")
		// With the application's own secret it is no code, whatever it is dressed as.
		for _, text := range []string{code, "dwc_" + code[4:]} {
			a.redeem("basic", text, with("redirect_uri", issuer+"/admin/apps/basic/test"), without("code_verifier")).denied(http.StatusBadRequest, "invalid_grant")
			a.redeem("basic", text).denied(http.StatusBadRequest, "invalid_grant")
		}
		told, refused := x.ends(code, x.of("basic"))
		if refused != "" {
			t.Fatal(refused)
		}
		text, err := json.Marshal(told)
		must(t, err)
		for _, secret := range []string{"dwa_", "dwr_", "eyJ"} {
			if strings.Contains(string(text), secret) {
				t.Errorf("the answer holds a token that begins with %s: %s", secret, text)
			}
		}
		grants, err := a.db.GrantsOfSession(t.Context(), x.id, x.session.ID)
		must(t, err)
		if len(grants) != 1 || grants[0].RevokedAt.IsZero() || grants[0].Offline {
			t.Errorf("a grant lives: %+v", grants)
		}
		if list, err := a.door.Told(t.Context(), x.session); err != nil || len(list) != 0 {
			t.Errorf("the application would be told of a sign-out: %v %v", list, err)
		}
		if _, err := a.db.Consent(t.Context(), x.id, "basic"); !errors.Is(err, storage.ErrNotFound) {
			t.Errorf("a consent stays: %v", err)
		}
	})
}

// However often it is opened and however many ask, a test ends once; what comes later is nobody's.
func TestATestEndsOnce(t *testing.T) {
	eachHouse(t, func(t *testing.T, h *house) {
		x := h.tester(t)
		begun := x.begin("web")
		first, second := x.get(begun).console("web").Get("code"), x.get(begun).console("web").Get("code")
		if _, refused := x.ends(first, x.of("web")); refused != "" {
			t.Error(refused)
		}
		for _, again := range []string{first, second} {
			if _, refused := x.ends(again, x.of("web")); refused != "invalid_grant" {
				t.Errorf("it ends again: %q", refused)
			}
		}
		begun = x.begin("web")
		first, second = x.get(begun).console("web").Get("code"), x.get(begun).console("web").Get("code")
		results := make([]string, 12)
		var all sync.WaitGroup
		for i := range results {
			all.Go(func() { _, results[i] = x.ends([]string{first, second}[i%2], x.of("web")) })
		}
		all.Wait()
		won := 0
		for _, r := range results {
			switch r {
			case "":
				won++
			case "invalid_grant", "invalid_token": // the second when it came again while the first was read
			default:
				t.Error(r)
			}
		}
		if won > 1 {
			t.Errorf("%d have ended it", won)
		}
		grants, err := h.db.GrantsOfSession(t.Context(), x.id, x.session.ID)
		must(t, err)
		if slices.ContainsFunc(grants, func(g storage.Grant) bool { return g.RevokedAt.IsZero() }) {
			t.Errorf("a grant lives: %+v", grants)
		}
	})
}

func TestATestIsOfWhoBeganIt(t *testing.T) {
	h := newHouse(t)
	x := h.tester(t)
	begun := x.begin("web")
	stranger := h.browser(t)
	for name, b := range map[string]*browser{"nobody": stranger, "another person": h.signedIn(t, "ben"), "their own other browser": h.signedIn(t, "root")} {
		r := b.get(begun)
		r.page(http.StatusForbidden)
		wantText(t, r.body, "This test sign-in cannot go on")
		if len(h.face.asks) > 0 {
			t.Errorf("%s is asked to sign in for it", name)
		}
	}
	code := x.get(begun).console("web").Get("code")
	for name, asks := range map[string]op.Test{
		"another person":      {Client: "web", User: h.people["ben"].ID, Session: x.session.ID},
		"another session":     {Client: "web", User: x.id, Session: h.signedIn(t, "root").session.ID},
		"no session":          {Client: "web", User: x.id},
		"another application": x.of("web2"),
	} {
		fresh := x.get(x.begin("web")).console("web").Get("code")
		if _, refused := x.ends(fresh, asks); refused != "invalid_grant" {
			t.Errorf("%s: %q", name, refused)
		}
		if _, refused := x.ends(fresh, x.of("web")); refused != "invalid_grant" { // it was in wrong hands
			t.Errorf("%s: it ends after that: %q", name, refused)
		}
	}
	if _, refused := x.ends(code, x.of("web")); refused != "" {
		t.Error(refused)
	}
}

// A seal is nobody's but ours, is for this alone, and stands alone: what is beside it cannot turn it into something else.
func TestNoOtherRequestIsATest(t *testing.T) {
	h := newHouse(t)
	x := h.tester(t)
	begun := x.begin("web")
	seal := strings.TrimPrefix(begun, "/authorize?test=")
	forged, err := h.keys.Box.Seal(keys.ForRequest, map[string]any{"i": "x", "c": "web", "u": x.id, "s": x.session.ID, "e": h.now().Add(time.Hour).Unix()})
	must(t, err)
	for name, path := range map[string]string{
		"no seal": "/authorize?test=", "a damaged one": begun[:len(begun)-1] + "_", "another kind": "/authorize?test=" + forged, "that kind, dressed": "/authorize?test=dwj_" + forged[4:],
		"a redirect URI beside": begun + "&redirect_uri=https://evil.test/", "a client beside": begun + "&client_id=web2", "resume beside": begun + "&resume=" + forged,
		"a scope beside": begun + "&scope=openid+offline_access",
	} {
		if r := x.get(path); r.status != http.StatusForbidden || r.header.Get("Location") != "" {
			t.Errorf("%s: %d %s", name, r.status, r.header.Get("Location"))
		}
	}
	x.get("/authorize?resume=" + seal).page(http.StatusBadRequest)
	x.get("/authorize?test=" + seal + "&test=" + seal).page(http.StatusBadRequest)
	r := x.post(good(with("test", seal))) // by POST it is a parameter that nobody knows
	if !strings.HasPrefix(r.header.Get("Location"), "/authorize?resume=dwq_") {
		t.Errorf("%d %s", r.status, r.header.Get("Location"))
	}
	x.authorize(with("redirect_uri", issuer+"/admin/apps/web/test")).page(http.StatusBadRequest) // without a seal the console is no destination
}

// The administrator's own session is raised where the application wants more; then the test goes on, and is still a test.
func TestATestGoesOnAfterAStepUp(t *testing.T) {
	h := newHouse(t)
	h.change(t, "web", withApp)
	x := h.tester(t)
	x.get(x.begin("web")).asked()
	ask := h.face.last(t)
	if !ask.Must || ask.ClientID != "web" {
		t.Fatalf("the face is asked %+v", ask)
	}
	ben := h.signedIn(t, "ben")
	ben.get(ask.Back).page(http.StatusForbidden)
	if got := x.get(ask.Back + "&error=access_denied").console("web"); got.Get("error") != "access_denied" {
		t.Errorf("%v", got)
	}
	u, err := h.db.User(t.Context(), x.id)
	must(t, err)
	must(t, h.db.AddAuthenticator(t.Context(), storage.NewAuthenticator{UserVersion: u.Version, Keep: x.session.ID, Authenticator: storage.Authenticator{
		ID: storage.NewID(), UserID: u.ID, Name: "Phone", Sealed: []byte{1}}}, storage.Event{}))
	h.people["root"], err = h.db.User(t.Context(), x.id)
	must(t, err)
	x.acr = appFactor
	x.signIn("root", ask.Attempt)
	code := x.get(ask.Back).console("web").Get("code")
	if told, refused := x.ends(code, x.of("web")); refused != "" || told.ACR != appFactor {
		t.Errorf("%q %+v", refused, told)
	}
	h.later(6 * time.Minute)
	x.get(ask.Back).page(http.StatusForbidden)
}

func TestATestAnswersWhereTheConsoleIs(t *testing.T) {
	h := newHouse(t)
	x := h.tester(t)
	h.serve(t, op.Options{Console: "https://op.test:8444"})
	to := x.get(x.begin("web")).header.Get("Location")
	if !strings.HasPrefix(to, "https://op.test:8444/admin/apps/web/test?code=dwv_") {
		t.Error(to)
	}
}
