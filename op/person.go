package op

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"

	"github.com/doorward/doorward/storage"
)

const (
	maxAttempts  = 5   // how often one request sends a person to sign in, before we stop going round
	maxLoginHint = 320 // bytes: the longest address (RFC 3696 §3, erratum 1690); a longer hint is ignored
	maxLocales   = 16  // ui_locales that are looked at
)

// need is what stands between a checked request and its answer. The zero need is none.
type need struct {
	account bool // nobody is signed in, or somebody else than the client names
	fresh   bool // the proofs are too old for prompt=login or max_age
	choice  bool // prompt=select_account
	level   bool // the session is below the level that was asked for, and the person can do better
	consent bool
}

// refused says it to a client when the person cannot be asked (OIDC Core §3.1.2.6).
func (n need) refused() *Error {
	switch {
	case n.account:
		return &Error{Code: loginRequired, Description: "nobody is signed in, or another person than id_token_hint or claims name"}
	case n.fresh:
		return &Error{Code: loginRequired, Description: "the sign-in is older than prompt or max_age allow"}
	case n.choice:
		return &Error{Code: accountSelectionRequired, Description: "the person has not chosen an account"}
	case n.level:
		return &Error{Code: interactionRequired, Description: "the person must prove more for the acr that claims demand"}
	}
	return &Error{Code: consentRequired, Description: "the person has not consented to these scopes"}
}

// visit is what we know of the person in the browser.
type visit struct {
	session storage.Session
	missing need
	acr     string // the level that a sign-in would be about; "" any
	must    bool   // an authenticator app must be used: the client wants it, or the house does of this person
}

// person finds out who is signed in, and what they must still do. With a session it costs the one read of
// SignIn.Session, and a second only where consent matters.
func (p *Provider) person(r *http.Request, c *checked) (visit, error) {
	if c.denied {
		return visit{}, &Error{Code: accessDenied, Description: "the person refused"}
	}
	if err := p.judgeTester(r, c.to.test); err != nil {
		return visit{}, err
	}
	session, user, err := p.signIn.Session(r)
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return visit{}, fmt.Errorf("session of the browser: %w", err)
	}
	if err != nil || c.subject != "" && c.subject != p.subject(c.client(), user.ID) {
		user = storage.User{}
	}
	missing := need{
		account: user.ID == "",
		fresh:   c.stale(session),
		choice:  (c.prompts("select_account") || c.another) && !c.began(session.Attempt),
	}
	if err := p.bars(r, c, user, visit{session: session, missing: missing}); err != nil {
		return visit{}, err
	}
	missing.consent, err = p.lacksConsent(r.Context(), c, user.ID)
	if err != nil {
		return visit{}, err
	}
	v := visit{session: session, missing: missing, must: c.client().RequireTOTP || p.appOnly && slices.ContainsFunc(c.scopes, ofConsole)}
	if !v.must && user.ID != "" {
		if v.must, err = p.signIn.MustHaveApp(r.Context(), user); err != nil {
			return visit{}, fmt.Errorf("what the person must prove: %w", err)
		}
	}
	if e := p.judgeLevel(c, &v, user); e != nil {
		return visit{}, e
	}
	return v, nil
}

// began says whether attempt is a sign-in that this request began: its proofs were made for this request.
func (c *checked) began(attempt string) bool {
	return attempt != "" && slices.Contains(c.attempts, attempt)
}

// stale judges the age of the proofs (OIDC Core §3.1.2.1 prompt, max_age). It counts from when the request came first,
// so that what was young enough then does not grow old while the person answers us; and prompt=login asks once.
func (c *checked) stale(session storage.Session) bool {
	age := c.start.Sub(session.AuthTime)
	if c.hasMaxAge && age > c.maxAge {
		return true
	}
	return c.prompts("login") && (age > 0 || !c.began(session.Attempt))
}

// lacksConsent says whether the person must be asked what the client may have (OIDC Core §3.1.2.4): a third party is
// asked about once for each host to which it has answers sent, and so is whoever opens the console by it; prompt=consent each time. So is
// whoever opens the console by a public client: every program on the machine can say that it is that one (RFC 8252 §8.6). Nobody can be
// asked before somebody is signed in, unless it is certain.
func (p *Provider) lacksConsent(ctx context.Context, c *checked, user string) (bool, error) {
	opens := slices.ContainsFunc(c.scopes, ofConsole)
	always := c.prompts("consent") || opens && c.client().Public()
	asks := c.client().Consent || opens
	if c.to.test != nil || !always && (!asks || user == "") { // what is tested, its client does not get
		return false, nil
	}
	if user == "" {
		return true, nil
	}
	given, err := p.store.Consent(ctx, user, c.client().ID)
	if errors.Is(err, storage.ErrNotFound) {
		return true, nil
	}
	if err != nil {
		return false, fmt.Errorf("consent of the person: %w", err)
	}
	return !given.Allows(c.to.host(), c.toConsent()) || always && given.Granted.Before(c.start), nil
}

// ask sends the person to the face for what is missing, or says why nobody can be asked: prompt=none forbids it, and a
// request that came back from a finished attempt without what it needs would go round for ever.
func (p *Provider) ask(w http.ResponseWriter, r *http.Request, c *checked, v visit) error {
	askedForMore := v.missing.account || v.missing.fresh || v.missing.choice
	switch {
	case c.prompts("none"), askedForMore && c.began(v.session.Attempt):
		return v.missing.refused()
	case len(c.attempts) >= maxAttempts:
		return &Error{Code: interactionRequired, Description: "the person was asked five times, and something is still missing"}
	}
	q := c.request
	attempt := storage.NewID()
	q.attempts = append(slices.Clone(q.attempts), attempt)
	back, err := p.back(q)
	if err != nil {
		return err
	}
	only := p.onlyPerson(c, v.session)
	ask := Ask{
		Attempt: attempt, Back: back,
		ClientID: c.client().ID, ClientName: c.client().Name,
		LoginHint: c.loginHint(), Locales: c.locales(),
		Scopes: c.scopes, Must: v.must,
		UserID: only, Fresh: v.missing.fresh, Select: v.missing.choice || only == "" && c.subject != "", ACR: v.acr,
		AppHost: c.to.host(),
	}
	if v.missing.consent {
		ask.Consent = c.toConsent()
	}
	noStore(w)
	return p.signIn.Begin(w, r, ask)
}

// onlyPerson is the person who alone may answer, as the face knows them; "" for anybody. The alias that a pairwise client knows
// tells the id of none but of whoever is signed in: all others choose an account, and are judged when they come back.
func (p *Provider) onlyPerson(c *checked, session storage.Session) string {
	switch {
	case c.subject == "" || c.client().Sector == "":
		return c.subject
	case c.subject == p.subject(c.client(), session.UserID):
		return session.UserID
	}
	return ""
}

func (q request) loginHint() string {
	if hint := q.params["login_hint"]; len(hint) <= maxLoginHint {
		return hint
	}
	return ""
}

func (q request) locales() []string {
	tags := q.words("ui_locales")
	return tags[:min(len(tags), maxLocales)]
}
