package demoapp

import (
	"crypto/rand"
	"net/http"
	"sync"
	"time"
)

const (
	// cookieName differs from the provider's cookies: on localhost both share one jar, whatever the ports.
	cookieName = "demoapp"
	visitAge   = 12 * time.Hour
	maxVisits  = 1000
	maxPending = 10
	pendingAge = time.Hour
)

// pending is a sign-in that has gone out to the provider.
type pending struct {
	nonce    string
	verifier string // PKCE (RFC 7636)
	redirect string
	since    time.Time
}

// visit is one browser. Its lock is held while its tokens are used, so that one refresh token is not sent twice.
type visit struct {
	since time.Time // set when it is made, never changed

	mu      sync.Mutex
	pending map[string]pending // by state; each answers once
	tokens  *tokens            // nil: not signed in
	notice  *fault
}

// takeNotice gives what was to be said at the next page, once.
func (v *visit) takeNotice() *fault {
	n := v.notice
	v.notice = nil
	return n
}

// signedIn tells whether the browser has signed in here.
func (v *visit) signedIn() bool {
	v.mu.Lock()
	defer v.mu.Unlock()
	return v.tokens != nil
}

// handOver gives the open sign-ins away: none of them stays here, so none is answered twice.
func (v *visit) handOver() map[string]pending {
	v.mu.Lock()
	defer v.mu.Unlock()
	open := v.pending
	v.pending = map[string]pending{}
	return open
}

// visits are all browsers, in memory, by their cookie.
type visits struct {
	now func() time.Time
	mu  sync.Mutex
	by  map[string]*visit
}

// of is the visit of r's browser, nil for one that we do not know.
func (vs *visits) of(r *http.Request) *visit {
	cookie, err := r.Cookie(cookieName)
	if err != nil {
		return nil
	}
	vs.mu.Lock()
	defer vs.mu.Unlock()
	v := vs.by[cookie.Value]
	if v == nil || vs.now().Sub(v.since) > visitAge {
		return nil
	}
	return v
}

// begin is a fresh visit under a fresh cookie. The former one of the browser ends: a value that somebody planted
// before sign-in is worth nothing after it.
func (vs *visits) begin(w http.ResponseWriter, r *http.Request) *visit {
	v := &visit{since: vs.now(), pending: map[string]pending{}}
	value := rand.Text()
	vs.mu.Lock()
	defer vs.mu.Unlock()
	if vs.by == nil {
		vs.by = map[string]*visit{}
	}
	if cookie, err := r.Cookie(cookieName); err == nil {
		delete(vs.by, cookie.Value)
	}
	vs.makeRoom()
	vs.by[value] = v
	setCookie(w, value, int(visitAge/time.Second))
	return v
}

// makeRoom forgets what is too old, and the oldest when there are too many.
func (vs *visits) makeRoom() {
	oldest := ""
	for value, v := range vs.by {
		if vs.now().Sub(v.since) > visitAge {
			delete(vs.by, value)
		} else if oldest == "" || v.since.Before(vs.by[oldest].since) {
			oldest = value
		}
	}
	if len(vs.by) >= maxVisits {
		delete(vs.by, oldest)
	}
}

// forget ends the visit of r's browser.
func (vs *visits) forget(w http.ResponseWriter, r *http.Request) {
	if cookie, err := r.Cookie(cookieName); err == nil {
		vs.mu.Lock()
		delete(vs.by, cookie.Value)
		vs.mu.Unlock()
	}
	setCookie(w, "", -1)
}

// setCookie has no Secure attribute: the app lives on plain http on this machine.
func setCookie(w http.ResponseWriter, value string, seconds int) {
	http.SetCookie(w, &http.Cookie{ //nolint:gosec // see above
		Name: cookieName, Value: value, Path: "/", MaxAge: seconds, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// remember keeps a sign-in until its answer comes; a browser with many tabs loses the oldest.
func (v *visit) remember(state string, p pending) {
	v.mu.Lock()
	defer v.mu.Unlock()
	oldest := ""
	for s, other := range v.pending {
		if p.since.Sub(other.since) > pendingAge {
			delete(v.pending, s)
		} else if oldest == "" || other.since.Before(v.pending[oldest].since) {
			oldest = s
		}
	}
	if len(v.pending) >= maxPending {
		delete(v.pending, oldest)
	}
	v.pending[state] = p
}

// recall takes the sign-in that state names; it answers once.
func (v *visit) recall(state string, now time.Time) (pending, bool) {
	v.mu.Lock()
	defer v.mu.Unlock()
	p, ok := v.pending[state]
	delete(v.pending, state)
	return p, ok && now.Sub(p.since) <= pendingAge
}
