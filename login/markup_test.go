package login

import (
	"fmt"
	"io/fs"
	"log/slog"
	"net/http/httptest"
	"path"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
	"golang.org/x/net/html"
)

// dataOf is the type of each page's data; nil for a page without.
var dataOf = map[string]any{
	"account": accountPage{}, "account_address": addressPage{}, "account_address_confirm": confirmAddressPage{}, "account_address_sent": addressPage{},
	"account_alarm": ownAlarmPage{}, "account_google": accountGooglePage{}, "account_google_remove": accountGooglePage{}, "account_password": accountPasswordPage{},
	"account_profile": profilePage{}, "alarm": alarmPage{}, "alarm_raised": nil, "authenticator": authenticatorPage{}, "authenticator_remove": removalPage{},
	"app_needed": appNeededPage{}, "changed": changedPage{}, "consent": consentPage{}, "email_code": emailCodePage{}, "forgot": forgotPage{}, "forgot_sent": forgotPage{}, "google": googlePage{},
	"invite_sent": nil, "link_dead": deadPage{}, "new_password": newPasswordPage{}, "password": passwordPage{}, "recovery": recoveryPage{},
	"recovery_codes": recoveryCodesPage{}, "select": selectPage{}, "signedout": signedOutPage{}, "totp": totpPage{}, "trust": trustPage{}, "username": usernamePage{},
}

// inline finds scripts, handlers and styles inside a page in what drawn gives; its one style sheet is named in the policy by its hash.
var inline = regexp.MustCompile(`(?m)^<script >|^<[^ ]+ (.* )?(on[a-z]+|style)[ >]`)

// Whatever stands in whichever field of whichever page: it is text. The page has the same elements with the same attributes, and no
// address in it leads to a script.
func TestNoFieldOfAnyPageBecomesMarkup(t *testing.T) { // HD-02, XS-01, XS-03, XS-04, XS-12
	t.Parallel()
	texts, err := web.LoadTexts()
	if err != nil {
		t.Fatal(err)
	}
	files, err := fs.Glob(pages, "pages/*.html")
	if err != nil {
		t.Fatal(err)
	}
	companies := map[string]*web.Pages{} // by how the company calls itself
	of := func(text string) *web.Pages {
		if companies[text] == nil {
			companies[text] = pagesOf(t, texts, text)
		}
		return companies[text]
	}
	for _, file := range files {
		name := strings.TrimSuffix(path.Base(file), ".html")
		data, listed := dataOf[name]
		if !listed {
			t.Errorf("page %s: say of which type its data are", name)
			continue
		}
		for _, yes := range []bool{true, false} {
			plain := drawn(t, of("x"), view(name, filled(data, "x", yes), "x"))
			if found := inline.FindString(plain); found != "" { // HD-02
				t.Errorf("page %s runs or draws what stands in it: %s", name, found)
			}
			for _, evil := range []string{`"'><img src=x onerror=alert(1)></script><script>alert(1)</script><!--`, "javascript:alert(1)//", `x onfocus=alert(1) autofocus `, "</title></textarea><base href=//evil.test>", "{{.}}%0d%0a\x00\u202e`${alert(1)}"} {
				got := drawn(t, of(evil), view(name, filled(data, evil, yes), evil))
				if got != plain {
					t.Errorf("page %s: %q changes its markup:\n%s\nnot\n%s", name, evil, got, plain)
				}
			}
		}
	}
}

// filled is data of that type with text in every field, two entries in every list, and the answer in every bool.
func filled(data any, text string, yes bool) any {
	if data == nil {
		return nil
	}
	v := reflect.New(reflect.TypeOf(data)).Elem()
	fill(v, text, yes)
	return v.Interface()
}

func fill(v reflect.Value, text string, yes bool) {
	switch v.Kind() {
	case reflect.String:
		v.SetString(text)
	case reflect.Bool:
		v.SetBool(yes)
	case reflect.Int, reflect.Int64:
		v.SetInt(2)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 2, 2))
		for i := range 2 {
			fill(v.Index(i), text, yes)
		}
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		fill(v.Elem(), text, yes)
	case reflect.Func: // web.QR
		v.Set(reflect.ValueOf(func(x, y int) bool { return x == y }))
	case reflect.Struct:
		for i := range v.NumField() {
			if field := v.Field(i); field.CanSet() || v.Type().Field(i).Anonymous {
				fill(field, text, yes)
			}
		}
	}
}

// pagesOf are those of a company that calls itself so.
func pagesOf(t *testing.T, texts *web.Texts, text string) *web.Pages {
	t.Helper()
	site := &web.Site{Issuer: "https://login.example.com", Company: text, Contact: "mail " + text, Texts: texts, Log: slog.New(slog.DiscardHandler)}
	parsed, err := web.NewPages(site, pages)
	if err != nil {
		t.Fatal(err)
	}
	return parsed
}

func view(name string, data any, text string) web.View {
	return web.View{Name: name, Lang: "en", Title: text, Data: data, Errors: []web.FieldError{{Field: "code", Text: text}, {Text: text}}}
}

// drawn is the markup of a page without its text: elements, their attributes, and the scheme of each address.
func drawn(t *testing.T, parsed *web.Pages, v web.View) string {
	t.Helper()
	w := httptest.NewRecorder()
	if err := parsed.Write(w, httptest.NewRequest("GET", "/", nil), v); err != nil {
		t.Fatalf("page %s: %v", v.Name, err)
	}
	root, err := html.Parse(w.Body)
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	for n := range root.Descendants() {
		if n.Type == html.CommentNode {
			b.WriteString("<!-->\n")
		}
		if n.Type != html.ElementNode {
			continue
		}
		var attributes []string
		for _, a := range n.Attr {
			attributes = append(attributes, a.Key)
			if scheme, _, found := strings.Cut(strings.ToLower(strings.TrimSpace(a.Val)), ":"); found && slices.Contains([]string{"href", "action", "formaction", "src"}, a.Key) && scheme == "javascript" {
				attributes = append(attributes, "to-a-script")
			}
		}
		slices.Sort(attributes)
		fmt.Fprintf(&b, "<%s %s>\n", n.Data, strings.Join(attributes, " "))
	}
	return b.String()
}
