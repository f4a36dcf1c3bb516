package admin

import (
	"errors"
	"net/http"
	"net/url"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Guard tells who is signed in in a browser. It is the face; cmd joins the two.
type Guard interface {
	// Enter gives the session of this browser and its person, where it was proved at this level and not longer ago than
	// d.MaxAge (0: ever). Else it sends the browser through the proofs and back to this address by GET, and returns ErrAnswered;
	// ErrNoApp where the level cannot be had, because the person has no authenticator app.
	Enter(w http.ResponseWriter, r *http.Request, d Demand) (storage.Session, storage.User, error)
}

// Demand is what somebody must have proved.
type Demand struct {
	ACR    string // "": any level
	MaxAge time.Duration
}

var (
	// ErrAnswered says that the answer is written already.
	ErrAnswered = errors.New("answered")
	// ErrNoApp says that the person has no authenticator app to prove themselves with.
	ErrNoApp = errors.New("no authenticator app")
)

// freshFor is how young the proofs must be for a change.
const freshFor = 10 * time.Minute

// guarded is a page for who has the right, with proofs that are minutes old where it is a change, or shows the form of one.
func (c *Console) guarded(route route, right Right, fresh bool, do func(*visit) error) web.Handler {
	return func(w http.ResponseWriter, r *http.Request) error {
		v, err := c.visitor(w, r, fresh)
		if err != nil {
			return err
		}
		v.route = route
		if !v.by.May(right) {
			return forbidden()
		}
		if err := c.known(v); err != nil {
			return err
		}
		if err := v.asked(); err != nil {
			return err
		}
		return do(v)
	}
}

// visitor is who is here. Who has no role learns nothing of the console, not even by being asked for more proofs.
func (c *Console) visitor(w http.ResponseWriter, r *http.Request, fresh bool) (*visit, error) {
	session, person, err := c.Guard.Enter(w, r, Demand{})
	if err != nil {
		return nil, err
	}
	if len(roles[person.Role]) == 0 {
		return nil, forbidden()
	}
	d := Demand{}
	if c.RequireTOTP {
		d.ACR = storage.AppFactor
	}
	if fresh {
		d.MaxAge = freshFor
	}
	if d != (Demand{}) {
		session, person, err = c.Guard.Enter(w, r, d)
	}
	v := c.visit(w, r, session, person)
	if errors.Is(err, ErrNoApp) {
		return nil, v.appWanted()
	}
	return v, err
}

// forbidden is the page for who may not do it.
func forbidden() error {
	return &stop{web.Failure{Status: http.StatusForbidden, Text: "console.forbidden", Code: "access_denied"}}
}

// The console's own cookie, which no other site can make a browser send (SameSite=Strict): a link from elsewhere shows nothing of the
// console before a page of ours has led on. It is sealed, and good for one session.
var consoleCookie = web.Cookie{Name: "console", Strict: true}

const enterPath = "/admin/enter"

// entered is what stands in the cookie.
type entered struct {
	Session string `json:"s"`
}

// known wants the console's cookie; without it a page leads through enter, which sets it.
func (c *Console) known(v *visit) error {
	var e entered
	value := c.Site.CookieValue(v.r, consoleCookie)
	if value != "" && c.Desk.Keys.Box.Open(keys.ForConsole, value, &e) == nil && e.Session == v.session.ID {
		return nil
	}
	if v.r.Method != http.MethodGet && v.r.Method != http.MethodHead {
		return forbidden()
	}
	to := v.r.URL.RequestURI()
	http.Redirect(v.w, v.r, enterPath+"?to="+url.QueryEscape(to), http.StatusSeeOther)
	return ErrAnswered
}

// enter sets the console's cookie and leads on by a page, not by a redirect: after a link from elsewhere browsers hold the whole
// chain of redirects for the other site's doing, and send no Strict cookie on it.
func (c *Console) enter(w http.ResponseWriter, r *http.Request) error {
	query, err := web.ParseQuery(r)
	if err == nil {
		err = onlyNamed(query, []string{"to", web.LanguageParameter})
	}
	if err != nil {
		return err
	}
	to := query.Get("to")
	if !consolePath(to) {
		to = "/admin"
	}
	v, err := c.visitor(w, r, false)
	if err != nil {
		return err
	}
	value, err := c.Desk.Keys.Box.Seal(keys.ForConsole, entered{v.session.ID})
	if err != nil {
		return err
	}
	c.Site.SetCookie(w, consoleCookie, value)
	return c.pages.Leave(w, r, web.Away{To: c.Site.Issuer + to, Lang: v.lang, Title: v.t("console.title")})
}

// consolePath says whether to is a path of the console.
func consolePath(to string) bool {
	u, err := url.Parse(to)
	return web.OwnPath(to) && err == nil && (u.Path == "/admin" || len(u.Path) > len("/admin/") && u.Path[:len("/admin/")] == "/admin/")
}
