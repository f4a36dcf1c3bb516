package login

import (
	"context"
	"errors"
	"net/http"
	"strconv"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// accountStore is what the account shows: rows of one person, and what their applications are called.
type accountStore interface {
	SessionsOf(ctx context.Context, userID string) ([]storage.Session, error)
	Trusts(ctx context.Context, userID string) ([]storage.Trust, error)
	Apps(ctx context.Context, userID string) ([]storage.App, error)
	Activity(ctx context.Context, userID string, limit int) ([]storage.Event, error)
	Client(ctx context.Context, id string) (storage.Client, error)
}

// changeStore is what a person changes of their own account.
type changeStore interface {
	ownStore
	EndEverywhere(ctx context.Context, userID, keep string, e storage.Event) (storage.User, storage.Receipt, error)
	EndTrusts(ctx context.Context, userID string, e storage.Event) error
	WithdrawConsent(ctx context.Context, userID, clientID string, e storage.Event) error
	RenewSession(ctx context.Context, id string, old, fresh []byte) error
}

type ownStore interface {
	OpenedIn(ctx context.Context, userID, sessionID string, limit int) ([]storage.Opened, error)
	SetProfile(ctx context.Context, userID string, claims map[string]any, e storage.Event) error
	ConfirmAddress(ctx context.Context, linkID string, e storage.Event) (storage.User, error)
	ChangePassword(ctx context.Context, c storage.PasswordChange, e storage.Event) (storage.User, error)
}

// How many rows of a section stand on the account's page, and on the page of the section alone. A person may have hundreds.
const (
	rowsShown  = 5
	rowsListed = 100
)

// accountPage is the account, or one section of it alone.
type accountPage struct {
	Person   *accountPerson // nil where a section stands alone
	Done     string         // what the person has just done, in words; "" nothing
	Warning  string
	Sections []section
}

type accountPerson struct{ Name, Email, CustomerNumber, Since string }

// section is a part of the account: rows with one action each, and perhaps one for all of them.
type section struct {
	Name, Title string // Name is its path below /account/, and begins the ids of its rows
	Count       int    // 0: not shown
	Empty       string // what is said where there is no row
	Rows        []row
	Rest        string // that there are more rows than stand here, in words
	More        *action
	All         *action
}

type row struct {
	Title, Tag string
	Hints      []string
	Open       *action // leads elsewhere; nil: nowhere
	Action     *action // nil: nothing can be done
}

// action is a link to a page, or a form of one button that does it at once.
type action struct {
	Path   string
	Text   string
	Link   bool
	Danger bool
	ID     string // what the form is about; "" without
	Hint   string // what else it does
	Button string // id and name of the button; "" without
}

// accountParts is the account in the order of its page. Those that are lists have a page of their own too.
var accountParts = []struct {
	name  string
	build func(*ownPage) (section, error)
	list  bool
}{
	{"methods", (*ownPage).methods, false},
	{"sessions", (*ownPage).sessions, true},
	{"browsers", (*ownPage).browsers, true},
	{"apps", (*ownPage).connected, true},
	{"activity", (*ownPage).activity, true},
	{"profile", (*ownPage).profile, false},
}

// ownPage is a page about the person who is signed in here, while it is put together. Whatever it reads is theirs: each
// statement names the person, but the one that tells what an application is called.
type ownPage struct {
	*Server
	w       http.ResponseWriter
	r       *http.Request
	lang    string
	session storage.Session
	person  storage.User
	most    int // rows of a section
	apps    func() ([]storage.App, error)
	clients map[string]storage.Client
	next    string // where the person wanted to go before they were sent here; "" nowhere
	recover int    // recovery codes that are left, once methods has counted them; -1 where there are none to have
}

// languageFor is the language of a person's own pages: what they chose in this browser, else what they say in their profile.
func (s *Server) languageFor(w http.ResponseWriter, r *http.Request, person storage.User) string {
	locale, _ := person.Claims["locale"].(string)
	return s.Site.LanguageFor(w, r, locale)
}

// own gives the session of this browser and its person. Who is not signed in is sent to sign in and comes back, to the
// account where they posted: then a handler just ends, as after fresh.
func (s *Server) own(w http.ResponseWriter, r *http.Request) (storage.Session, storage.User, error) {
	session, person, err := s.Session(r)
	if !errors.Is(err, storage.ErrNotFound) {
		return session, person, err
	}
	back := "/account"
	if r.Method != http.MethodPost {
		back = backTo(r)
	}
	if err := s.Begin(w, r, Ask{Attempt: storage.NewID(), Back: back}); err != nil {
		return storage.Session{}, storage.User{}, err
	}
	return storage.Session{}, storage.User{}, ErrAnswered
}

// client is an application, read once for a page. ErrNotFound.
func (p *ownPage) client(id string) (storage.Client, error) {
	if known, ok := p.clients[id]; ok {
		return known, nil
	}
	client, err := p.Store.Client(p.r.Context(), id)
	if err == nil {
		p.clients[id] = client
	}
	return client, err
}

// t is a text in the language of the page.
func (p *ownPage) t(key string, pairs ...string) string { return p.Site.Texts.T(p.lang, key, pairs...) }

func (p *ownPage) write(name, title string, data any) error {
	return p.writeView(web.View{Name: name, Title: title, Data: data})
}

func (p *ownPage) writeView(v web.View) error {
	v.Lang, v.Switch = p.lang, withOnward(p.r.URL.EscapedPath(), p.next)
	return p.pages.Write(p.w, p.r, v)
}

// toAccount leads to the account, in the language that the address asks for.
func (s *Server) toAccount(w http.ResponseWriter, r *http.Request) error {
	s.Site.Language(w, r) // keeps it
	http.Redirect(w, r, "/account", http.StatusSeeOther)
	return nil
}

// account shows a person their own page; who is not signed in signs in first and lands here (S-09).
func (p *ownPage) account() error {
	page := accountPage{
		Person: &accountPerson{p.person.Name(), p.person.Email, p.person.CustomerNumber, p.Site.Texts.Date(p.lang, p.session.AuthTime)},
		Done:   p.said(),
	}
	for _, part := range accountParts {
		built, err := part.build(p)
		if err != nil {
			return err
		}
		page.Sections = append(page.Sections, p.cut(built))
	}
	var err error
	if page.Warning, err = p.warning(); err != nil {
		return err
	}
	return p.writeView(web.View{Name: "account", Wide: true, Title: p.t("account.title"), Data: page})
}

// accountPart shows one section with all of its rows.
func accountPart(build func(*ownPage) (section, error)) func(*ownPage) error {
	return func(p *ownPage) error {
		p.most = rowsListed
		built, err := build(p)
		if err != nil {
			return err
		}
		built = p.cut(built)
		title := built.Title
		built.Title = "" // the h1 says it
		return p.writeView(web.View{Name: "account", Wide: true, Title: title, Data: accountPage{Sections: []section{built}}})
	}
}

// cut keeps the rows that the page has room for, and says how many more there are.
func (p *ownPage) cut(s section) section {
	more := len(s.Rows) - p.most
	if more <= 0 || s.Name == "methods" {
		return s
	}
	s.Rows = s.Rows[:p.most]
	if p.most == rowsShown {
		s.More = &action{Path: "/account/" + s.Name, Text: p.t("account.more", "n", strconv.Itoa(more)), Link: true}
	} else {
		s.Rest = p.t("account.rest", "n", strconv.Itoa(more))
	}
	return s
}
