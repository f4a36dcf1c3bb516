package login

import (
	"errors"
	"net/url"

	"github.com/doorward/doorward/storage"
)

// Answers to “Trust this browser?”.
const (
	trustYes = "yes"
	trustNo  = "no"
)

// trustStep asks whether this browser may be trusted (S-17): then it is asked for no mailed code (S-27). Yes and No weigh the
// same, and neither is taken for granted.
type trustStep struct{ *Server }

type trustPage struct {
	frame
	Device string
	Until  string // the day on which it ends
}

func (trustStep) Name() string { return "trust" }

func (s trustStep) Asked(v *visit) bool { return v.attempt.Trust == "" && s.trustable(v) }

// trustable says whether the person may trust this browser now: they have just proved password and mailed code, which is
// what a trusted browser spares them. Who must have an authenticator app has nothing to be spared. Whoever is signed in here already was asked then, and No holds for the session.
func (s *Server) trustable(v *visit) bool {
	a, now := v.attempt, s.Now()
	return s.trusting() && !v.person.TOTP && a.Trusted == "" && v.session.UserID != v.person.ID &&
		a.proved(byPassword, now) && a.proved(byCode, now) && !a.proved(byGoogle, now) && !s.must(v)
}

// trusting says whether a browser can be trusted at all.
func (s *Server) trusting() bool { return s.EmailCode == codeUntrusted && s.TrustFor > 0 }

func (s trustStep) Show(v *visit) (page, error) {
	shown := trustPage{
		frame:  v.frame,
		Device: s.device(v.attempt.Lang, agentOf(v.r)),
		Until:  s.Site.Texts.Day(v.attempt.Lang, s.Now().Add(s.TrustFor)),
	}
	return page{Title: s.text(v, "trust.title"), Data: shown}, nil
}

func (trustStep) Spend(*visit, url.Values) error { return nil }

func (trustStep) Take(v *visit, form url.Values) error {
	switch {
	case form.Has("trust-no"):
		v.attempt.Trust = trustNo
	case form.Has("trust-yes"):
		v.attempt.Trust = trustYes
	default:
		return &Refusal{Field: "trust-yes", Text: "trust.neither"}
	}
	return nil
}

// given is the trust that this attempt gives its browser, nil for none. Its end stands: using it moves nothing (TB-05).
func (s *Server) given(v *visit) *storage.Trust {
	if v.attempt.Trust != trustYes || !s.trustable(v) {
		return nil
	}
	now := s.Now()
	return &storage.Trust{ID: storage.NewID(), UserID: v.person.ID, Generation: 1, Rotated: now, Expires: now.Add(s.TrustFor)}
}

// useTrust finds out, after the right password, whether the person trusts this browser; each use gives it a new value.
// Whether that makes the code needless is not decided here (second).
func (s *Server) useTrust(v *visit) error {
	v.attempt.Trusted = ""
	holding, ok := s.holds(v.r, v.person.ID)
	if !ok || !s.trusting() || v.person.TOTP {
		return nil
	}
	used, err := s.Store.UseTrust(v.r.Context(), holding.id, v.person.ID, holding.generation)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		s.forgetTrust(v.w, v.person.ID)
		return nil
	case errors.Is(err, storage.ErrConflict):
		s.stolen(v)
		return nil
	case err != nil:
		return err
	}
	v.attempt.Trusted = used.ID
	return s.holdTrust(v.w, used)
}

// stolen tells the person that an old value of their trusted browser came: somebody may have copied it. The trust is over
// already, here and in the other browser that holds it; whoever of the two this is needs a code (TB-03).
func (s *Server) stolen(v *visit) {
	s.forgetTrust(v.w, v.person.ID)
	s.Observe(Outcome{Kind: storage.TrustStolen, Result: "ended"})
	s.tell(v.r, v.person, news{subject: "letter.trust-subject", text: "letter.trust-text"})
}

// lasting says whether the session's cookie outlives the browser's window: only where the browser is trusted.
func (s *Server) lasting(v *visit, in storage.SignIn) (bool, error) {
	if in.Trust != nil || v.attempt.Trusted != "" {
		return true, nil
	}
	holding, ok := s.holds(v.r, v.person.ID)
	if !ok || !s.trusting() {
		return false, nil
	}
	living, _, err := s.Store.Trust(v.r.Context(), holding.id)
	if errors.Is(err, storage.ErrNotFound) {
		return false, nil
	}
	return err == nil && living.UserID == v.person.ID, err
}
