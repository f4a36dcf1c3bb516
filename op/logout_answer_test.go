package op_test

// OIDC Back-Channel Logout 1.0 §2.8, and what goes wrong on the way.

import (
	"bytes"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
)

// huge answers with more than anybody reads.
func huge(w http.ResponseWriter) {
	for range 1000 {
		if _, err := w.Write(bytes.Repeat([]byte("x"), 64<<10)); err != nil {
			return
		}
	}
}

// LO-08, SR: how applications answer, and what comes of it.
func TestWhatAnApplicationAnswersDecidesWhetherItIsToldAgain(t *testing.T) {
	a := newApps(t)
	d := newAudience(t, a)
	redirect := func(w http.ResponseWriter) { w.Header().Set("Location", d.server.URL+"/followed"); w.WriteHeader(307) }
	down := httptest.NewServer(http.NotFoundHandler())
	down.Close()
	const (
		noWay     = "no answer: no connection, or not over TLS as it should be"
		notHTTPS  = "no answer: it is not https on port 443: add its origin to outbound.allow"
		notPublic = "no answer: it is not public: add its origin to outbound.allow" // no fault of the network
	)
	for id, c := range map[string]struct {
		answer func(http.ResponseWriter)
		uri    string // where the server is another
		state  string
		why    string
	}{
		"ok":        {status(200), "", storage.LogoutDelivered, ""},
		"empty":     {status(204), "", storage.LogoutDelivered, ""},
		"huge":      {huge, "", storage.LogoutDelivered, ""},
		"refuses":   {status(400), "", storage.LogoutFailed, "it answers 400"},
		"broken":    {status(500), "", storage.LogoutWaiting, "it answers 500"},
		"busy":      {status(503), "", storage.LogoutWaiting, "it answers 503"},
		"unknown":   {status(404), "", storage.LogoutWaiting, "it answers 404"},
		"accepts":   {status(202), "", storage.LogoutWaiting, "it answers 202"},
		"redirects": {redirect, "", storage.LogoutWaiting, "it answers 307"},
		"drops":     {dropping(t), "", storage.LogoutWaiting, noWay},
		"elsewhere": {nil, down.URL + "/x", storage.LogoutWaiting, notHTTPS}, // of another origin than the one that is vouched for
		"private":   {nil, "https://10.0.0.1/x", storage.LogoutWaiting, notPublic},
		"loopback":  {nil, "https://127.0.0.1/x", storage.LogoutWaiting, notPublic},
		"port":      {nil, "https://rp.test:8443/x", storage.LogoutWaiting, notHTTPS},
	} {
		t.Run(id, func(t *testing.T) {
			d.join("app-"+id, func(client *storage.Client) {
				if c.uri != "" {
					client.BackchannelURI = c.uri
				}
			})
			d.answer("app-"+id, c.answer)
			b, hint := d.visits(t, "app-"+id)
			began := time.Now()
			b.leaves(hint).leads(out + "?state=st")
			if took := time.Since(began); took > time.Second {
				t.Errorf("the person waited %v", took)
			}
			if l := d.becomes(b.session, "app-"+id, c.state, 1); l.Why != c.why {
				t.Errorf("it stands so: %+v, want %q", l, c.why)
			}
		})
	}
	if n := len(d.of("followed")); n != 0 {
		t.Errorf("a redirect was followed %d times", n)
	}
}

// dropping hangs up.
func dropping(t *testing.T) func(w http.ResponseWriter) {
	return func(w http.ResponseWriter) {
		conn, _, err := http.NewResponseController(w).Hijack()
		if err == nil {
			err = conn.Close()
		}
		if err != nil {
			t.Error(err)
		}
	}
}

// LO-08: who is slow keeps neither the person nor other applications waiting.
func TestASlowApplicationDelaysNobody(t *testing.T) {
	a := newApps(t)
	d := newAudience(t, a, "slow", "chat")
	d.answer("slow", func(http.ResponseWriter) {
		select {
		case <-d.closed:
		case <-time.After(time.Minute):
		}
	})
	var slow []storage.Session
	for range 6 { // more than there are lanes
		b, hint := d.visits(t, "slow")
		began := time.Now()
		b.leaves(hint).leads(out + "?state=st")
		if took := time.Since(began); took > time.Second {
			t.Errorf("the person waited %v", took)
		}
		slow = append(slow, b.session)
	}
	d.wait(func() bool { return len(d.of("slow")) > 0 }, func() string { return "the slow one was never asked" })
	began := time.Now()
	b, hint := d.visits(t, "slow", "chat")
	b.leaves(hint)
	d.becomes(b.session, "chat", storage.LogoutDelivered, 1)
	if took := time.Since(began); took > 4*time.Second {
		t.Errorf("another application waited %v", took)
	}
	d.wait(func() bool {
		return slices.ContainsFunc(slow, func(s storage.Session) bool {
			return d.stands(s, "slow").Why == "no answer: it does not answer in time"
		})
	}, func() string { return "nobody gave up waiting" })
	if n := len(d.of("slow")); n != 1 {
		t.Errorf("the slow one was asked %d times at once", n)
	}
}

func TestAnApplicationIsToldTenTimesAndThenNoMore(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat")
		d.answer("chat", status(500))
		b, hint := d.visits(t, "chat")
		b.leaves(hint)
		for n, wait := range []time.Duration{5, 20, 80, 320, 1280, 5120, 4 * 3600, 4 * 3600, 4 * 3600} {
			d.becomes(b.session, "chat", storage.LogoutWaiting, n+1)
			d.later(wait*time.Second - time.Second)
			d.door.Hurry()
			time.Sleep(20 * time.Millisecond)
			if tries := d.stands(b.session, "chat").Tries; tries != n+1 {
				t.Fatalf("it was tried %d times, a second before %v were over", tries, wait*time.Second)
			}
			d.later(time.Second)
			d.door.Hurry()
		}
		l := d.becomes(b.session, "chat", storage.LogoutFailed, 10)
		if l.Why != "it answers 500" || l.Done.IsZero() {
			t.Errorf("it stands so: %+v", l)
		}
		d.wait(func() bool { return d.counted() == "failed"+strings.Repeat(" retried", 9) }, func() string { return "counted " + d.counted() })
		ids := map[any]bool{}
		for _, h := range d.of("chat") {
			_, claims := d.claimsIn(h.form.Get("logout_token"), "logout+jwt")
			ids[claims["jti"]] = true
		}
		if len(ids) != 10 {
			t.Errorf("ten tries had %d tokens", len(ids))
		}
	})
}

func TestWhatWasNotToldWithinADayIsToldNoMore(t *testing.T) {
	d := newAudience(t, newApps(t), "chat")
	d.answer("chat", status(500))
	b, hint := d.visits(t, "chat")
	b.leaves(hint)
	d.becomes(b.session, "chat", storage.LogoutWaiting, 1)
	d.later(24 * time.Hour) // nobody ran
	d.door.Hurry()
	d.becomes(b.session, "chat", storage.LogoutFailed, 2)
}

// Weeks after a session's end an operator may ask for another round: it is one of a whole day, and no single try.
func TestAnotherRoundOfTriesHasADayOfItsOwn(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat")
		d.answer("chat", status(400))
		b, hint := d.visits(t, "chat")
		b.leaves(hint)
		d.becomes(b.session, "chat", storage.LogoutFailed, 1)
		d.answer("chat", status(500))
		d.later(20 * 24 * time.Hour)
		again := func() {
			t.Helper()
			if n, err := d.db.RetryLogouts(t.Context(), d.person.ID, storage.Event{}); n != 1 || err != nil {
				t.Fatalf("%d are tried again, %v", n, err)
			}
			d.door.Hurry()
		}
		again()
		d.becomes(b.session, "chat", storage.LogoutWaiting, 1)
		d.later(5 * time.Second)
		d.door.Hurry()
		d.becomes(b.session, "chat", storage.LogoutWaiting, 2)
		d.later(24 * time.Hour)
		d.door.Hurry()
		d.becomes(b.session, "chat", storage.LogoutFailed, 3)
		d.answer("chat", nil)
		again()
		d.becomes(b.session, "chat", storage.LogoutDelivered, 1)
	})
}

func TestAnApplicationThatComesBackHearsAllThatItMissed(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "chat")
		d.answer("chat", dropping(t))
		var missed []storage.Session
		for range 5 {
			b, _ := d.visits(t, "chat")
			missed = append(missed, b.session)
		}
		d.endAll(t)
		d.door.Hurry()
		untold := func(s storage.Session) bool { return d.stands(s, "chat").State != storage.LogoutDelivered }
		d.wait(func() bool {
			return slices.ContainsFunc(missed, func(s storage.Session) bool { return d.stands(s, "chat").Why != "" })
		}, func() string { return "it was never asked" })
		d.answer("chat", nil)
		d.later(5 * time.Second) // that the first of them waits, and the others with it
		d.door.Hurry()
		d.wait(func() bool { return !slices.ContainsFunc(missed, untold) }, func() string { return "not all were told" })
		if n := len(d.of("chat")); n != 6 {
			t.Errorf("it was asked %d times, want one in vain and five that came through", n)
		}
	})
}

func TestAnApplicationThatIsGoneOrWantsNothingAnyMoreIsNotAsked(t *testing.T) {
	d := newAudience(t, newApps(t))
	declared := func(id, uri string) storage.Client {
		c := relyingParties()[0]
		c.ID, c.BackchannelURI = id, uri
		return c
	}
	parties := []storage.Client{declared("gone", d.server.URL+"/gone"), declared("shy", d.server.URL+"/shy")}
	must(t, d.db.DeclareClients(t.Context(), parties, storage.Event{}))
	d.clients["gone"], d.clients["shy"] = parties[0], parties[1]
	b, _ := d.visits(t, "gone", "shy")
	must(t, d.db.DeclareClients(t.Context(), []storage.Client{declared("shy", "")}, storage.Event{}))
	must(t, d.db.EndSession(t.Context(), b.session.ID, storage.Event{}))
	if l := d.becomes(b.session, "shy", storage.LogoutFailed, 1); l.Why != "it has no backchannel_logout_uri any more" || len(d.of("shy")) != 0 {
		t.Errorf("%+v, asked %d times", l, len(d.of("shy")))
	}
	list, err := d.db.Logouts(t.Context(), b.session.ID)
	if must(t, err); len(list) != 1 || len(d.of("gone")) != 0 {
		t.Errorf("who is removed is to be told still: %+v", list)
	}
}

// LO-08: however much waits for an application that does not answer, it is tried after 5 s, 20 s, and then every minute.
func TestAnApplicationThatDoesNotAnswerIsTriedEveryMinuteHoweverMuchWaits(t *testing.T) {
	eachApps(t, func(t *testing.T, a *apps) {
		d := newAudience(t, a, "dead", "chat")
		d.answer("dead", dropping(t))
		for range 6 {
			d.visits(t, "dead")
		}
		d.endAll(t)
		d.door.Hurry()
		for n, wait := range []time.Duration{5, 20, 60, 60} {
			d.wait(func() bool { return strings.Count(d.counted(), "retried") == n+1 }, func() string { return "counted " + d.counted() })
			d.later(wait*time.Second - time.Second)
			d.door.Hurry()
			time.Sleep(50 * time.Millisecond)
			if asked := len(d.of("dead")); asked != n+1 {
				t.Fatalf("it was asked %d times, a second before %v were over", asked, wait*time.Second)
			}
			d.later(time.Second)
			d.door.Hurry()
		}
		d.wait(func() bool { return len(d.of("dead")) == 5 }, func() string { return "it is asked no more" })
		b, hint := d.visits(t, "chat")
		b.leaves(hint)
		d.becomes(b.session, "chat", storage.LogoutDelivered, 1)
	})
}
