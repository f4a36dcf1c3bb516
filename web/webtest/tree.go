package webtest

import (
	"iter"
	"slices"
	"strings"

	"golang.org/x/net/html"
)

// elements walks the elements of these names (all without names) in the order of the document.
func elements(root *html.Node, names ...string) iter.Seq[*html.Node] {
	return func(yield func(*html.Node) bool) {
		if root == nil {
			return
		}
		for n := range root.Descendants() {
			if n.Type == html.ElementNode && (len(names) == 0 || slices.Contains(names, n.Data)) && !yield(n) {
				return
			}
		}
	}
}

func attr(n *html.Node, name string) string {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func has(n *html.Node, name string) bool {
	return slices.ContainsFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func unset(n *html.Node, name string) {
	n.Attr = slices.DeleteFunc(n.Attr, func(a html.Attribute) bool { return a.Key == name })
}

func setAttr(n *html.Node, name, value string) {
	unset(n, name)
	n.Attr = append(n.Attr, html.Attribute{Key: name, Val: value})
}

// textOf is the text of an element as a person reads it.
func textOf(n *html.Node) string {
	var b strings.Builder
	write(&b, n)
	return squeeze(b.String())
}

var blocks = []string{"p", "div", "li", "ul", "h1", "h2", "h3", "dt", "dd", "dl", "br", "form", "label", "button", "summary", "details", "main", "footer", "tr", "td", "th", "section"}

func write(b *strings.Builder, n *html.Node) {
	if n.Type == html.TextNode {
		b.WriteString(n.Data)
		return
	}
	if n.Type == html.ElementNode && (has(n, "hidden") || slices.Contains([]string{"script", "style", "head", "template"}, n.Data)) {
		return
	}
	block := n.Type == html.ElementNode && slices.Contains(blocks, n.Data)
	if block {
		b.WriteByte(' ')
	}
	for child := range n.ChildNodes() {
		write(b, child)
	}
	if block {
		b.WriteByte(' ')
	}
}

func rawText(n *html.Node) string {
	var b strings.Builder
	for child := range n.Descendants() {
		if child.Type == html.TextNode {
			b.WriteString(child.Data)
		}
	}
	return b.String()
}

func squeeze(text string) string { return strings.Join(strings.Fields(text), " ") }

// formOf is the form that a control belongs to: the one it names, else the one around it.
func formOf(doc, n *html.Node) *html.Node {
	if id := attr(n, "form"); id != "" {
		return byID(doc, id)
	}
	for parent := range n.Ancestors() {
		if parent.Type == html.ElementNode && parent.Data == "form" {
			return parent
		}
	}
	return nil
}

func byID(doc *html.Node, id string) *html.Node {
	for n := range elements(doc) {
		if attr(n, "id") == id {
			return n
		}
	}
	return nil
}

// labelOf is the text of a control's label, "" when it has none.
func labelOf(doc, n *html.Node) string {
	for label := range elements(doc, "label") {
		if id := attr(n, "id"); id != "" && attr(label, "for") == id {
			return textOf(label)
		}
	}
	for parent := range n.Ancestors() {
		if parent.Type == html.ElementNode && parent.Data == "label" {
			return textOf(parent)
		}
	}
	return ""
}
