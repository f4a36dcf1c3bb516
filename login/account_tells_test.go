package login

import (
	"go/ast"
	"go/parser"
	"go/token"
	"regexp"
	"strconv"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// TestNoKindOfEventIsForgotten finds the kinds in the constants of storage and of this room, so that a new one is told to the
// person, or left out on purpose.
func TestNoKindOfEventIsForgotten(t *testing.T) {
	t.Parallel()
	kinds := 0
	for _, file := range sources(t, ".", "../storage") {
		for _, kind := range kindsIn(t, file) {
			kinds++
			if _, ok := tells[kind]; !ok {
				t.Errorf("%s: the account says nothing of %q, and not on purpose", file, kind)
			}
		}
	}
	if kinds != len(tells) {
		t.Errorf("there are %d kinds, and the account knows %d", kinds, len(tells))
	}
}

var aKind = regexp.MustCompile(`^[a-z_]+\.[a-z_]+$`)

// noKinds are constants that only look like one.
var noKinds = map[string]bool{"backup.db": true, "gmail.com": true}

func kindsIn(t *testing.T, file string) []string {
	t.Helper()
	tree, err := parser.ParseFile(token.NewFileSet(), file, nil, 0)
	if err != nil {
		t.Fatal(err)
	}
	var kinds []string
	for _, decl := range tree.Decls {
		gen, ok := decl.(*ast.GenDecl)
		if !ok || gen.Tok != token.CONST {
			continue
		}
		for _, spec := range gen.Specs {
			for _, value := range spec.(*ast.ValueSpec).Values {
				if lit, ok := value.(*ast.BasicLit); ok && lit.Kind == token.STRING {
					if text, _ := strconv.Unquote(lit.Value); aKind.MatchString(text) && !noKinds[text] {
						kinds = append(kinds, text)
					}
				}
			}
		}
	}
	return kinds
}

func TestEachEventIsToldInWords(t *testing.T) { // 3.10
	t.Parallel()
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	p := &ownPage{Server: &Server{Options: Options{Site: &web.Site{Texts: texts}}}, lang: "en"}
	const anna = "anna"
	for _, c := range []struct {
		event    storage.Event
		app      string
		want     string
		alarming bool
	}{
		{storage.Event{Kind: storage.SessionStarted, Actor: anna, Data: map[string]string{"browser": "Chrome on Windows"}}, "GitLab", "You signed in to GitLab.", true},
		{storage.Event{Kind: storage.SessionStarted, Actor: anna, Data: map[string]string{"browser": "Firefox on Mac", "trusted": "1"}}, "", "You signed in. No code was needed because you trust this browser.", true},
		{storage.Event{Kind: storage.SessionEnded, Actor: "operator"}, "", "You were signed out by the people who look after your account.", false},
		{storage.Event{Kind: storage.SessionEnded, Actor: anna, Result: "elsewhere"}, "", "You signed out another browser: Unknown browser.", false},
		{storage.Event{Kind: storage.SignInRefused, Actor: anna, Result: "password_wrong"}, "", "A wrong password was entered for your account.", true},
		{storage.Event{Kind: storage.SignInRefused, Actor: anna, Result: "code_used_up"}, "", "After your password, a wrong code was entered.", true},
		{storage.Event{Kind: storage.SignInRefused, Actor: anna, Result: "something new"}, "", "A sign-in was refused.", true},
		{storage.Event{Kind: storage.UserStateChanged, Actor: "operator", Result: "disabled"}, "", "Your account was switched off.", false},
		{storage.Event{Kind: storage.UserPasswordSet, Actor: "operator"}, "", "Your password was changed by the people who look after your account.", false},
		{storage.Event{Kind: storage.LinkSent, Actor: anna, Result: "ok", Data: map[string]string{"kind": storage.LinkReset}}, "", "A link to a new password was sent to you.", true},
		{storage.Event{Kind: storage.GrantRefreshReused, Actor: "client:x"}, "Wiki", "Wiki sent the same key twice, as a thief would, so its access was ended.", false},
		{storage.Event{Kind: storage.AuthenticatorAdded, Actor: anna, Data: map[string]string{"name": "{app} phone"}}, "", "You added an authenticator app: {app} phone.", true},
		{storage.Event{Kind: passwordRight, Actor: anna}, "", "", false},
		{storage.Event{Kind: "unheard.of", Actor: anna}, "", "", false},
	} {
		c.event.User = anna
		said, alarming := p.sentence(c.event, c.app)
		if said != c.want || alarming != c.alarming {
			t.Errorf("%s %s is told as %q, alarming %v", c.event.Kind, c.event.Result, said, alarming)
		}
	}
}
