package op_test

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/op"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// audience is a real server of relying parties that want to be told of sign-outs: the client "chat" hears at /chat, and so on.
type audience struct {
	*apps
	server   *httptest.Server
	outbound *web.Outbound
	closed   chan struct{} // at the test's end: who answers slowly stops
	ends     []func()      // of the nodes

	mu      sync.Mutex
	heard   []heard
	answers map[string]func(w http.ResponseWriter) // by path; 200 else
	told    []string                               // what the metrics were told
}

// heard is what came to a relying party.
type heard struct {
	path   string
	form   url.Values
	header http.Header
	query  string
}

// newAudience gives a house such relying parties, and lets it tell them.
func newAudience(t *testing.T, a *apps, clients ...string) *audience {
	t.Helper()
	d := &audience{apps: a, closed: make(chan struct{}), answers: map[string]func(http.ResponseWriter){}}
	d.server = httptest.NewServer(http.HandlerFunc(d.hear))
	t.Cleanup(d.server.Close)
	t.Cleanup(func() { close(d.closed) })
	var err error
	d.outbound, err = web.NewOutbound(web.OutboundOptions{Allow: []string{d.server.URL}})
	must(t, err)
	d.serve(t, op.Options{Outbound: d.outbound, Told: d.count})
	for _, id := range clients {
		d.join(id, func(*storage.Client) {})
	}
	d.runs(t, d.door)
	return d
}

// runs lets a node tell until the test ends.
func (d *audience) runs(t *testing.T, door *op.Provider) {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	var work sync.WaitGroup
	work.Go(func() { door.Run(ctx) })
	end := func() { stop(); work.Wait() }
	d.ends = append(d.ends, end)
	t.Cleanup(end)
}

// runsNoMore ends all nodes, in order.
func (d *audience) runsNoMore() {
	for _, end := range d.ends {
		end()
	}
}

// join adds a client that hears at the path of its id.
func (d *audience) join(id string, change func(*storage.Client)) {
	d.t.Helper()
	c := storage.Client{
		ID: id, Name: "The " + id, Type: "web", AuthMethod: "client_secret_basic", RedirectURIs: []string{back},
		Secrets: [2][]byte{keys.HashSecret("secret")}, GrantTypes: []string{"authorization_code", "refresh_token"},
		IDTokenAlg: "ES256", Refresh: "offline", TokenFormat: "opaque",
		PostLogoutRedirectURIs: []string{out}, BackchannelURI: d.server.URL + "/" + id,
	}
	change(&c)
	must(d.t, d.db.AddClient(d.t.(*testing.T).Context(), c, storage.Event{Actor: "test"}))
	d.clients[id] = c
}

func (d *audience) hear(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body) // what does not come is missing in form
	form, _ := url.ParseQuery(string(body))
	d.mu.Lock()
	d.heard = append(d.heard, heard{r.URL.Path, form, r.Header.Clone(), r.URL.RawQuery})
	answer := d.answers[r.URL.Path]
	d.mu.Unlock()
	if answer != nil {
		answer(w)
	}
}

// answer says how the client of that id answers from now on.
func (d *audience) answer(id string, answer func(w http.ResponseWriter)) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.answers["/"+id] = answer
}

func status(code int) func(http.ResponseWriter) {
	return func(w http.ResponseWriter) { w.WriteHeader(code) }
}

func (d *audience) count(result string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.told = append(d.told, result)
}

func (d *audience) counted() string {
	d.mu.Lock()
	defer d.mu.Unlock()
	return strings.Join(slices.Sorted(slices.Values(d.told)), " ")
}

// of is what the client of that id has heard.
func (d *audience) of(id string) []heard {
	d.mu.Lock()
	defer d.mu.Unlock()
	var all []heard
	for _, h := range d.heard {
		if h.path == "/"+id {
			all = append(all, h)
		}
	}
	return all
}

// visits is a browser in which Carla has signed on to these clients; it gives the ID token of the last.
func (d *audience) visits(t *testing.T, clients ...string) (*browser, string) {
	t.Helper()
	b := d.signedIn(t, "carla")
	d.session = b.session
	hint := ""
	for _, id := range clients {
		hint = d.granted(id).IDToken
	}
	return b, hint
}

// endAll ends every session of Carla's.
func (d *audience) endAll(t *testing.T) {
	t.Helper()
	sessions, err := d.db.SessionsOf(t.Context(), d.person.ID)
	must(t, err)
	for _, s := range sessions {
		must(t, d.db.EndSession(t.Context(), s.ID, storage.Event{}))
	}
}

// leaves signs out as the application of that ID token asks to.
func (b *browser) leaves(hint string) reply {
	b.t.Helper()
	return b.get("/end_session?" + url.Values{"id_token_hint": {hint}, "post_logout_redirect_uri": {out}, "state": {"st"}}.Encode())
}

// stands is the logout of a session at a client.
func (d *audience) stands(s storage.Session, client string) storage.Logout {
	d.t.Helper()
	all, err := d.db.Logouts(d.t.(*testing.T).Context(), s.ID)
	must(d.t, err)
	i := slices.IndexFunc(all, func(l storage.Logout) bool { return l.ClientID == client })
	if i < 0 {
		d.t.Fatalf("%s is not told of %s: %+v", client, s.ID, all)
	}
	return all[i]
}

// becomes waits until a logout stands so, with nobody at it.
func (d *audience) becomes(s storage.Session, client, state string, tries int) storage.Logout {
	d.t.Helper()
	var l storage.Logout
	d.wait(func() bool {
		l = d.stands(s, client)
		return l.State == state && l.Tries == tries && l.Lease == ""
	}, func() string { return fmt.Sprintf("want %s after %d tries, it stands so: %+v", state, tries, l) })
	return l
}

// wait gives something a while to come true.
func (d *audience) wait(until func() bool, why func() string) {
	d.t.Helper()
	for end := time.Now().Add(20 * time.Second); !until(); time.Sleep(5 * time.Millisecond) {
		if time.Now().After(end) {
			d.t.Fatal(why())
		}
	}
}
