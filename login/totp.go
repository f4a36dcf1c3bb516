package login

import (
	"crypto/subtle"
	"encoding/base32"
	"errors"
	"log/slog"
	"net/url"
	"slices"
	"strconv"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/pquerna/otp/hotp"
)

// Codes of authenticator apps as every app makes them (RFC 6238): SHA-1, six digits, a new one every thirty seconds.
const (
	totpPeriod = 30 // seconds
	totpWindow = 1  // time steps before and behind ours whose codes count: clocks and people are not exact
	totpHint   = 10 // time steps before and behind ours whose codes only tell how wrong a clock is
)

// totpTold is the kind under which a code is spent that the clock hint has told of: it must not count when its time comes.
const totpTold = "totp-told"

// totpStep asks for the code that an authenticator app shows now. Whoever has several devices takes any. It stands in the
// place of the mailed code, in every browser.
type totpStep struct{ *Server }

type totpPage struct {
	frame
	Issuer   string // as the app lists it
	Recovery string // where a recovery code is taken instead
}

func (totpStep) Name() string { return "totp" }

func (s totpStep) Asked(v *visit) bool { return s.second(v) == byTOTP }

func (s totpStep) Show(v *visit) (page, error) {
	recovery := withAttempt(pathOf(recoveryStep{}), v.frame.Attempt)
	return page{Title: s.text(v, "totp.title"), Data: totpPage{v.frame, s.totpIssuer(), recovery}}, nil
}

func (s totpStep) Spend(v *visit, form url.Values) error {
	if malformed := malformedTOTP(form.Get("code")); malformed != nil {
		return malformed
	}
	return s.chargeGuess(v, totpGuesses, "code", "code.slow")
}

// malformedTOTP refuses what no app shows, before anything is computed from it; nil for six digits.
func malformedTOTP(typed string) *Refusal {
	switch code := digits(typed); {
	case code == "":
		return &Refusal{Field: "code", Text: "totp.empty"}
	case !isCode(code):
		return &Refusal{Field: "code", Text: "code.malformed"}
	}
	return nil
}

func (s totpStep) Take(v *visit, form url.Values) error {
	devices, err := s.Store.Authenticators(v.r.Context(), v.person.ID)
	if err != nil {
		return err
	}
	shown, err := s.shown(v, devices, digits(form.Get("code")))
	if err != nil {
		return err
	}
	for _, c := range shown {
		if !c.counts() {
			continue
		}
		right, err := s.use(v, c)
		if err != nil {
			return err
		}
		if right {
			return s.accept(v)
		}
	}
	return s.wrong(v, devices, shown)
}

// shownCode is a code that a device shows at a time step, which is off steps ahead of ours.
type shownCode struct {
	device storage.Authenticator
	step   int64
	off    int64
}

func (c shownCode) counts() bool { return c.off >= -totpWindow && c.off <= totpWindow }

// name is that of one code of one device.
func (c shownCode) name() string { return c.device.ID + "-" + strconv.FormatInt(c.step, 10) }

// shown finds the devices and time steps that show this code, the nearest first. It computes all of them in any case, so
// that the time it takes tells nothing.
func (s totpStep) shown(v *visit, devices []storage.Authenticator, code string) ([]shownCode, error) {
	var all []shownCode
	now := timeStep(s.Now())
	for _, device := range devices {
		secret, err := s.Keys.Box.OpenRow(keys.ForTOTP, device.Sealed, aboutDevice(device.UserID, device.ID))
		if err != nil { // another device must still do
			web.Note(v.r.Context(), slog.String("authenticator_not_opened", device.ID))
			continue
		}
		steps, err := stepsOf(secret, code, now)
		if err != nil {
			return nil, err
		}
		for _, step := range steps {
			all = append(all, shownCode{device, step, step - now})
		}
	}
	slices.SortStableFunc(all, func(a, b shownCode) int { return int(max(a.off, -a.off) - max(b.off, -b.off)) })
	return all, nil
}

// aboutDevice is what a secret at rest is sealed for.
func aboutDevice(userID, id string) string { return userID + " " + id }

func timeStep(t time.Time) int64 { return t.Unix() / totpPeriod }

// secretText is a secret as apps take it.
func secretText(secret []byte) string { return base32.StdEncoding.EncodeToString(secret) }

// stepsOf are the time steps around now at which a secret makes this code.
func stepsOf(secret []byte, code string, now int64) ([]int64, error) {
	text := secretText(secret)
	var steps []int64
	for step := now - totpHint; step <= now+totpHint; step++ {
		want, err := hotp.GenerateCode(text, uint64(step))
		if err != nil {
			return nil, err
		}
		if subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			steps = append(steps, step)
		}
	}
	return steps, nil
}

// use spends a code that counts: its time step or a later one of this device counts no more, on no node.
func (s totpStep) use(v *visit, c shownCode) (bool, error) {
	told, err := s.Store.Spent(v.r.Context(), totpTold, c.name())
	if err != nil || told {
		return false, err
	}
	err = s.Store.UseStep(v.r.Context(), c.device.ID, c.step)
	if errors.Is(err, storage.ErrConflict) {
		return false, nil
	}
	return err == nil, err
}

func (s totpStep) accept(v *visit) error {
	v.attempt.prove(byTOTP, s.Now())
	if err := s.forgiveGuesses(v, totpGuesses); err != nil {
		return err
	}
	return s.record(v, tried{totpRight, "ok"})
}

// wrong refuses a code. One that was used already is told from a wrong one in the log only (TP-01).
func (s totpStep) wrong(v *visit, devices []storage.Authenticator, shown []shownCode) error {
	if s.setBack(v, devices) {
		return s.refuse(v, tried{storage.SignInRefused, "totp_clock_back"}, &Refusal{Field: "code", Text: "totp.clock-back"})
	}
	if len(shown) == 0 {
		return s.refuse(v, tried{storage.SignInRefused, "totp_wrong"}, &Refusal{Field: "code", Text: "totp.wrong"})
	}
	if shown[0].counts() {
		return s.refuse(v, tried{storage.SignInRefused, "totp_used"}, &Refusal{Field: "code", Text: "totp.wrong"})
	}
	for _, c := range shown {
		if err := s.spendTold(v, c); err != nil {
			return err
		}
	}
	return s.refuse(v, tried{storage.SignInRefused, "totp_clock"}, clockHint(shown[0].off))
}

// spendTold spends a code whose time is still to come. Otherwise the hint would tell whoever guesses which code to send in
// a few minutes: each guess would count for twenty.
func (s totpStep) spendTold(v *visit, c shownCode) error {
	if c.off < 0 {
		return nil
	}
	over := time.Unix((c.step+totpWindow+2)*totpPeriod, 0)
	err := s.Store.Once(v.r.Context(), totpTold, c.name(), over)
	if errors.Is(err, storage.ErrConflict) {
		return nil
	}
	return err
}

// clockHint tells how far a phone's clock is off.
func clockHint(off int64) *Refusal {
	minutes := (max(off, -off)*totpPeriod + 30) / 60
	if minutes == 1 {
		return &Refusal{Field: "code", Text: "totp.clock-minute"}
	}
	return &Refusal{Field: "code", Text: "totp.clock", Pairs: []string{"n", strconv.FormatInt(minutes, 10)}}
}

// setBack says whether our own clock was set back: a code has been taken of a time that is still to come. Until then no
// code counts, or one could be used twice (TP-16); the log tells it once an hour.
func (s totpStep) setBack(v *visit, devices []storage.Authenticator) bool {
	now := timeStep(s.Now())
	for _, device := range devices {
		ahead := device.LastStep - now
		if ahead <= totpWindow+1 {
			continue
		}
		if s.told.keep("totp-clock", s.Now(), toldEvery) {
			s.Site.Log.ErrorContext(v.r.Context(), "the clock of this machine was set back: codes of authenticator apps are refused until it has caught up",
				"catches_up_in", (time.Duration(ahead) * totpPeriod * time.Second).String())
		}
		return true
	}
	return false
}
