package webtest

import (
	"net/http"
	"net/url"
	"strings"

	"golang.org/x/net/html"
)

// Fill sets the field with this name, id or label: types into it, chooses (radio, select), or ticks a checkbox ("" takes
// the tick away). A visible field goes before a hidden one, which tests may fill to tamper with it.
func (b *Browser) Fill(name, value string) *Browser {
	b.t.Helper()
	field := b.field(name)
	if field == nil {
		b.fatalf("no field %q", name)
	}
	switch {
	case field.Data == "textarea":
		for field.FirstChild != nil {
			field.RemoveChild(field.FirstChild)
		}
		field.AppendChild(&html.Node{Type: html.TextNode, Data: value})
	case field.Data == "select":
		b.choose(field, value)
	case attr(field, "type") == "checkbox":
		unset(field, "checked")
		if value != "" {
			setAttr(field, "checked", "checked")
		}
	case attr(field, "type") == "radio":
		b.tick(field, value)
	default:
		setAttr(field, "value", value)
	}
	return b
}

func (b *Browser) choose(field *html.Node, value string) {
	b.t.Helper()
	found := false
	for option := range elements(field, "option") {
		unset(option, "selected")
		if optionValue(option) == value || textOf(option) == value {
			setAttr(option, "selected", "selected")
			found = true
		}
	}
	if !found {
		b.fatalf("no option %q", value)
	}
}

func (b *Browser) tick(radio *html.Node, value string) {
	b.t.Helper()
	found := false
	for n := range elements(b.page.doc, "input") {
		if attr(n, "type") == "radio" && attr(n, "name") == attr(radio, "name") && formOf(b.page.doc, n) == formOf(b.page.doc, radio) {
			unset(n, "checked")
			if attr(n, "value") == value {
				setAttr(n, "checked", "checked")
				found = true
			}
		}
	}
	if !found {
		b.fatalf("no choice %q", value)
	}
}

// Value is what stands in a field now.
func (b *Browser) Value(name string) string {
	b.t.Helper()
	field := b.field(name)
	if field == nil {
		b.fatalf("no field %q", name)
	}
	values := valuesOf(field)
	if len(values) == 0 {
		return ""
	}
	return values[0]
}

func (b *Browser) field(name string) *html.Node {
	var hidden *html.Node
	for n := range elements(b.page.doc, "input", "textarea", "select") {
		if attr(n, "name") != name && attr(n, "id") != name && labelOf(b.page.doc, n) != name {
			continue
		}
		if attr(n, "type") != "hidden" {
			return n
		}
		if hidden == nil {
			hidden = n
		}
	}
	return hidden
}

// Press submits the form by the button with this text, name, value or id.
func (b *Browser) Press(button string) *Browser {
	b.t.Helper()
	var seen []string
	for n := range elements(b.page.doc, "button", "input") {
		if !submits(n) {
			continue
		}
		names := []string{textOf(n), attr(n, "id"), attr(n, "name"), attr(n, "value")}
		for _, name := range names {
			if name == button {
				b.submit(n)
				return b
			}
		}
		seen = append(seen, strings.Join(names, "/"))
	}
	b.fatalf("no button %q; buttons (text/id/name/value): %q", button, seen)
	return b
}

func submits(n *html.Node) bool {
	kind := attr(n, "type")
	if n.Data == "button" {
		return kind == "" || kind == "submit"
	}
	return kind == "submit" || kind == "image"
}

func (b *Browser) submit(button *html.Node) {
	b.t.Helper()
	owner := formOf(b.page.doc, button)
	if owner == nil {
		b.fatalf("the button belongs to no form")
	}
	if has(button, "disabled") {
		b.fatalf("the button is disabled")
	}
	if kind := first(attr(button, "formenctype"), attr(owner, "enctype"), form); kind != form {
		b.fatalf("the form is sent as %s", kind)
	}
	data := url.Values{}
	for n := range elements(b.page.doc, "input", "textarea", "select", "button") {
		if formOf(b.page.doc, n) != owner || has(n, "disabled") || attr(n, "name") == "" {
			continue
		}
		if button == n {
			data.Add(attr(n, "name"), attr(n, "value"))
		} else if !submits(n) && n.Data != "button" {
			for _, value := range valuesOf(n) {
				data.Add(attr(n, "name"), value)
			}
		}
	}
	target := b.resolve(first(attr(button, "formaction"), attr(owner, "action"), b.page.url.String()))
	v := visit{method: http.MethodPost, url: target, body: data.Encode(), from: b.from()}
	if method := first(attr(button, "formmethod"), attr(owner, "method")); !strings.EqualFold(method, "post") {
		query := *target
		query.RawQuery = v.body
		v.method, v.body, v.url = http.MethodGet, "", &query
	}
	b.visit(v)
}

// valuesOf is what a control adds to its form's data: nothing for a box without a tick.
func valuesOf(n *html.Node) []string {
	switch {
	case n.Data == "textarea":
		return []string{rawText(n)}
	case n.Data == "select":
		var firstOption *html.Node
		for option := range elements(n, "option") {
			if has(option, "selected") {
				return []string{optionValue(option)}
			}
			if firstOption == nil {
				firstOption = option
			}
		}
		if firstOption == nil {
			return nil
		}
		return []string{optionValue(firstOption)}
	case attr(n, "type") == "checkbox" || attr(n, "type") == "radio":
		if !has(n, "checked") {
			return nil
		}
		return []string{first(attr(n, "value"), "on")}
	}
	return []string{attr(n, "value")}
}

func optionValue(option *html.Node) string {
	if has(option, "value") {
		return attr(option, "value")
	}
	return textOf(option)
}

func first(values ...string) string {
	for _, v := range values {
		if v != "" {
			return v
		}
	}
	return ""
}
