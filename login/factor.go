package login

import (
	"slices"

	"github.com/doorward/doorward/storage"
)

// Classes of a sign-in, as ID tokens carry them in acr.
const (
	oneFactor  = storage.OneFactor
	twoFactors = storage.TwoFactors
	appFactor  = storage.AppFactor
)

// level is the place of a class among all, the weakest first; -1 for what is none.
func level(acr string) int { return slices.Index(storage.Levels, acr) }

// Reaches says whether the person can sign in at this level at all, so that nobody is asked for what cannot be had.
func (s *Server) Reaches(person storage.User, acr string) bool {
	switch acr {
	case oneFactor:
		return true
	case twoFactors:
		return person.TOTP || s.Mail != nil && person.Email != ""
	case appFactor:
		return person.TOTP
	}
	return false
}

// second is the one decision about the second factor: which proof this visit still needs, "" for none. Whoever has an
// authenticator app is asked for its code and never gets one by mail (S-32), after Google too (S-36), whatever browser it is
// (S-35). Others get a code by mail after a password, by policy; after Google none (S-25), and after a mailed link none,
// which has come to the same mailbox.
func (s *Server) second(v *visit) string {
	now, a := s.Now(), v.attempt
	has := func(proof string) bool { return a.proved(proof, now) }
	switch {
	case !a.rests() && !a.primary(now), has(byTOTP), has(byRecovery):
		return ""
	case a.rests() && level(v.session.ACR) >= s.wanted(v):
		return ""
	case v.person.TOTP:
		if !a.rests() && has(byGoogle) && !s.TOTPAfterGoogle && s.wanted(v) <= level(oneFactor) {
			return ""
		}
		return byTOTP
	case has(byCode), !s.codeByMail(v):
		return ""
	}
	return byCode
}

// wanted is the level that the application or the policy asks for, as far as the person can reach it.
func (s *Server) wanted(v *visit) int {
	most := level(v.attempt.Ask.ACR)
	for most > level(oneFactor) && !s.Reaches(v.person, storage.Levels[most]) {
		most--
	}
	if v.person.TOTP && most < level(twoFactors) && s.must(v) {
		return level(twoFactors) // with an app that is its code, or a recovery code
	}
	return most
}

// codeByMail says whether policy, or the application, asks for a mailed code. A browser that is trusted is not asked, but
// where the application wants two factors, or proofs made anew (TB-06), or where an app is to be set up by them. Who must do that
// and is signed in already is asked there, and not here too.
func (s *Server) codeByMail(v *visit) bool {
	a := v.attempt
	switch {
	case a.rests() && s.lacksApp(v):
		return false
	case s.wanted(v) >= level(twoFactors):
		return true
	case a.rests(), a.proved(byGoogle, s.Now()), a.proved(byLink, s.Now()):
		return false
	case s.EmailCode == codeUntrusted:
		return a.Trusted == "" || a.Ask.Fresh || s.must(v)
	}
	return s.EmailCode == codeAlways
}
