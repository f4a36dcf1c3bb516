package login

import (
	"crypto/sha256"
	"encoding/base64"
	"slices"
	"time"
)

// How long a sign-in may take, and how long a proof in it counts.
const (
	attemptLife = 60 * time.Minute
	proofLife   = 15 * time.Minute
)

// Methods of proof, as RFC 8176 names them.
const (
	byPassword = "pwd"
	byCode     = "otp" // a code that came by mail
)

// Classes of a sign-in, as ID tokens carry them in acr.
const (
	oneFactor  = "urn:doorward:1fa"
	twoFactors = "urn:doorward:2fa"
)

// Attempt is a sign-in under way. It is never a row: it travels sealed through forms and links, bound to one browser,
// and after the password to one version of the person. An older one stays readable, so the back button works, but it
// holds only the proofs that it held then. What a step spends is spent in storage.
type Attempt struct {
	ID      string           `json:"i"`
	Browser []byte           `json:"b"` // SHA-256 of the browser's bind cookie
	Ask     Ask              `json:"a"`
	Lang    string           `json:"l"`
	Started int64            `json:"s"` // Unix seconds
	Typed   string           `json:"t,omitempty"`
	User    string           `json:"u,omitempty"` // only after the right password: before it, known and unknown look alike
	Version int64            `json:"v,omitempty"` // of the person, when the password was right
	Proofs  map[string]int64 `json:"p,omitempty"` // method -> Unix microseconds: a request of the same second is older
	Session string           `json:"d,omitempty"` // sid of this browser's session: relied on, or to be raised

	Chosen    bool `json:"c,omitempty"` // the person chose the account
	Consented bool `json:"o,omitempty"`
	Resent    bool `json:"r,omitempty"` // a code was sent again
}

// rests says whether the living session is enough, so that no proof is asked.
func (a *Attempt) rests() bool { return a.Session != "" && !a.Ask.Fresh }

// proved says whether this method's proof is there and still counts.
func (a *Attempt) proved(method string, now time.Time) bool {
	at, ok := a.Proofs[method]
	return ok && now.Sub(time.UnixMicro(at)) < proofLife
}

// prove notes a proof.
func (a *Attempt) prove(method string, now time.Time) {
	if a.Proofs == nil {
		a.Proofs = map[string]int64{}
	}
	a.Proofs[method] = now.UnixMicro()
}

// changeable says whether another address or number may still be typed: not where only who is signed in here may answer.
func (a *Attempt) changeable() bool {
	only := a.Ask.UserID != "" && a.Session != "" && a.Typed != ""
	return !a.rests() && len(a.Proofs) == 0 && !only
}

func (a *Attempt) expired(now time.Time) bool {
	return now.Sub(time.Unix(a.Started, 0)) > attemptLife
}

func (a *Attempt) ends() time.Time { return time.Unix(a.Started, 0).Add(attemptLife) }

// flow names this attempt in this browser. Two browsers can hold attempts of one id (somebody sends the address of his
// own sign-in to somebody else): the codes of one must not replace those of the other.
func (a *Attempt) flow() string {
	sum := sha256.Sum256(a.Browser)
	return a.ID + "-" + base64.RawURLEncoding.EncodeToString(sum[:12])
}

// result is what the proofs amount to.
type result struct {
	AuthTime time.Time
	ACR      string
	AMR      []string
}

// result computes amr (RFC 8176), acr and auth_time (OIDC Core §2) from the proofs; nothing else sets them.
func (a *Attempt) result() result {
	var out result
	for method, at := range a.Proofs {
		out.AMR = append(out.AMR, method)
		if t := time.UnixMicro(at); t.After(out.AuthTime) {
			out.AuthTime = t
		}
	}
	slices.SortFunc(out.AMR, func(x, y string) int { return slices.Index(methods, x) - slices.Index(methods, y) })
	out.ACR = oneFactor
	if len(out.AMR) > 1 {
		out.ACR = twoFactors
		out.AMR = append(out.AMR, "mfa")
	}
	return out
}

// methods is the order in which amr lists them.
var methods = []string{byPassword, byCode}
