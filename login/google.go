package login

import (
	"crypto/sha256"
	"encoding/base64"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/url"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
)

// Google is the account elsewhere by which people may sign in: at Google, or at another OpenID Provider.
type Google struct {
	Issuer       string // GoogleIssuer, but for tests
	ClientID     string
	ClientSecret ClientSecret
	HostedDomain string // only accounts of this organisation (hd); "": any
}

// ClientSecret prints as [redacted].
type ClientSecret string

// Format keeps the secret out of every verb of fmt.
func (ClientSecret) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, "[redacted]") }

// LogValue keeps it out of logs.
func (ClientSecret) LogValue() slog.Value { return slog.StringValue("[redacted]") }

// MarshalText keeps it out of JSON and its like.
func (ClientSecret) MarshalText() ([]byte, error) { return []byte("[redacted]"), nil }

// Where the browser leaves for Google, and where it comes back.
const (
	googlePath     = "/login/google"
	googleCallback = googlePath + "/callback"
)

// googleSpent is the kind under which what a browser has brought back is spent.
const googleSpent = "google"

// googleErrand lets people sign in by Google (3.7, S-21): in place of name and password, and no link or question before.
type googleErrand struct{ *Server }

func (s *Server) google() googleErrand { return googleErrand{s} }

// register adds the errand's paths; without a provider there are none.
func (s googleErrand) register(door *web.Door, router *mux.Router) {
	if s.abroad == nil {
		return
	}
	door.Handle(router, googlePath, web.Methods{"GET": s.refusal, "POST": s.depart(s)})
	door.Handle(router, googleCallback, web.Methods{"GET": s.comeBack(s)})
	door.Handle(router, accountGoogle, web.Methods{"GET": s.owned(s.showLink), "POST": s.proved(s.addLink)})
	door.Handle(router, accountGoogleRemove, web.Methods{"GET": s.proved(s.askRemove), "POST": s.proved(s.remove)})
}

func (googleErrand) Name() string { return "google" }

// Asked says whether Google may be taken now: wherever name or password are asked.
func (s googleErrand) Asked(v *visit) bool {
	return s.abroad != nil && !v.attempt.rests() && !v.attempt.chooses() && !v.attempt.primary(s.Now())
}

// Leave sends the browser to Google by POST, so that no program that opens links starts it.
func (s googleErrand) Leave(v *visit, form url.Values) (string, error) {
	a := v.attempt
	a.Refused = nil
	again := form.Has("another") || a.Ask.Select || a.Ask.Fresh // Google must not take the account of its own session unasked
	to, err := s.leaveWith(v, s.setOut(a, s.abroad.mark()), again)
	switch {
	case errors.Is(err, errTooLong):
		return "", s.turnDown(v, refused{Why: tooMuch})
	case away(err):
		return "", s.turnDown(v, refused{Why: "down"})
	}
	return to, err
}

// leaveWith is Google's address, with state, nonce and PKCE (RFC 7636, RFC 9700 §2.1).
func (s googleErrand) leaveWith(v *visit, c *carried, choose bool) (string, error) {
	party, err := s.abroad.ready(v.r.Context())
	if err != nil {
		return "", err
	}
	state, err := s.sealCarried(c)
	if err != nil {
		return "", err
	}
	sum := sha256.Sum256([]byte(s.verifier(c)))
	asked := []rp.AuthURLOpt{
		rp.WithCodeChallenge(base64.RawURLEncoding.EncodeToString(sum[:])),
		rp.AuthURLOpt(rp.WithURLParam("nonce", c.Nonce)),
	}
	if choose {
		asked = append(asked, rp.WithPrompt("select_account"))
	} else if email, err := storage.NormalEmail(c.Attempt.Typed); err == nil {
		asked = append(asked, rp.AuthURLOpt(rp.WithURLParam("login_hint", email)))
	}
	if s.abroad.HostedDomain != "" {
		asked = append(asked, rp.AuthURLOpt(rp.WithURLParam("hd", s.abroad.HostedDomain)))
	}
	return rp.AuthURL(state, party, asked...), nil
}

// verifier is the PKCE verifier of an errand: never stored, and made again when the browser is back.
func (s googleErrand) verifier(c *carried) string {
	return base64.RawURLEncoding.EncodeToString(s.Keys.Box.MAC(keys.ForGoogle, "verifier", c.Attempt.flow(), c.ID, c.To))
}

// mark names the provider, and us there, in few characters.
func (p *provider) mark() string {
	sum := sha256.Sum256([]byte(p.Google.Issuer + " " + p.ClientID))
	return base64.RawURLEncoding.EncodeToString(sum[:9])
}

// Return judges what the browser brings back (OIDC Core §3.1.2.5, RFC 9207): nothing is sent anywhere before it is
// certain that it is Google's answer to this errand, and whatever Google says counts once.
func (s googleErrand) Return(v *visit, query url.Values) error {
	c := v.back
	if c.To != s.abroad.mark() {
		return stopped("error.start-again", v.attempt)
	}
	if wait := s.blocks.left(googleFailures(v), s.Now()); wait > 0 { // it costs nothing, so it leaves nothing
		s.Observe(Outcome{Kind: storage.SignInRefused, Result: "google_slowed"})
		return s.turnDown(v, refused{Why: "slow"})
	}
	party, err := s.abroad.ready(v.r.Context())
	if err != nil {
		return s.turnDown(v, refused{Why: "down"})
	}
	if query.Has("iss") && query.Get("iss") != party.issuer || party.namesIt && !query.Has("iss") {
		return s.disbelieve(v, "iss of the answer")
	}
	if code := query.Get("error"); code != "" {
		return s.declined(v, code)
	}
	said, err := s.ask(v, party, query.Get("code"))
	if err != nil {
		return err
	}
	if c.Linking {
		return s.connect(v, said)
	}
	if err := s.accept(v, said); err != nil {
		return err
	}
	return s.advance(v)
}

// declined tells what Google answers in the place of a code (RFC 6749 §4.1.2.1).
func (s googleErrand) declined(v *visit, code string) error {
	switch code {
	case "access_denied":
		return s.turnDown(v, refused{Why: cancelled})
	case "server_error", "temporarily_unavailable":
		return s.turnDown(v, refused{Why: "down"})
	}
	return s.disbelieve(v, "an error for an answer")
}

// ask redeems the code, once: of all that bring the same answer back, one goes on.
func (s googleErrand) ask(v *visit, party *party, code string) (*idToken, error) {
	ctx, c := v.r.Context(), v.back
	over, err := s.Store.Spent(ctx, googleSpent, c.ID)
	if err != nil {
		return nil, err
	}
	if over || code == "" {
		return nil, stopped("error.start-again", v.attempt)
	}
	said, err := party.redeem(ctx, code, c, s.verifier(c))
	if away(err) {
		return nil, s.turnDown(v, refused{Why: "down"})
	}
	if err == nil {
		err = said.check(s.abroad.ClientID, s.Now())
	}
	if err != nil {
		return nil, s.disbelieve(v, reason(err))
	}
	err = s.Store.Once(ctx, googleSpent, c.ID, v.attempt.ends())
	if errors.Is(err, storage.ErrConflict) {
		return nil, stopped("error.start-again", v.attempt)
	}
	return said, err
}

// disbelieve refuses an answer that is not Google's, or not to this errand; why stands in the log.
func (s googleErrand) disbelieve(v *visit, why string) error {
	web.Note(v.r.Context(), slog.String("google", why))
	return s.refuseGoogle(v, "google_answer", refused{Why: "failed"})
}

// refuseGoogle records and counts a refusal, then tells it.
func (s googleErrand) refuseGoogle(v *visit, result string, no refused) error {
	block := googleFailures(v)
	wait, err := s.Store.Spend(v.r.Context(), block, failuresPerBlock)
	if err != nil {
		return err
	}
	if wait > 0 {
		s.blocks.keep(block, s.Now(), wait)
	}
	if err := s.record(v, tried{storage.SignInRefused, result}); err != nil {
		return err
	}
	return s.turnDown(v, no)
}

// googleFailures is the counter of an address block. Who signs in is never counted: a whole company comes from one.
func googleFailures(v *visit) string {
	return "google-failures:" + web.AddressBlock(v.r.Context())
}
