package login

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// passwordChosen is the kind of the event of a new password that does not count yet.
const passwordChosen = "sign_in.password_chosen"

// choicesPerLink bounds how many passwords are hashed for one link.
var choicesPerLink = storage.Rate{Burst: 20, Per: 10 * time.Minute}

// newPasswordStep asks for a new password, where a mailed link allows it. Its hash waits sealed in the attempt and is stored only
// when nothing more is asked (settle): an invitation's after the code (S-19), a reset's after the authenticator app (PR-07).
type newPasswordStep struct{ *Server }

type newPasswordPage struct {
	frame
	Username string
	Change   string // link to the first page; "" when the name stands
}

func (newPasswordStep) Name() string { return "new_password" }

// Asked says yes to a reset, and to an invitation when the invited address or number was typed: any other name is that of
// somebody who has a password.
func (s newPasswordStep) Asked(v *visit) bool {
	a := v.attempt
	if a.Link == nil || a.rests() || a.proved(byGoogle, s.Now()) || a.Hash != "" && a.proved(byPassword, s.Now()) {
		return false
	}
	return a.Link.Kind == storage.LinkReset || a.Link.names(a.Typed)
}

func (s newPasswordStep) Show(v *visit) (page, error) {
	if _, err := s.linked(v); err != nil { // said before anything is asked (S-20)
		return page{}, err
	}
	shown := newPasswordPage{frame: v.frame, Username: v.attempt.Link.Email}
	title := "newpassword.title-reset"
	if v.attempt.Link.Kind == storage.LinkInvitation {
		title, shown.Username = "newpassword.title", v.attempt.Typed
		if v.attempt.changeable() {
			shown.Change = withAttempt(pathOf(usernameStep{}), v.frame.Attempt)
		}
	}
	return page{Title: s.text(v, title), Data: shown}, nil
}

func (s newPasswordStep) Spend(v *visit, form url.Values) error {
	person, err := s.linked(v)
	if err != nil {
		return err
	}
	v.candidate = person
	if refusal := s.judgePassword(person, form.Get("password")); refusal != nil {
		return refusal
	}
	wait, err := s.Store.Spend(v.r.Context(), "new-password:"+v.attempt.Link.ID, choicesPerLink)
	if err != nil || wait == 0 {
		return err
	}
	return s.slowed(v, "password", "newpassword.slow", wait)
}

// linked is the person of the attempt's link, while the link lives.
func (s *Server) linked(v *visit) (storage.User, error) {
	link, person, err := s.Store.LinkByToken(v.r.Context(), v.attempt.Link.Token)
	if errors.Is(err, storage.ErrNotFound) {
		return storage.User{}, s.deadLink(v, unknownLink)
	}
	if err != nil {
		return storage.User{}, err
	}
	state, err := s.deadState(v.r, link, person)
	if err != nil {
		return storage.User{}, err
	}
	if state != livingLink {
		return storage.User{}, s.deadLink(v, state)
	}
	return person, nil
}

// judgePassword says in words why a password cannot be set, nil when it can: here, and wherever else a person sets one.
func (s *Server) judgePassword(person storage.User, password string) *Refusal {
	text := ""
	switch err := keys.JudgePassword(password, person.Name(), person.Email, person.CustomerNumber, s.Site.Company); {
	case err == nil:
		return nil
	case password == "":
		text = "newpassword.empty"
	case errors.Is(err, keys.ErrPasswordShort):
		text = "newpassword.short"
	case errors.Is(err, keys.ErrPasswordLong):
		text = "newpassword.long"
	case errors.Is(err, keys.ErrPasswordKnown):
		text = "newpassword.known"
	default:
		text = "newpassword.personal"
	}
	return &Refusal{Field: "password", Text: text}
}

func (s newPasswordStep) Take(v *visit, form url.Values) error {
	a, ctx := v.attempt, v.r.Context()
	var hash string
	err := passwordStep(s).inLine(v, func() error {
		var err error
		hash, err = s.Keys.Passwords.Hash(ctx, form.Get("password"))
		return err
	})
	if err != nil {
		return err
	}
	v.person = v.candidate
	a.become(v.person)
	a.Hash = hash
	a.prove(byPassword, s.Now())
	if a.Link.Kind == storage.LinkReset {
		a.prove(byLink, s.Now())
	}
	return s.recordFirst(v, passwordChosen)
}

// settle makes a new password count, as soon as no other proof is asked: the link is spent, an invited person becomes active,
// and whatever somebody else may have of the account ends, in one transaction. Of many at once one wins, and the attempt
// goes on as of the person's new version.
func (s *Server) settle(v *visit) error {
	a := v.attempt
	if a.Hash == "" || a.Link == nil || a.Link.UserID != a.User || !a.proved(byPassword, s.Now()) || s.second(v) != "" {
		return nil
	}
	accepted := storage.Acceptance{LinkID: a.Link.ID, UserVersion: a.Version, Hash: a.Hash}
	person, err := s.Store.AcceptLink(v.r.Context(), accepted, v.event(tried{storage.LinkUsed, "ok"}))
	if errors.Is(err, storage.ErrConflict) || errors.Is(err, storage.ErrNotFound) {
		if _, dead := s.linked(v); dead != nil {
			return dead
		}
		return stopped("error.start-again", a)
	}
	if err != nil {
		return err
	}
	s.Observe(Outcome{Kind: storage.LinkUsed, Result: "ok"})
	a.Changed = a.Link.Kind == storage.LinkReset
	a.Version, a.Hash, a.Link = person.Version, "", nil
	v.person = person
	if v.session.UserID == person.ID { // it has ended with all others
		v.session = storage.Session{}
	}
	if a.Changed {
		s.tellPasswordChanged(v.r, person)
	} else {
		s.tell(v.r, person, news{subject: "letter.ready-subject", text: "letter.ready-text"})
	}
	return nil
}

// overtaken is for an attempt whose person has changed since: most often by this very link, in a form that was sent twice.
func overtaken(a *Attempt) *stop {
	return &stop{web.Failure{Status: http.StatusConflict, Text: "newpassword.overtaken", Again: a.Ask.Back}, a.Lang}
}
