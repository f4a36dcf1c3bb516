package login_test

import (
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/keys/keystest"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// stopwatch times requests for names of people we know and of people we do not, mixed at random.
type stopwatch struct {
	*house
	router http.Handler
	took   map[bool][]time.Duration // by whether we know the name
}

// quietly lets a test run with the attacks only: times are only true on a quiet machine.
func quietly(t *testing.T) {
	t.Helper()
	if os.Getenv("DOORWARD_ATTACK") == "" {
		t.Skip("needs a quiet machine: make attack, or DOORWARD_ATTACK=1")
	}
}

func TestATimeTellsNobodyWhomWeKnow(t *testing.T) { // PR-06, EN-02
	quietly(t)
	h := open(t)
	face, router := h.idle(h.db) // with the delays of every day
	go face.Run(t.Context())
	watch := &stopwatch{h, router, map[bool][]time.Duration{}}
	page := webtest.New(t, router).Go(issuer + "/forgot")
	for range 5 {
		watch.time(func(name, address string) time.Duration {
			_, took := watch.post("/forgot", page, url.Values{"attempt": {page.Value("attempt")}, "username": {name}}, address)
			return took
		})
	}
	watch.judge()
}

func TestASignInTakesEverybodyAsLong(t *testing.T) { // EN-02, with the real parameters
	quietly(t)
	h := open(t)
	strong, err := keys.Open(t.Context(), h.db, keystest.Master(t), keys.Options{Log: h.site.Log, Now: h.now})
	h.must(err)
	h.keys = strong
	face, router := h.idle(h.db)
	go face.Run(t.Context())
	watch := &stopwatch{h, router, map[bool][]time.Duration{}}
	page := webtest.New(t, router).Go(issuer + "/login")
	watch.time(func(name, address string) time.Duration {
		to, first := watch.post("/login/username", page, url.Values{"attempt": {page.Value("attempt")}, "username": {name}}, address)
		_, second := watch.post("/login/password", page, url.Values{"attempt": {to.Get("attempt")}, "password": {"not the one"}}, address)
		return first + second
	})
	watch.judge()
}

// time measures two hundred known names and two hundred others, each from an address block of its own.
func (s *stopwatch) time(try func(name, address string) time.Duration) {
	s.t.Helper()
	known, names := map[string]bool{}, []string{}
	round := len(s.took[true])
	for i := range 200 {
		u := s.add(storage.User{Email: fmt.Sprintf("known%05d@example.com", round+i)})
		known[u.Email] = true
		names = append(names, u.Email, fmt.Sprintf("other%05d@example.com", round+i))
	}
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	for i, name := range names {
		took := try(name, fmt.Sprintf("198.%d.%d.%d:1", round/200+18, i/250, i%250))
		s.took[known[name]] = append(s.took[known[name]], took)
		time.Sleep(time.Duration(rand.N(4)) * time.Millisecond)
	}
}

// post sends a form of page's from an address, and gives the query of the address that it leads to.
func (s *stopwatch) post(path string, page *webtest.Browser, form url.Values, address string) (url.Values, time.Duration) {
	s.t.Helper()
	form.Set("submit", "")
	r := httptest.NewRequest(http.MethodPost, issuer+path, strings.NewReader(form.Encode()))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Origin", issuer)
	for _, c := range page.Cookies(issuer) {
		r.AddCookie(&http.Cookie{Name: c.Name, Value: c.Value})
	}
	r.RemoteAddr = address
	w := httptest.NewRecorder()
	start := time.Now()
	s.router.ServeHTTP(w, r)
	took := time.Since(start)
	if w.Code != http.StatusSeeOther && (path != "/login/password" || w.Code != http.StatusUnprocessableEntity) {
		s.t.Fatalf("%s answers with %d: %s", path, w.Code, w.Body)
	}
	to, err := url.Parse(w.Header().Get("Location"))
	s.must(err)
	return to.Query(), took
}

// judge wants the medians of all that was timed within five percent.
func (s *stopwatch) judge() {
	s.t.Helper()
	known, unknown := median(s.took[true]), median(s.took[false])
	s.t.Logf("known %s, unknown %s, %d of each; the quickest tenth %s, %s", known, unknown, len(s.took[true]),
		s.took[true][len(s.took[true])/10], s.took[false][len(s.took[false])/10])
	if apart := (known - unknown).Abs(); apart*20 > min(known, unknown) {
		s.t.Errorf("known %s, unknown %s", known, unknown)
	}
}

func median(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2]
}
