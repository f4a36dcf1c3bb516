package login

import (
	"cmp"
	"encoding/hex"
	"errors"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// A browser holds one cookie for each person who trusts it: who shares a browser keeps theirs whatever the others do, and
// no cookie is of use to anybody else (S-29).
const (
	trustCookies = "trust-" // begins their names
	mostTrusts   = 5        // in one browser; then the one that was used least lately goes
)

// trustCookie is the one of a person. Its name is made by a key, so that it tells nobody who trusts this browser.
func (s *Server) trustCookie(userID string) web.Cookie {
	mac := s.Keys.Box.MAC(keys.ForTrust, "cookie", userID)
	return web.Cookie{Name: trustCookies + hex.EncodeToString(mac[len(mac)-8:])}
}

// held is what the cookie of a trusted browser says, unforged. It opens nothing: the trust may have ended, and a password
// is asked all the same (TB-02).
type held struct {
	cookie     web.Cookie
	id         string
	generation int64
	used       int64 // Unix seconds
}

// holds says what this browser holds of a person's trust. It needs no database, so forged cookies cost nothing (TB-08).
func (s *Server) holds(r *http.Request, userID string) (held, bool) {
	return s.read(r, s.trustCookie(userID))
}

func (s *Server) read(r *http.Request, cookie web.Cookie) (held, bool) {
	payload, err := s.Keys.Box.Unstamp(keys.ForTrust, s.Site.CookieValue(r, cookie))
	said := strings.Split(payload, "-")
	if err != nil || len(said) != 3 {
		return held{}, false
	}
	generation, err1 := strconv.ParseInt(said[1], 10, 64)
	used, err2 := strconv.ParseInt(said[2], 10, 64)
	return held{cookie, said[0], generation, used}, err1 == nil && err2 == nil
}

// allHeld is what this browser holds of anybody's trust, what was used last first.
func (s *Server) allHeld(r *http.Request) []held {
	var all []held
	for _, cookie := range s.Site.Cookies(r, trustCookies) {
		if holding, ok := s.read(r, cookie); ok {
			all = append(all, holding)
		}
	}
	slices.SortStableFunc(all, func(a, b held) int { return cmp.Compare(b.used, a.used) })
	return all
}

// holdTrust writes the cookie's present value. It is the same for all who use the value before it at the same time.
func (s *Server) holdTrust(w http.ResponseWriter, t storage.Trust) error {
	said := []string{t.ID, strconv.FormatInt(t.Generation, 10), strconv.FormatInt(t.Rotated.Unix(), 10)}
	value, err := s.Keys.Box.Stamp(keys.ForTrust, strings.Join(said, "-"))
	if err != nil {
		return err
	}
	cookie := s.trustCookie(t.UserID)
	cookie.MaxAge = max(1, int(t.Expires.Sub(s.Now())/time.Second))
	s.Site.SetCookie(w, cookie, value)
	return nil
}

func (s *Server) forgetTrust(w http.ResponseWriter, userID string) {
	s.Site.ClearCookie(w, s.trustCookie(userID))
}

// makeRoom ends trusts that are too many for one browser when another is given, and forgets cookies that are none of ours.
func (s *Server) makeRoom(v *visit) error {
	own, all := s.trustCookie(v.person.ID), s.allHeld(v.r)
	for _, cookie := range s.Site.Cookies(v.r, trustCookies) {
		if !slices.ContainsFunc(all, func(h held) bool { return h.cookie == cookie }) {
			s.Site.ClearCookie(v.w, cookie)
		}
	}
	others := slices.DeleteFunc(all, func(h held) bool { return h.cookie == own })
	for _, holding := range others[min(len(others), mostTrusts-1):] {
		s.Site.ClearCookie(v.w, holding.cookie)
		if err := s.crowdOut(v.r, holding); err != nil {
			return err
		}
	}
	return nil
}

// crowdOut ends a trust for which there is no room. Only its present value does: an older one is a copy, which whoever made it could
// bring here without the password, and which says no more than that.
func (s *Server) crowdOut(r *http.Request, holding held) error {
	living, person, err := s.Store.Trust(r.Context(), holding.id)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return nil
	case err != nil:
		return err
	case living.Generation != holding.generation:
		e := event(r, tried{storage.TrustStolen, "cleared"}, person.ID)
		e.Actor = "" // whoever that was
		s.Observe(Outcome{Kind: e.Kind, Result: e.Result})
		return s.Store.Record(r.Context(), e)
	}
	return s.Store.EndTrust(r.Context(), person.ID, living.ID, event(r, tried{storage.TrustEnded, "crowded_out"}, person.ID))
}

// acquaintance is somebody who trusts this browser, and may go on by a button instead of typing who they are.
type acquaintance struct{ Trust, Name, Username string }

// acquaintances are those whose trust lives. Only cookies that verify are looked up, and only in their present value: an
// old copy learns no name.
func (s *Server) acquaintances(v *visit) ([]acquaintance, error) {
	if v.session.ID != "" || !s.trusting() {
		return nil, nil
	}
	all := s.allHeld(v.r)
	var known []acquaintance
	for _, holding := range all[:min(len(all), mostTrusts)] {
		living, person, err := s.Store.Trust(v.r.Context(), holding.id)
		switch {
		case errors.Is(err, storage.ErrNotFound):
			continue
		case err != nil:
			return nil, err
		case living.Generation == holding.generation:
			known = append(known, acquaintance{holding.id, person.Name(), person.Email})
		}
	}
	return known, nil
}
