package web

import (
	"html/template"
	"strconv"
	"strings"
)

// What a page asks of the script file: attributes for doorward.js, with the words in the page's language. A value stands in an
// attribute only, never in a script.

// Shows gives a password field a button that shows it.
func (s *sheet) Shows() template.HTMLAttr {
	return s.asks("data-show", "script.show", "data-show-name", "script.show-name", "data-hide", "script.hide", "data-hide-name", "script.hide-name",
		"data-shown", "script.shown", "data-hidden", "script.hidden")
}

// Goes lets a field for six digits go on by itself when they are complete; the text says so before.
func (s *sheet) Goes() template.HTMLAttr { return s.asks("data-goes", "script.goes") }

// Waits counts the seconds in the element's text down, and then shows the other text; nothing without seconds.
func (s *sheet) Waits(seconds int, then string) template.HTMLAttr {
	if seconds <= 0 {
		return ""
	}
	return s.asks() + attribute("data-wait", strconv.Itoa(seconds)) + attribute("data-then", then)
}

// Copies sets a button after the element that copies the value; "" is the element's own text.
func (s *sheet) Copies(value string) template.HTMLAttr {
	return s.asks("data-copy", "script.copy", "data-copied", "script.copied") + attribute("data-text", value)
}

// Keeps sets buttons after a list that copy, print and save its lines.
func (s *sheet) Keeps(file string) template.HTMLAttr {
	return s.asks("data-copy", "script.copy", "data-copied", "script.copied", "data-print", "script.print", "data-save", "script.save") + attribute("data-file", file)
}

// asks marks the page as one with the script file, and writes its words.
func (s *sheet) asks(pairs ...string) template.HTMLAttr {
	s.scripted = true
	return s.words(pairs...)
}

// words writes attributes from pairs of name and key.
func (s *sheet) words(pairs ...string) template.HTMLAttr {
	var b strings.Builder
	for i := 0; i < len(pairs); i += 2 {
		b.WriteString(string(attribute(pairs[i], s.site.Texts.T(s.Lang, pairs[i+1]))))
	}
	return template.HTMLAttr(b.String())
}

func attribute(name, value string) template.HTMLAttr {
	if value == "" {
		return ""
	}
	return template.HTMLAttr(" " + name + `="` + template.HTMLEscapeString(value) + `"`)
}
