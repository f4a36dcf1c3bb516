package admin_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"html"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
)

var (
	selectOf = regexp.MustCompile(`(?s)<select id="(kind|result)".*?</select>`)
	choiceOf = regexp.MustCompile(`<option value="([^"]+)"[^>]*>([^<]*)</option>`)
	kindOf   = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)
	resultOf = regexp.MustCompile(`^[a-z_]+$`)
)

// choices are what a field of the log offers, and in which words.
func (h *house) choices(field, language string) map[string]string {
	h.t.Helper()
	all := map[string]string{}
	body := h.as(h.person(language+field+"@aviary.test", "admin").ID).Set("Accept-Language", language).Go("/admin/log").Check().Body()
	for _, s := range selectOf.FindAllStringSubmatch(body, -1) {
		if s[1] != field {
			continue
		}
		for _, o := range choiceOf.FindAllStringSubmatch(s[0], -1) {
			if _, twice := all[o[1]]; twice {
				h.t.Errorf("%s is offered twice", o[1])
			}
			all[o[1]] = html.UnescapeString(o[2])
		}
		if strings.Count(s[0], "<optgroup label=") < 3 {
			h.t.Errorf("%s has no headings", field)
		}
	}
	return all
}

// written are the rooms that write events, file by file.
func written(t *testing.T, look func(room string, n ast.Node) bool) {
	t.Helper()
	for _, room := range []string{"storage", "keys", "op", "login", "login/mail", "admin"} {
		files, err := filepath.Glob(filepath.Join("..", room, "*.go"))
		if err != nil || len(files) == 0 {
			t.Fatal(room, err)
		}
		for _, file := range files {
			if strings.HasSuffix(file, "_test.go") {
				continue
			}
			tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
			if err != nil {
				t.Fatal(err)
			}
			ast.Inspect(tree, func(n ast.Node) bool { return look(room, n) })
		}
	}
}

// text is a literal of the code, "" any other expression.
func text(e ast.Expr) string {
	l, ok := e.(*ast.BasicLit)
	if !ok {
		return ""
	}
	s, _ := strconv.Unquote(l.Value)
	return s
}

// Behaviours 3.18: the log is narrowed by type, whatever the type is.
func TestTheLogOffersTheFamilyOfEachEventThatIsWritten(t *testing.T) {
	h := open(t)
	english, german := h.choices("kind", "en"), h.choices("kind", "de")
	for value := range english {
		if english[value] == value || german[value] == value || english[value] == "" {
			t.Errorf("%s has no words", value)
		}
	}
	seen := 0
	written(t, func(room string, n ast.Node) bool {
		v, ok := n.(*ast.ValueSpec)
		if !ok {
			return true
		}
		for _, e := range v.Values {
			kind := text(e)
			if !kindOf.MatchString(kind) || room != "storage" && !slices.ContainsFunc(v.Names, func(n *ast.Ident) bool { return events[n.Name] }) {
				continue
			}
			seen++
			if _, offered := english[kind]; !offered && english[kind[:strings.Index(kind, ".")+1]] == "" {
				t.Errorf("nothing is offered for %s", kind)
			}
		}
		return true
	})
	if want := 60; seen < want {
		t.Errorf("only %d kinds are looked for", seen)
	}
}

// events are the doors' own kinds, among constants of other things.
var events = map[string]bool{
	"passwordRight": true, "passwordChosen": true, "codeRight": true, "codeSent": true, "totpRight": true, "googleRight": true, "googleAddressMoved": true,
	"consentRefused": true, "LogExported": true, "MailTested": true, "AppInvited": true,
}

// notOffered are results that the code names and the log's filter does not offer, and why.
var notOffered = map[string]string{
	"google_slowed": "counted for metrics alone: it costs its sender nothing, and leaves no event",
	"left":          "of a line of an import",

	"login_required": ordinary, "interaction_required": ordinary, "account_selection_required": ordinary, "consent_required": ordinary,
	"access_denied": "counted with the person, as no_access",

	"invalid_grant": elsewhere, "unsupported_grant_type": elsewhere, "invalid_token": elsewhere, "insufficient_scope": elsewhere,
	"invalid_client_metadata": elsewhere, "invalid_software_statement": elsewhere,
	"server_error": fault, "temporarily_unavailable": fault,
}

const (
	ordinary  = "an application in good order is told it too: it is counted nowhere"
	elsewhere = "told by endpoints that applications call, which write no event of it"
	fault     = "ours: it stands in the request log as an error"
)

func TestTheLogOffersEachResultThatIsWritten(t *testing.T) {
	h := open(t)
	offered, found := h.choices("result", "en"), map[string]bool{}
	for value, words := range h.choices("result", "de") {
		if words == "" {
			t.Errorf("%s has no words", value)
		}
	}
	written(t, func(_ string, n ast.Node) bool {
		for _, result := range resultsAt(n) {
			if resultOf.MatchString(result) {
				found[result] = true
			}
		}
		return true
	})
	for result := range found {
		_, has := offered[result]
		if why := notOffered[result]; has == (why != "") {
			t.Errorf("%s is offered: %v; listed with the reason %q", result, has, why)
		}
	}
	for result := range offered {
		if !found[result] {
			t.Errorf("%s is offered, and nobody writes it", result)
		}
	}
	for result := range notOffered {
		if !found[result] {
			t.Errorf("%s is listed, and nobody writes it", result)
		}
	}
}

// resultsAt are the results that the code names in one place: in an event, in a try, to what makes one of them, and the codes of OAuth.
func resultsAt(n ast.Node) []string {
	switch n := n.(type) {
	case *ast.KeyValueExpr:
		if name, ok := n.Key.(*ast.Ident); ok && name.Name == "Result" {
			return []string{text(n.Value)}
		}
	case *ast.AssignStmt:
		last := len(n.Lhs) - 1
		if to, ok := n.Lhs[last].(*ast.SelectorExpr); ok && to.Sel.Name == "Result" && len(n.Rhs) == len(n.Lhs) {
			return []string{text(n.Rhs[last])}
		}
	case *ast.CompositeLit:
		if kind, ok := n.Type.(*ast.Ident); ok && kind.Name == "tried" && len(n.Elts) == 2 {
			return []string{text(n.Elts[1])}
		}
	case *ast.CallExpr:
		if to, ok := n.Fun.(*ast.SelectorExpr); ok && len(n.Args) > 1 && slices.Contains([]string{"refuseGoogle", "event", "misfit"}, to.Sel.Name) {
			return []string{text(n.Args[0]), text(n.Args[1])}
		}
	case *ast.FuncDecl:
		if n.Name.Name == "whyNot" {
			return returned(n)
		}
	case *ast.ValueSpec:
		return named(n)
	}
	return nil
}

// returned are the first values that a function gives back.
func returned(f *ast.FuncDecl) []string {
	var all []string
	ast.Inspect(f, func(n ast.Node) bool {
		if r, ok := n.(*ast.ReturnStmt); ok && len(r.Results) > 0 {
			all = append(all, text(r.Results[0]))
		}
		return true
	})
	return all
}

var codeOf = regexp.MustCompile(`^(invalid|unsupported|unauthorized|access|login|interaction|account|consent|request|registration|temporarily|unmet|server|insufficient)_[a-z_]+$`)

// named are the codes of OAuth, which have names, and the factors whose guesses are slowed ("code_slowed").
func named(v *ast.ValueSpec) []string {
	var all []string
	for i, e := range v.Values {
		switch name := v.Names[i].Name; {
		case strings.HasSuffix(name, "Guesses"):
			all = append(all, text(e)+"_slowed")
		case codeOf.MatchString(text(e)) && strings.EqualFold(name, strings.ReplaceAll(text(e), "_", "")) || name == "unmetRequirements":
			all = append(all, text(e))
		}
	}
	return all
}
