package admin

import (
	"context"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"github.com/gorilla/mux"
)

// The first run, and the way back in for an administrator who is locked out: a sealed link, printed on the machine itself, makes an
// administrator on the first of three pages, which spends it. The other two go on by what that page sealed for this one person, so
// nobody is signed in by a link: at the end they sign in as everybody does. A house where there is somebody has its settings already: who
// comes back in by a link changes them in the console, after a second factor.

// setupStore makes the first administrator.
type setupStore interface {
	User(ctx context.Context, id string) (storage.User, error)
	SetUp(ctx context.Context, s storage.SetUp, u storage.User, passwordHash string, e storage.Event) error
	Once(ctx context.Context, kind, id string, until time.Time) error
	Spent(ctx context.Context, kind, id string) (bool, error)
	NoPeople(ctx context.Context) (bool, error)
}

// setupFor is how long the pages after the first may take.
const setupFor = 30 * time.Minute

// setupOver is the kind under which what the pages after the first carry is spent by the last.
const setupOver = "setup-over"

// settingUp is what the pages after the first carry.
type settingUp struct {
	ID     string
	Person string
	Ends   time.Time
	Tried  map[string]string `json:",omitempty"` // settings of mail that no letter went out by, the password among them
}

// NewAdministrator is what the first page asks.
type NewAdministrator struct{ Name, Email, Password string }

// SetUp spends a set-up link and makes its administrator, who is active: whoever holds the link has the machine. However many
// come with one link, one wins; the others get storage.ErrConflict, as when, with the link of the first start, somebody else is there by
// now. keys.ErrRefused when the link is none, or is too old; the errors of keys.JudgePassword; *storage.Invalid, also when the address is
// somebody's already: the link is not spent then.
func (d *Desk) SetUp(ctx context.Context, token string, n NewAdministrator, by Actor) (storage.User, error) {
	link, err := d.setupLink(ctx, token)
	if err != nil {
		return storage.User{}, err
	}
	u := storage.User{ID: storage.NewID(), Email: n.Email, Claims: map[string]any{"name": strings.TrimSpace(n.Name)}, Role: "admin", State: "active", Version: 1, EmailVerified: true}
	if email, _, ok := storage.Identifier(n.Email); ok && email != "" {
		u.Email = email
	}
	if err := errors.Join(u.Check(), named(u)); err != nil {
		return storage.User{}, err
	}
	if err := keys.JudgePassword(n.Password, u.Name(), u.Email, d.Company); err != nil {
		return storage.User{}, err
	}
	hash, err := d.Keys.Passwords.Hash(ctx, n.Password)
	if err != nil {
		return storage.User{}, err
	}
	e := by.event("")
	e.Actor = "setup"
	return u, d.Store.SetUp(ctx, storage.SetUp{ID: link.ID, Until: link.Until, First: link.First}, u, hash, e)
}

// setupLink reads a set-up link that works still, as far as can be said without using it: whoever holds a dead one is told at once, and
// not after a page of questions. keys.ErrRefused, storage.ErrConflict as SetUp, which alone decides.
func (d *Desk) setupLink(ctx context.Context, token string) (keys.SetupLink, error) {
	link, err := d.Keys.Box.OpenSetup(token, d.Now())
	if err != nil {
		return link, err
	}
	over, err := d.Store.Spent(ctx, storage.SetupSpent, link.ID)
	if err == nil && !over && link.First {
		var nobody bool
		nobody, err = d.Store.NoPeople(ctx)
		over = !nobody
	}
	if err == nil && over {
		err = storage.ErrConflict
	}
	return link, err
}

// named wants a name: letters and pages call the administrator by it.
func named(u storage.User) error {
	if name, _ := u.Claims["name"].(string); name == "" {
		return &storage.Invalid{Field: "name", Why: "is missing"}
	}
	return nil
}

func (c *Console) registerSetup(door *web.Door, router *mux.Router) {
	door.Handle(router, "/setup", web.Methods{http.MethodGet: c.askSetup, http.MethodPost: c.takeSetup})
	door.Handle(router, "/setup/company", web.Methods{http.MethodPost: c.takeCompany})
	door.Handle(router, "/setup/mail", web.Methods{http.MethodPost: c.takeMail})
}

// setupVisit is a page of the set-up while it is put together.
type setupVisit struct {
	*Console
	w    http.ResponseWriter
	r    *http.Request
	lang string
	form url.Values

	again string // the page's address by GET, for its language links; "" none
}

func (c *Console) settingUp(w http.ResponseWriter, r *http.Request, form url.Values) *setupVisit {
	return &setupVisit{Console: c, w: w, r: r, lang: c.Site.Language(w, r), form: form}
}

func (v *setupVisit) t(key string, pairs ...string) string {
	return v.Site.Texts.T(v.lang, key, pairs...)
}

func (v *setupVisit) by() Actor {
	return Actor{ID: "setup", Address: web.Address(v.r.Context()).String(), Reference: web.Reference(v.r.Context())}
}

func (v *setupVisit) show(page, title string, data any, faults ...web.FieldError) error {
	view := web.View{Name: page, Lang: v.lang, Title: title, Data: data, Errors: faults, Switch: v.again}
	if len(faults) > 0 {
		view.Status = http.StatusUnprocessableEntity
	}
	return v.pages.Write(v.w, v.r, view)
}

// setupDead is the page for a link that makes nobody an administrator: it was used, is too old, or never was one.
func setupDead() error {
	return &stop{web.Failure{Status: http.StatusGone, Text: "setup.dead", Code: "invalid_request"}}
}

func linkIsDead(err error) bool {
	return errors.Is(err, keys.ErrRefused) || errors.Is(err, storage.ErrConflict)
}

// setupStart is the first page.
type setupStart struct {
	Token, Name, Email string
	First              bool // there is nobody yet; else others are administrators already
}

// askSetup shows the first page to who has a link that works. It spends nothing: what looks at links in passing changes nothing.
func (c *Console) askSetup(w http.ResponseWriter, r *http.Request) error {
	query, err := web.ParseQuery(r)
	if err == nil {
		err = onlyNamed(query, []string{"t", web.LanguageParameter})
	}
	if err != nil {
		return err
	}
	v := c.settingUp(w, r, nil)
	return v.showStart(setupStart{Token: query.Get("t")})
}

// showStart shows the first page, which says whose place is to be taken.
func (v *setupVisit) showStart(page setupStart, faults ...web.FieldError) error {
	link, err := v.Desk.setupLink(v.r.Context(), page.Token)
	if linkIsDead(err) {
		return setupDead()
	}
	if err != nil {
		return err
	}
	page.First, v.again = link.First, "/setup?t="+url.QueryEscape(page.Token)
	return v.show("setup-start", v.t("setup.start"), page, faults...)
}

func (c *Console) takeSetup(w http.ResponseWriter, r *http.Request) error {
	form, err := strictForm(w, r, "t", "name", "email", "password", "submit")
	if err != nil {
		return err
	}
	v := c.settingUp(w, r, form)
	u, err := c.Desk.SetUp(r.Context(), form.Get("t"), NewAdministrator{form.Get("name"), form.Get("email"), form.Get("password")}, v.by())
	if linkIsDead(err) {
		return setupDead()
	}
	if faults := v.startFaults(err); len(faults) > 0 {
		return v.showStart(setupStart{Token: form.Get("t"), Name: form.Get("name"), Email: form.Get("email")}, faults...)
	}
	if err != nil {
		return err
	}
	if link, err := c.Desk.Keys.Box.OpenSetup(form.Get("t"), c.Desk.Now()); err != nil || !link.First {
		return v.showDone(setupDone{Email: u.Email})
	}
	token, err := c.Desk.Keys.Box.Seal(keys.ForSetup, settingUp{ID: storage.NewID(), Person: u.ID, Ends: c.Desk.Now().Add(setupFor)})
	if err != nil {
		return err
	}
	return v.askCompany(token)
}

// startFaults are the faults of the first page; none where err is something else.
func (v *setupVisit) startFaults(err error) []web.FieldError {
	var list []web.FieldError
	for _, i := range invalids(err) {
		text := spoken(v.t).fault(i)
		if i.Field == "email" && i.Why == takenWhy {
			text = v.t("setup.taken")
		}
		list = append(list, web.FieldError{Field: i.Field, Text: text})
	}
	for why, key := range map[error]string{
		keys.ErrPasswordShort: "setup.password-short", keys.ErrPasswordLong: "setup.password-long",
		keys.ErrPasswordKnown: "setup.password-known", keys.ErrPasswordPersonal: "setup.password-personal",
	} {
		if errors.Is(err, why) {
			list = append(list, web.FieldError{Field: "password", Text: v.t(key)})
		}
	}
	return list
}

// going reads what the first page sealed; its person must still be an administrator. It ends with the last page, and where mail was set
// in the console meanwhile: whoever finds it later moves no letters by it.
func (v *setupVisit) going() (settingUp, storage.User, error) {
	var s settingUp
	if v.Desk.Keys.Box.Open(keys.ForSetup, v.form.Get("go"), &s) != nil || s.ID == "" || s.Person == "" || !v.Desk.Now().Before(s.Ends) {
		return s, storage.User{}, setupDead()
	}
	over, err := v.Desk.Store.Spent(v.r.Context(), setupOver, s.ID)
	if err != nil {
		return s, storage.User{}, err
	}
	set, _, err := v.Desk.set(v.r.Context())
	if err != nil {
		return s, storage.User{}, err
	}
	if over || set["mail.smtp.host"].Owner == "console" {
		return s, storage.User{}, setupDead()
	}
	u, err := v.Desk.Store.User(v.r.Context(), s.Person)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (u.Role != "admin" || u.State != "active") {
		return s, storage.User{}, setupDead()
	}
	return s, u, err
}

// finish ends the set-up. However many come at once, one does. A letter that was sent is told of.
func (v *setupVisit) finish(s settingUp, u storage.User, sent MailTest) error {
	err := v.Desk.Store.Once(v.r.Context(), setupOver, s.ID, s.Ends)
	if errors.Is(err, storage.ErrConflict) {
		return setupDead()
	}
	if err != nil {
		return err
	}
	set, _, err := v.Desk.set(v.r.Context())
	if err != nil {
		return err
	}
	done := setupDone{Email: u.Email, Test: sent}
	switch {
	case set[emailCode].Fixed() && set[emailCode].Value == "never" && (v.form.Has(allTheSame) || set["mail.smtp.host"].Value == ""):
		done.Care = v.t("setup.done-alone")
	case set["mail.smtp.host"].Value == "":
		done.Care = v.t("setup.done-skipped")
	case v.form.Has(allTheSame) && set[emailCode].Value == "never":
		done.Care = v.t("setup.done-unsent")
	case v.form.Has(allTheSame):
		done.Care = v.t("setup.done-wanted")
	}
	return v.showDone(done)
}

// setupDone is the last page.
type setupDone struct {
	Email string
	Test  MailTest // the letter that was sent to them; zero: none
	Care  string   // that no letter leaves the house yet, and what that means
}

func (v *setupVisit) showDone(page setupDone) error {
	return v.show("setup-done", v.t("setup.done"), page)
}

// strictForm reads a form whose fields are these alone.
func strictForm(w http.ResponseWriter, r *http.Request, names ...string) (url.Values, error) {
	form, err := web.ParseForm(w, r)
	if err != nil {
		return nil, err
	}
	return form, onlyNamed(form, names)
}
