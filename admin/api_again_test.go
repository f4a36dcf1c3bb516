package admin_test

import (
	"context"
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// making is a call that makes something: of what to make the n-th, and by which body. Its path is made ready anew for each n.
type making struct {
	path   func(h *house, n int) string
	body   func(n int) string
	status int
}

// makings are all calls of the API that make something. Each takes an Idempotency-Key.
var makings = map[string]making{
	"POST /apps":                        {here("/apps"), numbered(`{"tile":"web","client_name":"App N","address":"https://appN.example.com/cb"}`), 201},
	"POST /apps/{id}/secrets":           {ofAnApp, numbered(`{"reason":"N"}`), 201},
	"POST /app-invitations":             {here("/app-invitations"), numbered(`{"uses":N,"days":7}`), 201},
	"POST /people":                      {here("/people"), numbered(`{"email":"new-N@aviary.test"}`), 201},
	"POST /people/{id}/invitation":      {ofSomebody("/invitation"), numbered(`{"reason":"N"}`), 200},
	"POST /people/{id}/invitation-link": {ofSomebody("/invitation-link"), numbered(`{"reason":"N"}`), 200},
	"POST /people/{id}/reset-password":  {ofSomebody("/reset-password"), numbered(`{"reason":"N"}`), 204},
	"POST /people-import":               {here("/people-import?dry_run=false"), numbered("email\nlist-N@aviary.test\nanna-N@aviary.test\n"), 200},
	"POST /groups":                      {here("/groups"), numbered(`{"name":"crew-N"}`), 201},
	"POST /keys/rotation":               {here("/keys/rotation"), numbered(`{"at_once":true,"reason":"N"}`), 200},
}

// makesNothing are the other calls that change something: why whoever sends one of them twice has no more than by once.
var makesNothing = map[string]string{
	"PATCH /apps/{id}":                           "it wants the state that was read",
	"DELETE /apps/{id}":                          "it is gone",
	"DELETE /apps/{id}/secrets/{secret}":         "it is gone",
	"POST /apps/{id}/disable":                    "it is disabled",
	"POST /apps/{id}/enable":                     "it is enabled",
	"PATCH /people/{id}":                         "it wants the state that was read",
	"DELETE /people/{id}":                        "they are gone",
	"PUT /people/{id}/role":                      "it wants the state that was read",
	"POST /people/{id}/disable":                  "they are disabled",
	"POST /people/{id}/enable":                   "they are enabled",
	"POST /people/{id}/sign-out":                 "they are signed out",
	"POST /people/{id}/reset-2fa":                "nothing is left to remove",
	"POST /people/{id}/unlink-google":            "nothing is left to remove",
	"DELETE /people/{id}/invitation":             "it is withdrawn",
	"DELETE /people/{id}/sessions/{session}":     "it has ended",
	"DELETE /people/{id}/trusts/{trust}":         "it has ended",
	"POST /people/{id}/receipts/{receipt}/retry": "what is due is not told twice",
	"PATCH /groups/{name}":                       "it wants the state that was read",
	"DELETE /groups/{name}":                      "it is gone",
	"POST /groups/{name}/members":                "they are in it",
	"POST /groups/{name}/members/removal":        "they are out of it",
	"POST /log-verification":                     "it only reads",
	"POST /mail/test":                            "its answer is what was seen of this very try",
	"PATCH /settings":                            "it wants the state that was read",
}

func here(path string) func(*house, int) string { return func(*house, int) string { return path } }

func numbered(text string) func(int) string {
	return func(n int) string { return strings.ReplaceAll(text, "N", strconv.Itoa(n)) }
}

// ofAnApp adds an application that has one secret.
func ofAnApp(h *house, n int) string {
	made := as[admin.MadeApp](h.calls("write", "POST", "/apps", numbered(`{"tile":"web","client_name":"For N","address":"https://forN.example.com/cb"}`)(n)).is(http.StatusCreated))
	return "/apps/" + made.App.ID + "/secrets"
}

// ofSomebody adds somebody who is invited, or active where a new password is to be sent.
func ofSomebody(act string) func(*house, int) string {
	return func(h *house, n int) string {
		email := strings.TrimPrefix(act, "/") + "-" + strconv.Itoa(n) + "@aviary.test"
		if act == "/reset-password" {
			return "/people/" + h.person(email, "").ID + act
		}
		u := storage.User{ID: storage.NewID(), Email: email, State: "invited", Version: 1}
		h.must(h.db.AddUser(h.t.Context(), u, "", storage.Event{Actor: "test"}))
		return "/people/" + u.ID + act
	}
}

// sending is a call that makes something, under a key.
type sending struct {
	*house
	making
	key string
}

func (m sending) sends(token, path string, n int) reply {
	media := "application/json"
	if strings.HasPrefix(path, "/people-import") {
		media = "text/csv"
	}
	return m.calls(token, "POST", path, m.body(n), "Idempotency-Key", m.key, "Content-Type", media)
}

// happened is how much the log tells.
func (h *house) happened() int {
	h.t.Helper()
	page, err := h.db.Log(h.t.Context(), storage.LogFilter{}, "", 200)
	h.must(err)
	if page.Next != "" {
		h.t.Fatal("the log has more than a page")
	}
	return len(page.Events)
}

// Whatever changes something by the API either takes an Idempotency-Key or says why it needs none.
func TestEveryCallOfTheAPIThatMakesSomethingTakesAnIdempotencyKey(t *testing.T) {
	t.Parallel()
	known := map[string]bool{}
	for _, c := range admin.Calls() {
		name := c.Method + " " + c.Path
		known[name] = true
		_, makes := makings[name]
		_, none := makesNothing[name]
		if c.Method == http.MethodGet {
			none = true
		}
		if makes == none || makes != c.Again {
			t.Errorf("%s makes something: %v, nothing: %v, and takes a key: %v", name, makes, none, c.Again)
		}
	}
	for name := range makings {
		if !known[name] {
			t.Errorf("%s is no call", name)
		}
	}
	for name := range makesNothing {
		if !known[name] {
			t.Errorf("%s is no call", name)
		}
	}
}

// The same key gives the same answer, with the secret that is told once, and makes one thing; the key of somebody else is another.
func TestOneKeyMakesOneThingByEachCallThatMakesSomething(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		p := &protocol{}
		h.desk.Protocol, h.desk.Registrar = p, p
		h.callers["other"] = admin.Caller{Client: "other", Scopes: []string{"doorward:write"}}
		for name, m := range makings {
			t.Log(name)
			sending{h, m, name}.oneThing()
		}
	})
}

func (m sending) oneThing() {
	path, theirs := m.path(m.house, 1), m.path(m.house, 2)
	before := m.happened()
	replies := make([]reply, 2)
	done := make(chan struct{})
	go func() {
		defer close(done)
		replies[1] = m.sends("write", path, 1)
	}()
	replies[0] = m.sends("write", path, 1)
	<-done
	made := m.happened() - before
	first := replies[0]
	if first.code == http.StatusConflict {
		first = replies[1]
	}
	first.is(m.status)
	for _, r := range append(replies, m.sends("write", path, 1)) {
		if r.code != http.StatusConflict && (r.code != first.code || string(r.body) != string(first.body) || r.header.Get("Etag") != first.header.Get("Etag")) {
			m.t.Errorf("sent again, it answers %d %s, and first %d %s", r.code, r.body, first.code, first.body)
		}
	}
	m.sends("write", path, 1).is(m.status)
	for _, other := range []reply{m.sends("write", path, 3), m.sends("write", anotherCall(path), 1)} {
		if p := as[admin.Problem](other.is(http.StatusUnprocessableEntity)); len(p.Errors) != 1 || p.Errors[0].Field != "Idempotency-Key" {
			m.t.Errorf("%+v", p)
		}
	}
	if after := m.happened() - before; after != made {
		m.t.Errorf("%d events, and then %d", made, after)
	}
	before = m.happened()
	if r := m.sends("other", theirs, 2).is(m.status); len(r.body) > 0 && string(r.body) == string(first.body) {
		m.t.Errorf("the answer to somebody else: %s", r.body)
	}
	if alone := m.happened() - before; alone != made || made == 0 {
		m.t.Errorf("sent once it makes %d events, and sent twice at once %d", alone, made)
	}
}

// anotherCall has the same body, and asks for something else by it.
func anotherCall(path string) string {
	switch {
	case strings.HasPrefix(path, "/people-import"):
		return "/people-import?dry_run=true" // which would be answered as if it were not
	case path == "/groups":
		return "/people"
	}
	return "/groups"
}

// What somebody has read is another after their own call: sent again, it is answered, not refused.
func TestACallThatIsSentAgainIsAnsweredThoughItHasChangedWhatWasRead(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		path := ofAnApp(h, 1)
		app := strings.TrimSuffix(path, "/secrets")
		read := h.calls("read", "GET", app, "").is(200).header.Get("Etag")
		sent := func(key, match string) reply {
			return h.calls("write", "POST", path, "{}", "Idempotency-Key", key, "If-Match", match)
		}
		sent("k", `"1"`).is(http.StatusPreconditionFailed) // and spends no key
		first := sent("k", read).is(http.StatusCreated)
		if again := sent("k", read).is(http.StatusCreated); string(again.body) != string(first.body) {
			t.Errorf("%s\n%s", first.body, again.body)
		}
		sent("other", read).is(http.StatusPreconditionFailed)
		h.desk.Store = &answering{Store: h.desk.Store} // while another is answered, nothing is said of what was read
		sent("third", first.header.Get("Etag")).is(http.StatusConflict)
	})
}

// answering is a store in which every key is being answered.
type answering struct{ admin.Store }

func (answering) BeginIdempotent(context.Context, storage.Idempotent) (storage.Idempotent, bool, error) {
	return storage.Idempotent{}, false, storage.ErrConflict
}

// What may have been done is not done again: nobody knows how far a call came that ended with an error of ours.
func TestACallThatBrokeIsNotDoneAgainUnderItsKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		body := `{"tile":"gitlab","client_name":"GitLab","address":"https://git.example.com"}`
		h.desk.Store = &breaking{Store: h.desk.Store}
		h.calls("write", "POST", "/apps", body, "Idempotency-Key", "once").is(http.StatusInternalServerError)
		for range 2 {
			h.calls("write", "POST", "/apps", body, "Idempotency-Key", "once").is(http.StatusConflict)
		}
		if clients, err := h.db.Clients(t.Context()); err != nil || len(clients) != 1 {
			t.Errorf("%d applications, %v", len(clients), err)
		}
	})
}

// breaking is a store that adds an application and does not come to say so.
type breaking struct{ admin.Store }

func (s *breaking) AddClient(ctx context.Context, c storage.Client, e storage.Event) error {
	return errors.Join(s.Store.AddClient(ctx, c, e), errors.New("connection reset"))
}

// What was refused, for whatever reason that we know, made nothing: a program sends it again under the same key once there is none.
func TestACallThatWasRefusedSpendsNoKey(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		path := ofSomebody("/reset-password")(h, 1)
		sent := func() reply { return h.calls("write", "POST", path, `{}`, "Idempotency-Key", "mail") }
		for range 2 {
			h.letters.down = true
			sent().is(http.StatusServiceUnavailable)
		}
		h.letters.down = false
		sent().is(http.StatusNoContent)
		sent().is(http.StatusNoContent)
		if len(h.letters.sent) != 1 {
			t.Errorf("letters: %v", h.letters.sent)
		}

		body, whole := `{"tile":"gitlab","client_name":"GitLab","address":"https://git.example.com"}`, h.desk.Store
		for i, why := range []error{keys.ErrBusy, admin.ErrNotNow, storage.ErrConflict, storage.ErrNotFound, &storage.Invalid{Field: "client_id", Why: "is taken"}} {
			key := "refused-" + strconv.Itoa(i)
			for range 2 {
				h.desk.Store = &refusing{whole, why}
				if r := h.calls("write", "POST", "/apps", body, "Idempotency-Key", key); r.code < 400 || r.code == http.StatusInternalServerError {
					t.Errorf("%v is answered with %d", why, r.code)
				}
			}
			h.desk.Store = whole
			h.calls("write", "POST", "/apps", body, "Idempotency-Key", key).is(http.StatusCreated)
		}
	})
}

// refusing is a store that adds no application.
type refusing struct {
	admin.Store
	why error
}

func (s *refusing) AddClient(context.Context, storage.Client, storage.Event) error { return s.why }

// An answer holds secrets. Who has the id of a removed application now, and guesses or finds its keys, is another caller; the person who
// comes by it too.
func TestAnApplicationIsAnsweredNothingThatAFormerOneOfItsIDWasTold(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		root := h.person("root@aviary.test", "admin")
		body := `{"tile":"web","client_name":"App","address":"https://app.example.com/cb"}`
		for _, user := range []string{"", root.ID} {
			caller := admin.Caller{Client: "tool", Born: "t1a2b", User: user, Role: "admin", Scopes: []string{"doorward:write"}}
			h.callers["tool"] = caller
			sent := func() admin.MadeApp {
				return as[admin.MadeApp](h.calls("tool", "POST", "/apps", body, "Idempotency-Key", "once").is(http.StatusCreated))
			}
			first := sent()
			if again := sent(); again.Secret == "" || again.Secret != first.Secret {
				t.Errorf("sent again, it is told %q, and first %q", again.Secret, first.Secret)
			}
			caller.Born = "t1a2c"
			h.callers["tool"] = caller
			if next := sent(); next.Secret == first.Secret || next.App.ID == first.App.ID {
				t.Errorf("the next application of the id is told of %s", next.App.ID)
			}
		}
	})
}

func TestAKeyOfMoreThan128CharactersIsRefused(t *testing.T) {
	t.Parallel()
	h := open(t)
	for key, want := range map[string]int{strings.Repeat("k", 128): 201, strings.Repeat("k", 129): 400} {
		h.calls("write", "POST", "/groups", `{"name":"crew"}`, "Idempotency-Key", key).is(want)
	}
}
