package login

import (
	"errors"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// errandLife is how long a browser may stay away.
const errandLife = 10 * time.Minute

// maxCarried is the most characters of what an errand carries: a longer address does not get through the servers and
// proxies on its way, which usually take request lines of 8 KiB.
const maxCarried = 7000

var errTooLong = errors.New("what the application asks is too long for an errand")

// carried is what a browser takes along on an errand and brings back, sealed: the attempt itself, so that leaving writes
// nothing. It is of one errand, one browser (the attempt's) and one use.
type carried struct {
	ID      string  `json:"i"`
	Nonce   string  `json:"n"`
	To      string  `json:"t"`           // where it leads: what was begun there is of no use elsewhere
	Left    int64   `json:"s"`           // Unix seconds
	Linking bool    `json:"l,omitempty"` // it adds a way to sign in to the account of who is signed in, and signs nobody in
	Attempt Attempt `json:"a"`
}

// setOut prepares an errand for this attempt.
func (s *Server) setOut(a *Attempt, to string) *carried {
	return &carried{ID: storage.NewID(), Nonce: storage.NewID(), To: to, Left: s.Now().Unix(), Attempt: *a}
}

func (s *Server) sealCarried(c *carried) (string, error) {
	sealed, err := s.Keys.Box.Seal(keys.ForGoogle, c)
	if err == nil && len(sealed) > maxCarried {
		return "", errTooLong
	}
	return sealed, err
}

// depart answers POST: it opens the attempt and lets the browser leave.
func (s *Server) depart(errand Errand) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, form, err := s.posted(w, r)
		if err != nil {
			return err
		}
		if !errand.Asked(v) {
			return s.advance(v)
		}
		to, err := errand.Leave(v, form)
		if err != nil {
			return err
		}
		return s.sendAway(v, to)
	}
}

// sendAway leaves our origin after a form post.
func (s *Server) sendAway(v *visit, to string) error {
	return s.pages.Leave(v.w, v.r, web.Away{To: to, Lang: v.attempt.Lang, Title: s.text(v, "leave.title")})
}

// comeBack answers GET: all that stands before a step stands here too, and the attempt must have set out from this very
// browser, a short while ago. What came of the errand, Return judges.
func (s *Server) comeBack(errand Errand) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		if r.Method != http.MethodGet { // HEAD asks what GET would answer, and must not do what it does
			return &web.Refused{Status: http.StatusMethodNotAllowed, Why: "the way back is opened by GET"}
		}
		query, err := web.ParseQuery(r)
		if err != nil {
			return err
		}
		c := new(carried)
		if err := s.Keys.Box.Open(keys.ForGoogle, query.Get("state"), c); err != nil {
			return stopped("error.start-again", nil)
		}
		v := &visit{w: w, r: r, attempt: &c.Attempt, back: c}
		if err := s.enter(v); err != nil {
			return err
		}
		if s.Now().Sub(time.Unix(c.Left, 0)) > errandLife {
			return tooLate(v.attempt)
		}
		if !c.Linking && !errand.Asked(v) {
			return stopped("error.start-again", v.attempt)
		}
		return errand.Return(v, query)
	}
}
