package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"
)

// Failure is what the error page tells, in two voices (behaviours.md 3.13).
type Failure struct {
	Status    int    // 0: 500
	Text      string // key of the sentence for people, its **bold** beginning is the h1; "" is "error.server"
	Pairs     []string
	Again     string   // path of our own to start again; "", and what leads elsewhere, shows none
	AgainText string   // key of that link; "" is "error.again"
	Code      string   // for developers: OAuth error code or ""
	Detail    string   // for developers; never a secret, never another error's text
	Facts     []Fact   // for developers, on the page alone: they may hold what was sent, so they are not logged
	Act       *Act     // what can be done about it, in the developers' part; nil: nothing
	Open      bool     // the developers' part is open; in development it always is
	Locales   []string // languages that the page is wished in, before what the browser asks for (ui_locales)

	machine bool // JSON unless Accept asks for HTML: for paths that programs guess
}

// Fact is one line of the developers' part.
type Fact struct {
	Label string // key
	Text  string
	Key   string // of a text in the place of Text; "" none
	Pairs []string
	Link  string // where Text leads; "" nowhere
}

// Act is a link to where something can be done.
type Act struct {
	URL  string // of ours
	Text string // key
}

// failurePage is the data of error.html.
type failurePage struct {
	Text, Again, AgainText  string
	Reference, Code, Detail string
	Facts                   []Fact // Label in the page's language
	Act                     *Act   // Text in the page's language
	Status                  string
	Time                    string
	Open                    bool
}

// WriteFailure answers with the error page and the request's reference; as JSON where Accept asks for it and not for HTML.
func (p *Pages) WriteFailure(w http.ResponseWriter, r *http.Request, f Failure) {
	if f.Status < 400 {
		f.Status = http.StatusInternalServerError
	}
	if f.Text == "" {
		f.Text = "error.server"
	}
	f.note(r.Context())
	if f.wantsJSON(r) {
		p.writeFailureJSON(w, r, f)
		return
	}
	if chosen := p.site.chosenLanguage(r); chosen != "" {
		p.site.SetCookie(w, languageCookie, chosen)
	}
	if err := p.Write(w, r, p.failureView(r, f)); err != nil {
		noteCause(r.Context(), err) // NewPages has rendered this page, so this does not happen
		http.Error(w, http.StatusText(f.Status)+" "+Reference(r.Context()), f.Status)
	}
}

func (f Failure) note(ctx context.Context) {
	Note(ctx, slog.String("error", f.Text))
	if f.Code != "" {
		Note(ctx, slog.String("code", f.Code))
	}
	if f.Detail != "" {
		Note(ctx, slog.String("detail", f.Detail))
	}
}

func (f Failure) wantsJSON(r *http.Request) bool {
	accept := r.Header.Get("Accept")
	html := strings.Contains(accept, "text/html")
	return !html && (f.machine || strings.Contains(accept, "application/json"))
}

func (p *Pages) failureView(r *http.Request, f Failure) View {
	lang := p.site.LanguageOf(r, f.Locales...)
	title, text := headline(p.site.Texts.T(lang, f.Text, f.Pairs...))
	if title == "" {
		title = p.site.Texts.T(lang, "error.title")
	}
	data := failurePage{Text: text, Reference: Reference(r.Context()), Code: f.Code, Detail: f.Detail, Open: f.Open || p.site.Dev || !p.site.Secure(),
		Status: fmt.Sprintf("%d %s", f.Status, http.StatusText(f.Status)), Time: p.site.now().UTC().Format(time.RFC3339)}
	for _, fact := range f.Facts {
		if fact.Key != "" {
			fact.Text = p.site.Texts.T(lang, fact.Key, fact.Pairs...)
		}
		data.Facts = append(data.Facts, Fact{Label: p.site.Texts.T(lang, fact.Label), Text: fact.Text, Link: fact.Link})
	}
	if f.Act != nil {
		data.Act = &Act{URL: f.Act.URL, Text: p.site.Texts.T(lang, f.Act.Text)}
	}
	if OwnPath(f.Again) {
		if f.AgainText == "" {
			f.AgainText = "error.again"
		}
		data.Again, data.AgainText = f.Again, p.site.Texts.T(lang, f.AgainText, f.Pairs...)
	}
	return View{Status: f.Status, Name: "error", Lang: lang, Data: data, Title: title, Switch: SamePage(r)}
}

// longestSwitch is the most of a query in a language link, of which a page has one for each language: a page stays small.
const longestSwitch = 6 << 10

// SamePage is the address of a page that is no step of anything: what GET asked for, without an earlier choice of language, which a page
// that is strict would refuse beside the next one. Asking again changes nothing. What was posted cannot be asked for again: "".
func SamePage(r *http.Request) string {
	if !safe(r.Method) || len(r.URL.RawQuery) > longestSwitch {
		return ""
	}
	kept := slices.DeleteFunc(strings.Split(r.URL.RawQuery, "&"), func(pair string) bool {
		before, _, _ := strings.Cut(pair, "=")
		name, err := unescape(before)
		return pair == "" || err == nil && name == "lang"
	})
	if len(kept) == 0 {
		return r.URL.EscapedPath()
	}
	return r.URL.EscapedPath() + "?" + strings.Join(kept, "&")
}

// headline parts "**This is the h1.** This is the text." A text without bold beginning has no headline.
func headline(text string) (string, string) {
	rest, found := strings.CutPrefix(text, "**")
	title, after, ends := strings.Cut(rest, "**")
	if !found || !ends {
		return "", text
	}
	return strings.TrimSuffix(title, "."), strings.TrimSpace(after)
}

func (p *Pages) writeFailureJSON(w http.ResponseWriter, r *http.Request, f Failure) {
	if f.Code == "" {
		f.Code = codeOf(f.Status)
	}
	_ = WriteJSON(w, f.Status, struct {
		Error       string `json:"error"`
		Description string `json:"error_description,omitempty"`
		Reference   string `json:"reference,omitempty"`
	}{f.Code, f.Detail, Reference(r.Context())}) // three strings can always be encoded
}

// noteCause keeps an error's own text for the log alone.
func noteCause(ctx context.Context, err error) { Note(ctx, slog.String("cause", err.Error())) }

// tryErrorPage renders the error page in every language, so that a broken one is found at start.
func (p *Pages) tryErrorPage() error {
	r, err := http.NewRequest(http.MethodGet, "/", nil)
	if err != nil {
		return err
	}
	for _, language := range p.site.Texts.languages {
		r.Header.Set("Accept-Language", language)
		v := p.failureView(r, Failure{Text: "error.app", Again: "/", Code: "invalid_request", Detail: "tried at start"})
		if _, err := p.render(p.sheet(&v)); err != nil {
			return fmt.Errorf("error page: %w", err)
		}
	}
	return nil
}

func (s *Site) now() time.Time {
	if s.Now != nil {
		return s.Now()
	}
	return time.Now()
}
