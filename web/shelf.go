package web

import (
	"errors"
	"html/template"
	"regexp"
	"strings"
	"sync"
)

// spoken is the layout with a page in it, by language.
type spoken map[string]*template.Template

// pageShelf keeps pages from when a room first wanted them, by source. There are as many as the program has embedded: what a company
// sets (its name, its colours) is in no template, but in the sheet that it is written with.
type pageShelf struct {
	mu    sync.Mutex
	pages map[string]spoken
}

// page is a page in every language. Its texts are checked, when it is parsed.
func (c *catalogue) page(source string) (spoken, error) {
	c.pages.mu.Lock()
	defer c.pages.mu.Unlock()
	if page, ok := c.pages.pages[source]; ok {
		return page, nil
	}
	page, err := c.speak(source)
	if err != nil {
		return nil, err
	}
	if c.pages.pages == nil {
		c.pages.pages = map[string]spoken{}
	}
	c.pages.pages[source] = page
	return page, nil
}

func (c *catalogue) speak(source string) (spoken, error) {
	silent, err := laidOut(source)
	if err != nil {
		return nil, err
	}
	page := spoken{}
	var faults []error
	for _, language := range c.languages {
		if page[language], err = c.in(language, silent); err != nil {
			faults = append(faults, err)
		}
	}
	return page, errors.Join(faults...)
}

var lineBreak = regexp.MustCompile(`\s*\n\s*`)

// tight is a source without its indentation.
func tight(source string) string {
	return lineBreak.ReplaceAllString(strings.TrimSpace(source), "\n")
}

// layout is layout.html, parsed once for all doors and languages; what its functions do is said by each copy.
var layout = sync.OnceValues(func() (*template.Template, error) {
	return template.New("layout.html").Funcs((*catalogue)(nil).functions("")).Parse(tight(embedded("layout.html")))
})

// laidOut is the layout with a page in it, of no language yet.
func laidOut(source string) (*template.Template, error) {
	empty, err := layout()
	if err != nil {
		return nil, err
	}
	page, err := empty.Clone()
	if err != nil {
		return nil, err
	}
	_, err = page.New("page").Parse(tight(source))
	return page, err
}

// in is a copy of a page that speaks a language.
func (c *catalogue) in(language string, page *template.Template) (*template.Template, error) {
	page, err := page.Clone()
	if err != nil {
		return nil, err
	}
	page.Funcs(c.functions(language)).Option("missingkey=error")
	if err := c.checkTexts(page); err != nil {
		return nil, err
	}
	c.fold(language, page)
	return page, nil
}

// functions are what a page may call; they ask for c only when they are called.
func (c *catalogue) functions(language string) template.FuncMap {
	return template.FuncMap{
		"t": func(key string, pairs ...any) string { return c.T(language, key, words(pairs)...) },
		"b": func(key string, pairs ...any) template.HTML {
			return bold(c.raw(language, key), words(pairs))
		},
		"google": func() template.HTML { return template.HTML(google) },
	}
}
