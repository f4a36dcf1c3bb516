package web

import (
	"errors"
	"fmt"
	"html/template"
	"slices"
	"text/template/parse"
)

// checkTexts walks all trees of a page and finds texts that nobody has written, or whose placeholders stay empty, and parts that
// there are not: the template itself would miss them only when it is first written.
func (c *catalogue) checkTexts(page *template.Template) error {
	var faults []error
	for _, t := range page.Templates() {
		if t.Tree == nil {
			continue
		}
		walk(t.Tree.Root, func(n parse.Node) {
			switch n := n.(type) {
			case *parse.CommandNode:
				if err := c.checkCall(n); err != nil {
					faults = append(faults, err)
				}
			case *parse.TemplateNode:
				if page.Lookup(n.Name) == nil {
					faults = append(faults, fmt.Errorf("%s: there is no part of this name", n))
				}
			}
		})
	}
	return errors.Join(faults...)
}

// checkCall judges one {{t …}} or {{b …}}.
func (c *catalogue) checkCall(call *parse.CommandNode) error {
	name, ok := call.Args[0].(*parse.IdentifierNode)
	if !ok || name.Ident != "t" && name.Ident != "b" {
		return nil
	}
	if len(call.Args) < 2 {
		return fmt.Errorf("%s: no key", call)
	}
	key, ok := call.Args[1].(*parse.StringNode)
	if !ok {
		return fmt.Errorf("%s: the key is not a literal", call)
	}
	if !c.Has(key.Text) {
		return fmt.Errorf("%s: no text for this key", call)
	}
	var given []string
	for i := 2; i < len(call.Args); i += 2 {
		if s, ok := call.Args[i].(*parse.StringNode); ok {
			given = append(given, s.Text)
		}
	}
	slices.Sort(given)
	if !slices.Equal(given, placeholders(c.raw(fallback, key.Text))) {
		return fmt.Errorf("%s: the text has the placeholders %v", call, placeholders(c.raw(fallback, key.Text)))
	}
	return nil
}

// fold turns what is the same in every answer into plain text of the tree, once for each language: texts without placeholders, and
// the sign of Google. A page is then written in half the time. The text is escaped for HTML and for quoted attributes;
// nothing else stands in our pages.
func (c *catalogue) fold(language string, page *template.Template) {
	for _, t := range page.Templates() {
		if t.Tree == nil {
			continue
		}
		walk(t.Tree.Root, func(n parse.Node) {
			list, ok := n.(*parse.ListNode)
			if !ok {
				return
			}
			for i, node := range list.Nodes {
				if text, ok := c.constant(language, node); ok {
					list.Nodes[i] = &parse.TextNode{NodeType: parse.NodeText, Pos: node.Position(), Text: []byte(text)}
				}
			}
		})
	}
}

// constant is the output of {{google}}, {{t "key"}} and {{b "key"}}.
func (c *catalogue) constant(language string, node parse.Node) (template.HTML, bool) {
	action, ok := node.(*parse.ActionNode)
	if !ok || len(action.Pipe.Cmds) != 1 || len(action.Pipe.Decl) > 0 {
		return "", false
	}
	args := action.Pipe.Cmds[0].Args
	name, ok := args[0].(*parse.IdentifierNode)
	switch {
	case !ok:
		return "", false
	case name.Ident == "google":
		return template.HTML(google), true
	}
	if len(args) != 2 || name.Ident != "t" && name.Ident != "b" {
		return "", false
	}
	text := c.raw(language, args[1].(*parse.StringNode).Text) // checkTexts has seen that it is a literal
	if name.Ident == "b" {
		return bold(text, nil), true
	}
	return template.HTML(template.HTMLEscapeString(text)), true
}

// walk visits every node of a tree that holds others, every command, and every part that is named.
func walk(node parse.Node, visit func(parse.Node)) {
	switch n := node.(type) {
	case *parse.ListNode:
		if n != nil {
			visit(n)
			for _, child := range n.Nodes {
				walk(child, visit)
			}
		}
	case *parse.ActionNode:
		walk(n.Pipe, visit)
	case *parse.TemplateNode:
		visit(n)
		walk(n.Pipe, visit)
	case *parse.IfNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.RangeNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.WithNode:
		walkBranch(&n.BranchNode, visit)
	case *parse.PipeNode:
		if n != nil {
			for _, c := range n.Cmds {
				walk(c, visit)
			}
		}
	case *parse.CommandNode:
		visit(n)
		for _, arg := range n.Args {
			walk(arg, visit)
		}
	}
}

func walkBranch(n *parse.BranchNode, visit func(parse.Node)) {
	walk(n.Pipe, visit)
	walk(n.List, visit)
	walk(n.ElseList, visit)
}
