package login

import (
	"crypto/rand"
	"encoding/base32"
	"errors"
	"net/url"
	"strconv"
	"strings"
	"unicode"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// Recovery codes: ten of forty random bits, in Crockford's alphabet, which has no i, l, o and u, so that none is read as a digit.
const (
	recoveryCodes  = 10
	recoveryDigits = 8
	recoveryBytes  = 5
)

var recoveryAlphabet = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// recoveryStep takes a recovery code in the place of an app's code, once each. It is no lesser factor: it says that somebody
// has what the person was given, not that they have the app (TP-13).
type recoveryStep struct{ *Server }

type recoveryPage struct {
	frame
	Phone string // where a code of the app is taken again
}

func (recoveryStep) Name() string { return "recovery" }

func (recoveryStep) InsteadOf() string { return "totp" }

func (recoveryStep) Asked(*visit) bool { return false }

func (s recoveryStep) Show(v *visit) (page, error) {
	phone := withAttempt(pathOf(totpStep{}), v.frame.Attempt)
	return page{Title: s.text(v, "recovery.title"), Data: recoveryPage{v.frame, phone}}, nil
}

func (s recoveryStep) Spend(v *visit, form url.Values) error {
	if blank(form.Get("code")) {
		return &Refusal{Field: "code", Text: "recovery.empty"}
	}
	if _, ok := typedRecovery(form.Get("code")); !ok {
		return &Refusal{Field: "code", Text: "recovery.malformed"}
	}
	return s.chargeGuess(v, recoveryGuesses, "code", "code.slow")
}

func (s recoveryStep) Take(v *visit, form url.Values) error {
	code, _ := typedRecovery(form.Get("code"))
	used := v.event(tried{storage.RecoveryUsed, "ok"})
	left, err := s.Store.UseRecovery(v.r.Context(), v.person.ID, func(mac []byte) bool {
		return s.Keys.Box.CheckMAC(keys.ForRecovery, mac, v.person.ID, code)
	}, used)
	if errors.Is(err, storage.ErrNotFound) { // used ones too
		return s.refuse(v, tried{storage.SignInRefused, "recovery_wrong"}, &Refusal{Field: "code", Text: "recovery.wrong"})
	}
	if err != nil {
		return err
	}
	v.attempt.prove(byRecovery, s.Now())
	s.Observe(Outcome{Kind: used.Kind, Result: used.Result})
	s.tellRecoveryUsed(v, left)
	return s.forgiveGuesses(v, recoveryGuesses)
}

func (s recoveryStep) tellRecoveryUsed(v *visit, left int) {
	text := "letter.recovery-many"
	switch left {
	case 0:
		text = "letter.recovery-none"
	case 1:
		text = "letter.recovery-one"
	}
	s.tell(v.r, v.person, news{subject: "letter.recovery-subject", text: text, pairs: []string{"n", strconv.Itoa(left)}})
}

// typedRecovery is a recovery code as it was made: people write O for 0, l for 1, capitals, and the hyphen or none.
func typedRecovery(typed string) (string, bool) {
	code := strings.Map(func(c rune) rune {
		switch unicode.ToLower(c) {
		case 'o':
			return '0'
		case 'i', 'l':
			return '1'
		}
		return unicode.ToLower(c)
	}, digits(typed))
	_, err := recoveryAlphabet.DecodeString(code)
	return code, err == nil && len(code) == recoveryDigits
}

// newRecovery makes a person's recovery codes, as they are shown once, and what is stored of them.
func (s *Server) newRecovery(userID string) ([]string, [][]byte) {
	var shown []string
	var macs [][]byte
	for range recoveryCodes {
		var random [recoveryBytes]byte
		rand.Read(random[:])
		code := recoveryAlphabet.EncodeToString(random[:])
		shown = append(shown, code[:4]+"-"+code[4:])
		macs = append(macs, s.Keys.Box.MAC(keys.ForRecovery, userID, code))
	}
	return shown, macs
}
