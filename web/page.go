package web

import (
	"bytes"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"strconv"
	"strings"
)

// View is one page to write.
type View struct {
	Status  int    // 0: 200
	Name    string // page file without .html
	Lang    string
	Data    any    // the page's typed struct: .Data in the page
	Title   string // text already translated; equals the h1
	Errors  []FieldError
	Wide    bool     // a wider card, for the account page
	Switch  string   // path and query of the same page by GET, for the language links; "" shows none
	Abroad  bool     // its form posts to another origin: the policy names no form-action (form_post page)
	Leave   string   // when set: the answer carries Refresh: 0; url=Leave (house.md §9), for leaving our origin after a POST
	Stay    int      // seconds before it leaves
	Frames  []string // addresses of other origins that it opens in frames, each Framed: the policy allows their origins
	App     App      // whom the sign-in is for, as it describes itself
	Console *Console // a page of the console, with its frame; nil: any other page
	Script  string   // the one inline script of the form_post page, allowed by its hash; "" everywhere else
}

// App is an application as it describes itself. Nobody here vouches for it, so it stands small and below what we say.
type App struct {
	Name                string
	Logo                string // path of ours; "" none
	Width, Height       int    // of the logo, in CSS pixels
	Home, Policy, Terms string // https URLs; "" none
}

// Described says whether there is something to show besides the name.
func (a App) Described() bool { return a.Logo+a.Home+a.Policy+a.Terms != "" }

// FieldError is one fault of a form: the summary links to the field, and the field repeats the text.
type FieldError struct{ Field, Text string }

// Write renders into memory, then answers with the headers that every page has (CSP with the style's hash, no-store,
// Referrer-Policy, frame-ancestors). An error means that nothing has been written.
func (p *Pages) Write(w http.ResponseWriter, _ *http.Request, v View) error {
	sheet := p.sheet(&v)
	body, err := p.render(sheet)
	if err != nil {
		return err
	}
	h := w.Header()
	p.look.headers(h, sheet)
	h["Content-Length"] = []string{strconv.Itoa(body.Len())}
	if v.Status == 0 {
		v.Status = http.StatusOK
	}
	w.WriteHeader(v.Status)
	_, _ = w.Write(body.Bytes()) // an error means that the visitor has gone
	return nil
}

func (p *Pages) render(v *sheet) (*bytes.Buffer, error) {
	page, ok := p.pages[v.Name]
	if !ok {
		return nil, fmt.Errorf("there is no page %q", v.Name)
	}
	if page[v.Lang] == nil {
		v.Lang = fallback
	}
	if err := v.check(); err != nil {
		return nil, fmt.Errorf("page %q: %w", v.Name, err)
	}
	buf := bytes.NewBuffer(make([]byte, 0, 10<<10))
	if err := page[v.Lang].ExecuteTemplate(buf, "layout.html", v); err != nil {
		return nil, fmt.Errorf("render page: %w", err)
	}
	return buf, nil
}

// check refuses what would change the meaning of a header or run somewhere else than meant.
func (v *View) check() error {
	if v.Leave != "" && !leavable(v.Leave) {
		return errors.New("leave is not an absolute URL that a browser opens")
	}
	for _, address := range v.Frames {
		if !Framed(address) {
			return errors.New("a frame is not an http or https URL whose origin a policy can name")
		}
	}
	if lower := strings.ToLower(v.Script); strings.Contains(lower, "</script") || strings.Contains(lower, "<!--") {
		return errors.New("script would end its element")
	}
	return nil
}

// sheet is the dot of layout and pages: the View, and what every page may ask.
type sheet struct {
	*View
	site     *Site
	look     *look
	scripted bool // it asked for what only the script file does
	renews   bool // and for parts that are read again
}

func (p *Pages) sheet(v *View) *sheet { return &sheet{View: v, site: p.site, look: &p.look} }

// Style is the style sheet with its element.
func (s *sheet) Style() template.HTML { return s.look.style }

// Icon is the drawing of the house.
func (s *sheet) Icon() template.HTML { return s.look.icon }

// Company names the house.
func (s *sheet) Company() string { return s.site.Company }

// Logo is the company's, nil where it has none.
func (s *sheet) Logo() *Logo { return s.site.Brand.Logo }

// Links are those of the company, at the foot.
func (s *sheet) Links() []Link { return s.site.Brand.Links }

// Contact is whom people ask, or "".
func (s *sheet) Contact() string { return s.site.Contact }

// HeadTitle is the text of <title>: the h1 first, "Error: " before it when something is to be corrected.
func (s *sheet) HeadTitle() string {
	title := s.Title
	if s.site.Company != "" {
		title = s.site.Texts.T(s.Lang, "layout.title", "title", title, "company", s.site.Company)
	}
	if len(s.Errors) > 0 {
		title = s.site.Texts.T(s.Lang, "layout.problem-title", "title", title)
	}
	return title
}

// HelpLink is the contact as a link, "" when it is only words.
func (s *sheet) HelpLink() string {
	contact := s.site.Contact
	switch {
	case strings.HasPrefix(contact, "https://"):
		return contact
	case strings.Count(contact, "@") == 1 && !strings.ContainsAny(contact, " <>?&"):
		return "mailto:" + contact
	}
	return ""
}

// Away is Leave as a link; check has seen its scheme, so that a private-use scheme of a native app may stand in it.
func (s *sheet) Away() template.URL { return template.URL(s.Leave) }

// Other is a link to this page in another language.
type Other struct{ Tag, Name, URL string }

// Others lists the links of the language switch.
func (s *sheet) Others() []Other {
	if !OwnPath(s.Switch) {
		return nil
	}
	join := "?"
	if strings.Contains(s.Switch, "?") {
		join = "&"
	}
	var others []Other
	for _, tag := range s.site.Texts.languages {
		if tag != s.Lang {
			others = append(others, Other{tag, s.site.Texts.T(tag, "layout.language"), s.Switch + join + "lang=" + tag})
		}
	}
	return others
}

// Described are the attributes that tie a field to its hints and its fault: {{.Described "code" "code-hint"}} inside
// the <input>.
func (s *sheet) Described(field string, hints ...string) template.HTMLAttr {
	invalid := ""
	if s.errorOf(field) != "" {
		hints = append(hints, field+"-error")
		invalid = ` aria-invalid="true"`
	}
	if len(hints) == 0 {
		return ""
	}
	return template.HTMLAttr(`aria-describedby="` + template.HTMLEscapeString(strings.Join(hints, " ")) + `"` + invalid)
}

// Fault is the paragraph under a field that repeats its fault: {{.Fault "code"}}; nothing when there is none.
func (s *sheet) Fault(field string) template.HTML {
	text := s.errorOf(field)
	if text == "" {
		return ""
	}
	return template.HTML(`<p class="fault" id="` + template.HTMLEscapeString(field) + `-error">` + template.HTMLEscapeString(text) + `</p>`)
}

func (s *sheet) errorOf(field string) string {
	for _, e := range s.Errors {
		if e.Field == field {
			return e.Text
		}
	}
	return ""
}

// ScriptTag is the page's one script: byte for byte as its hash in the header says, or the file for what it asked for.
func (s *sheet) ScriptTag() template.HTML {
	if s.Script != "" {
		return template.HTML("<script>" + s.Script + "</script>")
	}
	var tags string
	if s.scripted {
		tags += `<script src="` + script.path + `" defer></script>`
	}
	if s.Console != nil {
		tags += `<script src="` + consoleScript.path + `" defer></script>`
	}
	return template.HTML(tags)
}
