package login

import (
	"net/http"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Kinds of events that this room writes beside those of storage. Every try that was compared leaves one.
const (
	passwordRight  = "sign_in.password_right"
	codeRight      = "sign_in.code_right"
	codeSent       = "sign_in.code_sent"
	totpRight      = "sign_in.totp_right"
	consentRefused = "consent.refused"
)

// tried is what came of a try.
type tried struct{ kind, result string }

// Outcome is what came of a try, in words of this room and never in typed ones, so that there are few.
type Outcome struct {
	Kind, Result string   // as in the events
	Methods      []string // of a session that was made or raised (RFC 8176); nil for every other try
}

// event tells who did what to whom in this request. What was typed never stands in it: people type passwords into the
// wrong field.
func event(r *http.Request, t tried, userID string) storage.Event {
	return storage.Event{
		Kind:      t.kind,
		Actor:     userID,
		User:      userID,
		Address:   web.Address(r.Context()).String(),
		Reference: web.Reference(r.Context()),
		Result:    t.result,
	}
}

func (v *visit) event(t tried) storage.Event {
	userID := v.person.ID
	if userID == "" {
		userID = v.candidate.ID
	}
	e := event(v.r, t, userID)
	e.Client, e.Attempt = v.attempt.Ask.ClientID, v.attempt.ID
	return e
}

func (s *Server) record(v *visit, t tried) error {
	s.Observe(Outcome{Kind: t.kind, Result: t.result})
	e := v.event(t)
	if t.kind == storage.SignInRefused && v.attempt.Started != 0 {
		e.Data = map[string]string{"trail": written(v.attempt.begun())}
	}
	return s.Store.Record(v.r.Context(), e)
}

// recordFirst records the proof that says who somebody is, with what is asked of them besides, and why.
func (s *Server) recordFirst(v *visit, kind string) error {
	s.Observe(Outcome{Kind: kind, Result: "ok"})
	e := v.event(tried{kind, "ok"})
	e.Data = map[string]string{"trail": written(v.attempt.begun())}
	e.Data["asks"], e.Data["why"] = s.factor(v)
	return s.Store.Record(v.r.Context(), e)
}

// refuse records a refused try and gives the refusal back; a log that cannot be written is the greater trouble.
func (s *Server) refuse(v *visit, t tried, refusal error) error {
	if err := s.record(v, t); err != nil {
		return err
	}
	return refusal
}

// toldEvery is how often the log tells that one counter slows tries down.
const toldEvery = time.Hour

// refuseSlowed refuses a try that was not compared. It has cost its sender nothing, so it leaves no row of its own, or
// anybody could fill the disk: the log tells once an hour that a counter slows tries down. Metrics count each.
func (s *Server) refuseSlowed(v *visit, t tried, by slow, refusal *Refusal) error {
	if s.told.keep(by.counter, s.Now(), toldEvery) {
		return s.refuse(v, t, refusal)
	}
	s.Observe(Outcome{Kind: t.kind, Result: t.result})
	return refusal
}
