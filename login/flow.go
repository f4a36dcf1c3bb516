package login

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Step is one thing that a person is asked in a sign-in: a file here, a page of the same name, a line in steps.
type Step interface {
	Name() string        // its path under /login/ and its page
	Asked(v *visit) bool // is it still needed?
}

// Form is a step that is a page of ours. It only judges: the phases around it are show and take.
type Form interface {
	Step
	Show(v *visit) (page, error)
	Spend(v *visit, form url.Values) error // limits, charged before anything is compared; *Refusal where one is reached
	Take(v *visit, form url.Values) error  // *Refusal: the same page again
}

// Errand is a step elsewhere: the browser leaves for it and comes back, whatever happens there.
type Errand interface {
	Step
	Leave(v *visit, form url.Values) (string, error) // where the browser goes
	Return(v *visit, query url.Values) error         // judges what it brings back, and answers
}

// Substitute is a form that may be taken in place of the one that is asked, and is never asked itself.
type Substitute interface {
	Form
	InsteadOf() string // the name of the other
}

// Refusal shows the same page again with a text at one of its fields.
type Refusal struct {
	Field  string
	Text   string // key
	Pairs  []string
	Status int // 0: 422
}

func (e *Refusal) Error() string { return e.Text }

// page is what a step shows.
type page struct {
	Title  string
	Data   any // embeds visit.frame
	Status int
	Errors []web.FieldError
}

// frame is what every form carries.
type frame struct {
	Action  string // where it posts to, with the attempt too: so the address of a refused form can be opened again
	Attempt string // sealed
	App     string // "" when opened directly
	Google  bool   // Google may be taken instead
	Notice  string // what came of an errand that is no error, in words; "" nothing
}

// steps is the order in which things are asked: policy, so it is read here and registered nowhere.
func (s *Server) steps() []Form {
	return []Form{
		selectStep{s},
		usernameStep{s},
		newPasswordStep{s},
		passwordStep{s},
		totpStep{s},
		recoveryStep{s},
		emailCodeStep{s},
		trustStep{s},
		changedStep{s},
		appNeededStep{s},
		consentStep{s},
	}
}

// next is the one decision of what is asked now; nil when nothing is left. It looks at proofs and policy only, so no
// handler can call an attempt done.
func (s *Server) next(v *visit) Form {
	for _, step := range s.steps() {
		if step.Asked(v) {
			return step
		}
	}
	return nil
}

// due says whether a step may be shown or taken now: the one that is asked, or the first page again while nothing is
// proved. A form from another tab, the back button or a replay is not due, and only leads to what is.
func (s *Server) due(v *visit, step Form) bool {
	if step.Name() == "username" && v.attempt.changeable() {
		return true
	}
	next := s.next(v)
	if next == nil {
		return false
	}
	other, substitute := step.(Substitute)
	return next.Name() == step.Name() || substitute && other.InsteadOf() == next.Name()
}

// visit is one request to a step, with what the phases before it found out.
type visit struct {
	w       http.ResponseWriter
	r       *http.Request
	attempt *Attempt
	person  storage.User    // who proved the password, or whose session this rests on; zero: nobody yet
	session storage.Session // this browser's living session; zero: none
	owner   storage.User    // of the session, where the attempt may rest on it
	frame   frame
	back    *carried // set where the browser comes back from an errand: the only GET that may finish an attempt

	candidate storage.User // whom the typed name means: nobody has proved to be it
	hash      string
}

// looked opens the attempt that a GET names, in the language that it asks for.
func (s *Server) looked(w http.ResponseWriter, r *http.Request) (*visit, error) {
	query, err := web.ParseQuery(r)
	if err != nil {
		return nil, err
	}
	v, err := s.open(w, r, query.Get("attempt"))
	if err == nil && query.Has("lang") {
		v.attempt.Lang = s.Site.Language(w, r, v.attempt.Lang)
	}
	return v, err
}

// posted opens the attempt of a form that was sent, which somebody has gone on by.
func (s *Server) posted(w http.ResponseWriter, r *http.Request) (*visit, url.Values, error) {
	form, err := web.ParseForm(w, r)
	if err != nil {
		return nil, nil, err
	}
	v, err := s.open(w, r, form.Get("attempt"))
	if err == nil {
		s.opened(v)
	}
	return v, form, err
}

// show answers GET: it opens the attempt, and shows the step if it is due.
func (s *Server) show(step Form) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := s.looked(w, r)
		if err != nil {
			return err
		}
		if s.due(v, step) {
			return s.page(v, step, nil)
		}
		if s.next(v) == nil && v.attempt.rests() { // what was asked is there, by another tab: whoever asked judges again
			return &elsewhere{v.attempt.Ask.Back, v.attempt.Lang}
		}
		if s.next(v) == nil { // a GET finishes nothing
			return stopped("error.start-again", v.attempt)
		}
		return s.advance(v)
	}
}

// take answers POST: it opens the attempt, spends the limits, lets the step judge, and goes on to what is asked next.
func (s *Server) take(step Form) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, form, err := s.posted(w, r)
		if err != nil {
			return err
		}
		v.attempt.Refused = nil // it has been read
		if !s.due(v, step) {
			return s.advance(v)
		}
		return s.judge(v, step, form)
	}
}

func (s *Server) judge(v *visit, step Form, form url.Values) error {
	err := step.Spend(v, form)
	if err == nil {
		err = step.Take(v, form)
	}
	if err == nil {
		err = s.settle(v)
	}
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return s.page(v, step, refusal)
	}
	if err != nil {
		return err
	}
	// A password manager fills both fields of the first page at once: then the second page is not needed.
	if next := s.next(v); step.Name() == "username" && next != nil && next.Name() == "password" && form.Get("password") != "" {
		return s.judge(v, next, form)
	}
	return s.advance(v)
}

// advance sends the browser to the step that is asked next, or ends the attempt.
func (s *Server) advance(v *visit) error {
	next := s.next(v)
	if next == nil {
		return s.finish(v)
	}
	to, err := s.address(v.attempt, next)
	if err != nil {
		return err
	}
	http.Redirect(v.w, v.r, to, http.StatusSeeOther)
	return nil
}

// page writes a step's page; with a refusal it is the same page again.
func (s *Server) page(v *visit, step Form, refusal *Refusal) error {
	var err error
	if v.frame, err = s.frameOf(v.attempt, step); err != nil {
		return err
	}
	v.frame.Google = s.google().Asked(v)
	if v.frame.Google && v.attempt.Refused != nil && v.attempt.Refused.Why == cancelled {
		v.frame.Notice = s.text(v, "google.cancelled")
	}
	shown, err := step.Show(v)
	if err != nil {
		return err
	}
	if refusal != nil {
		shown.Errors = []web.FieldError{{Field: refusal.Field, Text: s.text(v, refusal.Text, refusal.Pairs...)}}
		shown.Status = refusal.Status
		if shown.Status == 0 {
			shown.Status = http.StatusUnprocessableEntity
		}
	}
	return s.pages.Write(v.w, v.r, web.View{
		Status: shown.Status,
		Name:   step.Name(),
		Lang:   v.attempt.Lang,
		Data:   shown.Data,
		Title:  shown.Title,
		Errors: shown.Errors,
		Switch: v.frame.Action,
		App:    s.about(v),
	})
}

// about is what the application says of itself, asked for when a page is shown: its addresses would make the sealed attempt
// too long for a URL.
func (s *Server) about(v *visit) web.App {
	if s.App == nil || v.attempt.Ask.ClientID == "" {
		return web.App{}
	}
	return s.App(v.r.Context(), v.attempt.Ask.ClientID)
}

func (s *Server) frameOf(a *Attempt, step Step) (frame, error) {
	sealed, err := s.seal(a)
	return frame{Action: withAttempt(pathOf(step), sealed), Attempt: sealed, App: a.Ask.ClientName}, err
}

// address is where a step of this attempt is shown.
func (s *Server) address(a *Attempt, step Step) (string, error) {
	sealed, err := s.seal(a)
	return withAttempt(pathOf(step), sealed), err
}

func pathOf(step Step) string { return "/login/" + step.Name() }

func withAttempt(path, sealed string) string { return path + "?attempt=" + url.QueryEscape(sealed) }

// text is a text in the attempt's language.
func (s *Server) text(v *visit, key string, pairs ...string) string {
	return s.Site.Texts.T(v.attempt.Lang, key, pairs...)
}
