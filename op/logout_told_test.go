package op_test

// OIDC Front-Channel Logout 1.0, and what a person is told.

import (
	"context"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
)

// front makes a client one that the person's browser tells.
func front(uri string) func(*storage.Client) {
	return func(c *storage.Client) {
		c.BackchannelURI, c.FrontchannelURI, c.FrontchannelSession = "", uri, true
		c.RedirectURIs = append(slices.Clone(c.RedirectURIs), strings.TrimSuffix(storage.Origin(uri), ":443")+"/cb")
	}
}

// asks is who is told of a session's end, as the face asks for it.
func (d *audience) asks(s storage.Session) []op.Told {
	d.t.Helper()
	all, err := d.door.Told(d.t.(*testing.T).Context(), s)
	must(d.t, err)
	return all
}

// C.7 item 62, conformance B.8: the page comes before the way back, and only where a frame has something to tell.
func TestTheBrowserStaysForAPageWhereItHasAnApplicationToTell(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat")
		d.join("front", front("https://front.test/bye"))
		b, hint := d.visits(t, "front", "chat")
		b.leaves(hint).leads("/account/signed-out") // the face's answer
		gone := d.face.gone
		if len(gone) != 1 || gone[0].Session.ID != b.session.ID || gone[0].To != out+"?state=st" {
			t.Fatalf("the face was asked %+v", gone)
		}
		if b.lives() {
			t.Error("the session lives")
		}
		b.authorize(with("prompt", "none")).refused("login_required")

		b, _ = d.visits(t, "front")
		b.confirm(b.get("/end_session").asks()).leads("/account/signed-out")
		if gone = d.face.gone; len(gone) != 2 || gone[1].Session.ID != b.session.ID || gone[1].To != "" {
			t.Errorf("after our own form the face was asked %+v", gone)
		}
		b, hint = d.visits(t, "chat") // which we tell ourselves
		b.leaves(hint).leads(out + "?state=st")
		if len(d.face.gone) != 2 {
			t.Error("the browser was kept for nothing")
		}
	})
}

func TestAFrameNamesIssuerAndSessionAsTheApplicationKnowsThem(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a)
		d.join("plain", front("https://front.test/bye"))
		d.join("with-query", front("https://front.test/bye?a=1&b=%7e"))
		d.join("pairwise", func(c *storage.Client) { front("https://pair.test/bye")(c); c.Sector = "pair.test" })
		b, hint := d.visits(t, "plain", "with-query", "pairwise")
		_, claims := d.claimsIn(hint, "JWT")
		b.leaves(hint)
		const iss = "iss=https%3A%2F%2Fop.test&sid="
		want := []op.Told{
			{ClientID: "pairwise", Name: "The pairwise", State: op.ToldBrowser, Frame: "https://pair.test/bye?" + iss + claims["sid"].(string)},
			{ClientID: "plain", Name: "The plain", State: op.ToldBrowser, Frame: "https://front.test/bye?" + iss + b.session.ID},
			{ClientID: "with-query", Name: "The with-query", State: op.ToldBrowser, Frame: "https://front.test/bye?a=1&b=%7e&" + iss + b.session.ID},
		}
		if got := d.asks(b.session); !slices.Equal(got, want) || claims["sid"] == b.session.ID {
			t.Errorf("told %+v", got)
		}
	})
}

func TestHowFarApplicationsKnowIsToldAsFarAsTheyHaveAnswered(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "done", "refuses", "slow", "trying")
		d.answer("refuses", status(400))
		d.answer("trying", status(500))
		d.answer("slow", func(http.ResponseWriter) { time.Sleep(1500 * time.Millisecond) })
		d.join("both", func(c *storage.Client) {
			heard := c.BackchannelURI
			front("https://front.test/bye")(c)
			c.BackchannelURI = heard
		})
		d.answer("both", status(500))
		b, hint := d.visits(t, "basic", "done", "refuses", "trying", "both", "slow")
		b.leaves(hint)
		began := time.Now()
		got := d.asks(b.session)
		if took := time.Since(began); took < 400*time.Millisecond || took > 5*time.Second {
			t.Errorf("it waited %v for the slow one", took)
		}
		states := map[string]string{}
		for _, told := range got {
			states[told.Name] = told.State
		}
		for name, want := range map[string]string{"The done": op.ToldDone, "The refuses": op.ToldFailed, "The slow": op.ToldTrying,
			"The trying": op.ToldTrying, "The both": op.ToldBrowser} {
			if states[name] != want {
				t.Errorf("%s is %q, want %q", name, states[name], want)
			}
		}
		if len(got) != 5 {
			t.Errorf("told %+v", got)
		}
		d.becomes(b.session, "slow", storage.LogoutDelivered, 1)
		if i := slices.IndexFunc(d.asks(b.session), func(told op.Told) bool { return told.Name == "The slow" && told.State == op.ToldDone }); i < 0 {
			t.Error("who looks again does not see that the slow one has answered")
		}
	})
}

// An operator switches a rogue off: its page is opened in nobody's browser any more.
func TestADisabledApplicationHasNoFrame(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a)
		d.join("front", front("https://front.test/bye"))
		b, hint := d.visits(t, "front")
		d.disable(t, "front")
		b.leaves(hint)
		for _, told := range d.asks(b.session) {
			if told.Frame != "" || told.State == op.ToldBrowser {
				t.Errorf("told %+v", told)
			}
		}
	})
}

// forgetful is a store that cannot say who is told.
type forgetful struct{ op.Store }

func (forgetful) Logouts(context.Context, string) ([]storage.Logout, error) { return nil, errBroken }

func TestThatNobodyKnowsWhoIsToldKeepsNobodyFromGoingBack(t *testing.T) {
	d := newAudience(t, newApps(t))
	d.join("front", front("https://front.test/bye"))
	b, hint := d.visits(t, "front")
	d.router = doorOn(t, d.house, forgetful{d.db})
	b.leaves(hint).leads(out + "?state=st")
	if b.lives() {
		t.Error("the session lives")
	}
}
