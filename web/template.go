package web

import (
	"embed"
	"errors"
	"fmt"
	"html/template"
	"io/fs"
	"maps"
	"path"
	"slices"
	"strings"
)

//go:embed layout.html error.html leave.html style.css icon.svg google.svg doorward.js console.css console.js
var files embed.FS

var (
	style    = squeeze(embedded("style.css"))
	iconText = strings.TrimSpace(embedded("icon.svg"))
	google   = strings.TrimSpace(embedded("google.svg")) // as Google's branding rules want it
)

func embedded(name string) string {
	data, err := files.ReadFile(name)
	if err != nil {
		panic(err) // the compiler has embedded it
	}
	return string(data)
}

// Pages are parsed templates: layout.html, error.html and leave.html of this room, and pages/*.html of a door, for every
// language. In a page: {{t "key" "name" value …}} is a text, {{b "key" …}} the same with **bold** as <strong>; both want
// the key and the names as literals, so that they are checked at start.
//
// A page is the content of the card under its h1, which the layout writes from View.Title, as it writes the error summary
// from View.Errors. Its dot has .Data (the typed struct), .Title, .Lang, .Company, .Contact, .Away (Leave as a link), and for
// each field:
//
//	<label for="code">{{t "code.label"}}</label>
//	<input id="code" name="code" … {{.Described "code" "code-hint"}}>
//	{{.Fault "code"}}
//	<p class="hint" id="code-hint">…</p>
//
// What several pages of a door share stands once, in pages/parts/NAME.html: {{template "NAME" .}} writes it, and its dot and its $ are
// those of a page. A part names no other, and one that no page names is an error.
//
// Classes of words: p.sub (line under the h1), p.hint (small and quiet), p.fault (a field's fault), p.end (last paragraph, with
// room above), nav.links (a line of links), a.tap (a link that stands alone, 44 px high), span.tag (a small word of praise, like
// “this browser”). Of fields: label.check around a checkbox; input.code (digits in large); .off (off-screen, for password
// managers); div.beside (a field, and what a script sets beside it).
//
// Of buttons: .btn (primary), .btn.alt (secondary), .btn.small (as wide as its words, for rows), .btn.danger (filled: it ends or
// removes), .btn.alt.danger (the same, in a row), button.link (looks like a link), div.row (buttons side by side, of equal
// weight), and as Google wants it:
//
//	<button class="btn google" id="google" name="google" type="submit">{{google}}<span>{{t "google.button"}}</span></button>
//
// Of boxes: div.or (divider with a word); div.notice, div.notice.good, div.warn (something to know; to be careful about);
// dl.facts (name and value), dd.ref (a reference to read aloud); ul.list (short rows with a rule between); details with summary
// needs none. Of the second factor: {{.Data.Code.Drawn (t "key")}} draws a QR; code.key (the key in groups of four); ol.codes
// (recovery codes, in two columns where there is room).
//
// Comfort that needs a script is asked for by an attribute, which brings its words; the page then refers to the one script file
// (doorward.js, deferred), and its policy allows it. Nothing may need it:
//
//	<div class="beside"><input type="password" … {{.Shows}}></div>    a button that shows the password
//	<input class="code" … {{.Goes}}>                                  a complete code of six digits goes on by itself, by #submit
//	<button … {{.Waits .Data.Wait (t "code.resend")}}>{{t "code.resend-in" "s" .Data.Wait}}</button>    counts down to that text
//	<code class="key" {{.Copies .Data.Key}}>                          a button that copies this value, "" the element's text
//	<ol class="codes" {{.Keeps "recovery-codes.txt"}}>                buttons that copy, print and save the <li>s, one a line
//
// The account page is a View that is Wide, of sections with one action a row:
//
//	<section>
//	<h2>{{t "account.sessions"}} <span class="count">{{len .Data.Sessions}}</span></h2>
//	<ul class="rows">
//	<li><div><strong>Firefox on Linux</strong> <span class="tag">{{t "account.here"}}</span><p class="hint">…</p></div>
//	<form method="post" action="…"><button class="btn alt small">{{t "account.end"}}</button></form></li>
//	</ul>
//	</section>
type Pages struct {
	site  *Site
	look  look
	pages map[string]spoken // by name
}

// NewPages takes the pages of a door (fsys holds pages/*.html; nil for none) from their shelf, and renders the error page once in every
// language; a page that names an unknown key, or a part that there is not, is an error. All faults are reported at once.
func NewPages(site *Site, fsys fs.FS) (*Pages, error) {
	sources, err := readPages(fsys)
	if err != nil {
		return nil, err
	}
	p := &Pages{site: site, look: site.look(), pages: map[string]spoken{}}
	var faults []error
	for name, source := range sources {
		if p.pages[name], err = site.Texts.page(source); err != nil {
			faults = append(faults, fmt.Errorf("page %s.html: %w", name, err))
		}
	}
	if len(faults) > 0 {
		return nil, errors.Join(faults...)
	}
	return p, p.tryErrorPage()
}

// readPages collects the sources of the door's pages by name, and the pages that each door has: error and leave.
func readPages(fsys fs.FS) (map[string]string, error) {
	sources := map[string]string{"error": embedded("error.html"), "leave": embedded("leave.html")}
	if fsys == nil {
		return sources, nil
	}
	parts, err := readSources(fsys, "pages/parts/*.html")
	if err != nil {
		return nil, err
	}
	own, err := readSources(fsys, "pages/*.html")
	if err != nil {
		return nil, err
	}
	used := map[string]bool{}
	for name, source := range own {
		if _, taken := sources[name]; taken {
			return nil, fmt.Errorf("page %s.html: this name is taken", name)
		}
		sources[name] = withParts(source, parts, used)
	}
	for name := range parts {
		if !used[name] {
			return nil, fmt.Errorf("part %s.html: no page names it", name)
		}
	}
	return sources, nil
}

// readSources reads the files of a pattern, by their names without .html.
func readSources(fsys fs.FS, pattern string) (map[string]string, error) {
	files, err := fs.Glob(fsys, pattern)
	if err != nil {
		return nil, fmt.Errorf("list pages: %w", err)
	}
	sources := map[string]string{}
	for _, file := range files {
		data, err := fs.ReadFile(fsys, file)
		if err != nil {
			return nil, fmt.Errorf("read page: %w", err)
		}
		sources[strings.TrimSuffix(path.Base(file), ".html")] = strings.TrimSpace(string(data))
	}
	return sources, nil
}

// withParts is a page with those parts that it names, which are marked as used; one that does not exist is found by checkTexts.
func withParts(page string, parts map[string]string, used map[string]bool) string {
	whole := page
	for _, name := range slices.Sorted(maps.Keys(parts)) {
		if strings.Contains(page, `{{template "`+name+`"`) {
			whole += `{{define "` + name + `"}}` + parts[name] + `{{end}}`
			used[name] = true
		}
	}
	return whole
}

func words(values []any) []string {
	out := make([]string, len(values))
	for i, v := range values {
		out[i] = fmt.Sprint(v)
	}
	return out
}

// bold escapes the text, makes **bold** strong, and only then fills in the escaped values: a name with stars in it stays
// a name with stars in it.
func bold(text string, pairs []string) template.HTML {
	parts := strings.Split(template.HTMLEscapeString(text), "**")
	var b strings.Builder
	for i, part := range parts {
		if i > 0 {
			b.WriteString([2]string{"</strong>", "<strong>"}[i%2])
		}
		b.WriteString(part)
	}
	escaped := slices.Clone(pairs)
	for i := 1; i < len(escaped); i += 2 {
		escaped[i] = template.HTMLEscapeString(escaped[i])
	}
	return template.HTML(fill(b.String(), escaped))
}
