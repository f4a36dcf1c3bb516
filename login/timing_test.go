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

// TestATimeTellsNobodyWhomWeKnow asks for new passwords of people we know and of people we do not, mixed at random, while letters leave.
// Times are only true on a quiet machine, so it runs with the attacks.
func TestATimeTellsNobodyWhomWeKnow(t *testing.T) { // PR-06, EN-02
	if os.Getenv("DOORWARD_ATTACK") == "" {
		t.Skip("needs a quiet machine: make attack, or DOORWARD_ATTACK=1")
	}
	const each = 400
	h := open(t)
	type try struct {
		name  string
		known bool
	}
	var tries []try
	for i := range each {
		u := h.add(storage.User{Email: fmt.Sprintf("known%03d@example.com", i)})
		tries = append(tries, try{u.Email, true}, try{fmt.Sprintf("other%03d@example.com", i), false})
	}
	rand.Shuffle(len(tries), func(i, j int) { tries[i], tries[j] = tries[j], tries[i] })
	face, router := h.idle(h.db) // with the delays of every day
	go face.Run(t.Context())

	page := webtest.New(t, router).Go(issuer + "/forgot")
	attempt, cookie := page.Value("attempt"), page.Cookies(issuer)[0]
	took := map[bool][]time.Duration{}
	for i, try := range tries {
		form := url.Values{"attempt": {attempt}, "username": {try.name}, "submit": {""}}
		r := httptest.NewRequest(http.MethodPost, issuer+"/forgot", strings.NewReader(form.Encode()))
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", issuer)
		r.AddCookie(&http.Cookie{Name: cookie.Name, Value: cookie.Value})
		r.RemoteAddr = fmt.Sprintf("198.51.%d.%d:1", i/250, i%250)
		w := httptest.NewRecorder()
		start := time.Now()
		router.ServeHTTP(w, r)
		took[try.known] = append(took[try.known], time.Since(start))
		if w.Code != http.StatusSeeOther {
			t.Fatalf("the answer is %d", w.Code)
		}
		time.Sleep(time.Duration(rand.N(4)) * time.Millisecond)
	}
	known, unknown := median(took[true]), median(took[false])
	t.Logf("known %s, unknown %s", known, unknown)
	if apart := (known - unknown).Abs(); apart*20 > min(known, unknown) {
		t.Errorf("known names take %s, unknown ones %s", known, unknown)
	}
	if len(h.mailbox.Letters()) == 0 {
		t.Error("no letter left meanwhile")
	}
}

func median(took []time.Duration) time.Duration {
	slices.Sort(took)
	return took[len(took)/2]
}
