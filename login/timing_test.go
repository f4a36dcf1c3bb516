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

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web/webtest"
)

// TestATimeTellsNobodyWhomWeKnow asks for new passwords of people we know and of people we do not, mixed at random, while letters
// leave. Times are only true on a quiet machine, so it runs with the attacks; what else the machine does may spoil a round, but no
// round comes out even where there is a difference.
func TestATimeTellsNobodyWhomWeKnow(t *testing.T) { // PR-06, EN-02
	if os.Getenv("DOORWARD_ATTACK") == "" {
		t.Skip("needs a quiet machine: make attack, or DOORWARD_ATTACK=1")
	}
	h := open(t)
	face, router := h.idle(h.db) // with the delays of every day
	go face.Run(t.Context())
	for round := range 5 {
		took := h.askForPasswords(router, round)
		known, unknown := median(took[true]), median(took[false])
		t.Logf("known %s, unknown %s", known, unknown)
		if apart := (known - unknown).Abs(); apart*20 <= min(known, unknown) {
			return
		}
	}
	t.Error("in no round were they within five percent")
}

// askForPasswords times two hundred requests for known names, and two hundred for others.
func (h *house) askForPasswords(router http.Handler, round int) map[bool][]time.Duration {
	h.t.Helper()
	known := map[string]bool{}
	var names []string
	for i := range 200 {
		u := h.add(storage.User{Email: fmt.Sprintf("known%d-%03d@example.com", round, i)})
		known[u.Email] = true
		names = append(names, u.Email, fmt.Sprintf("other%d-%03d@example.com", round, i))
	}
	rand.Shuffle(len(names), func(i, j int) { names[i], names[j] = names[j], names[i] })
	page := webtest.New(h.t, router).Go(issuer + "/forgot")
	attempt, cookie := page.Value("attempt"), page.Cookies(issuer)[0]
	took := map[bool][]time.Duration{}
	for i, name := range names {
		form := url.Values{"attempt": {attempt}, "username": {name}, "submit": {""}}
		r := httptest.NewRequest(http.MethodPost, issuer+"/forgot", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", issuer)
		r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
		r.RemoteAddr = fmt.Sprintf("198.%d.%d.%d:1", round+18, i/250, i%250)
		w := httptest.NewRecorder()
		start := time.Now()
		router.ServeHTTP(w, r)
		took[known[name]] = append(took[known[name]], time.Since(start))
		if w.Code != http.StatusSeeOther {
			h.t.Fatalf("the answer is %d", w.Code)
		}
		time.Sleep(time.Duration(rand.N(4)) * time.Millisecond)
	}
	return took
}

func median(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2]
}
