package login

import (
	"crypto/sha256"
	"encoding/base64"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// How long a sign-in may take, and how long a proof in it counts.
const (
	attemptLife = 60 * time.Minute
	proofLife   = 15 * time.Minute
)

// Proofs, by our own names: RFC 8176 has one word for all codes.
const (
	byPassword = "pwd"
	byGoogle   = "google"
	byCode     = "mail" // a code that came by mail
	byTOTP     = "totp" // a code of an authenticator app
	byRecovery = "recovery"
	byLink     = "link" // a mailed link to a new password: proves the mailbox, and is no factor of its own
)

// proofs are all that a sign-in can rest on: what amr calls them (RFC 8176; "fed" is not in its registry, but what others
// write for another provider's word) and the level that they raise it to. The order is that of amr.
var proofs = []struct{ name, amr, level string }{
	{byPassword, "pwd", oneFactor},
	{byGoogle, "fed", oneFactor},
	{byCode, "otp", twoFactors},
	{byRecovery, "otp", twoFactors},
	{byTOTP, "otp", appFactor},
}

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
	Proofs  map[string]int64 `json:"p,omitempty"` // proof -> Unix microseconds: a request of the same second is older; lapse keeps those that count
	Session string           `json:"d,omitempty"` // sid of this browser's session: relied on, or to be raised
	Nobody  bool             `json:"n,omitempty"` // there was no session when it began

	Chosen    bool `json:"c,omitempty"` // the person chose the account, or to name another
	Consented bool `json:"o,omitempty"`
	Resent    bool `json:"r,omitempty"` // a code was sent again

	Trusted string `json:"w,omitempty"` // id of the trust that made a mailed code needless
	Trust   string `json:"y,omitempty"` // the answer to "Trust this browser?": trustYes, trustNo, or "" as long as there is none

	Refused *refused `json:"e,omitempty"` // why an errand came to nothing

	Link    *Link  `json:"k,omitempty"` // the mailed link by which the person came
	Hash    string `json:"h,omitempty"` // of the new password, until it counts
	Changed bool   `json:"g,omitempty"` // the new password counts, and the person is still to be told
}

// Link is the mailed link that an attempt came by.
type Link struct {
	ID     string `json:"i"`
	Token  []byte `json:"t"` // SHA-256, by which it is looked up again
	Kind   string `json:"k"` // storage.LinkInvitation or storage.LinkReset
	UserID string `json:"u"`
	Name   string `json:"n"`           // of the person, to greet them
	Email  string `json:"e"`           // the address that it went to
	Number string `json:"c,omitempty"` // the person's customer number
	Opened bool   `json:"o,omitempty"` // it is noted that somebody went on from its first page
}

// names says whether a typed name means the person of the link.
func (l *Link) names(typed string) bool {
	return typed != "" && (typed == l.Email || typed == l.Number)
}

// mayBe says whether a person may go through this attempt: who is active, and who is invited by the invitation that they came by.
func (a *Attempt) mayBe(person storage.User) bool {
	invited := person.State == "invited" && a.Link != nil && a.Link.Kind == storage.LinkInvitation && a.Link.UserID == person.ID
	return person.State == "active" || invited
}

// rests says whether the living session is enough, so that no proof is asked.
func (a *Attempt) rests() bool { return a.Session != "" && !a.Ask.Fresh }

// proved says whether this proof is there and still counts.
func (a *Attempt) proved(proof string, now time.Time) bool {
	at, ok := a.Proofs[proof]
	return ok && now.Sub(time.UnixMicro(at)) < proofLife
}

// primary says whether the proof is there that says who the person is.
func (a *Attempt) primary(now time.Time) bool {
	return a.proved(byPassword, now) || a.proved(byGoogle, now)
}

// become makes the attempt one of this person, who is about to prove who they are. What was proved in it before is no proof of
// theirs: a password can lapse before the code that came after it, and then another name may be typed.
func (a *Attempt) become(person storage.User) {
	if a.User != person.ID {
		a.Hash, a.Changed, a.Trusted, a.Trust, a.Consented = "", false, "", "", false
	}
	a.User, a.Version, a.Proofs = person.ID, person.Version, nil
}

// lapse forgets proofs that count no more, so that what is left in Proofs counts. Without the one that says who the person is, the
// attempt is nobody's again, and the others go with it.
func (a *Attempt) lapse(now time.Time) {
	maps.DeleteFunc(a.Proofs, func(proof string, _ int64) bool { return !a.proved(proof, now) })
	if a.User != "" && !a.primary(now) {
		a.become(storage.User{})
	}
}

// prove notes a proof.
func (a *Attempt) prove(proof string, now time.Time) {
	if a.Proofs == nil {
		a.Proofs = map[string]int64{}
	}
	a.Proofs[proof] = now.UnixMicro()
}

// changeable says whether another address or number may still be typed: not where only who is signed in here may answer.
func (a *Attempt) changeable() bool {
	only := a.Ask.UserID != "" && a.Session != "" && a.Typed != ""
	return !a.rests() && len(a.Proofs) == 0 && !only
}

// methods lists the proofs by our own names, for events.
func (a *Attempt) methods() string {
	var done []string
	for _, proof := range []string{byPassword, byGoogle, byLink, byCode, byRecovery, byTOTP} {
		if _, ok := a.Proofs[proof]; ok {
			done = append(done, proof)
		}
	}
	return strings.Join(done, " ")
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

// result computes amr (RFC 8176), acr and auth_time (OIDC Core §2) from the proofs; nothing else sets them. What a session
// was asked besides (step-up) is added to what it rests on: its auth_time stays, since the password is as old as it was.
func (a *Attempt) result(rested storage.Session) result {
	out := result{ACR: oneFactor}
	if a.rests() {
		out = result{rested.AuthTime, rested.ACR, slices.DeleteFunc(slices.Clone(rested.AMR), func(m string) bool { return m == "mfa" })}
	}
	for _, proof := range proofs {
		at, ok := a.Proofs[proof.name]
		if !ok {
			continue
		}
		if !slices.Contains(out.AMR, proof.amr) {
			out.AMR = append(out.AMR, proof.amr)
		}
		if level(proof.level) > level(out.ACR) {
			out.ACR = proof.level
		}
		if t := time.UnixMicro(at); !a.rests() && t.After(out.AuthTime) {
			out.AuthTime = t
		}
	}
	if level(out.ACR) > level(oneFactor) {
		out.AMR = append(out.AMR, "mfa")
	}
	return out
}
