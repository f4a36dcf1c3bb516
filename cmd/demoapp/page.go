package demoapp

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"html/template"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"
)

// The app is a separate relying party with pages of its own, so it holds html/template beside `web`: it may not use
// the provider's layout.
var pages = template.Must(template.ParseFS(files, "page.html"))

// page is all that page.html shows.
type page struct {
	Person *person
	Notice *fault
	Fault  *fault
}

// fault is something that went wrong (or well), in plain words.
type fault struct {
	Title string
	Code  string // OAuth error code
	Text  string // escaped by the page, wherever it came from
	Good  bool
}

// person is who signed in, as the page shows it.
type person struct {
	Name, Email string
	Initial     string
	Verified    bool
	Rows        []row
	Header      string
	Claims      string
	Userinfo    string
	Scope       []string
	Expires     string
	Refreshable bool
}

// row is one claim: its name, its value, and which of the two sources carried it.
type row struct{ Claim, Value, Source string }

func (a *app) person(t *tokens) *person {
	if t == nil {
		return nil
	}
	p := &person{
		Header: indent(t.header), Claims: indent(t.claims), Userinfo: indent(t.userinfo),
		Scope: strings.Fields(t.scope), Refreshable: t.oauth.RefreshToken != "",
	}
	p.Email, _ = t.userinfo["email"].(string)
	p.Verified, _ = t.userinfo["email_verified"].(bool)
	p.Name, _ = t.userinfo["name"].(string)
	if p.Name == "" {
		p.Name = t.subject
	}
	p.Initial = strings.ToUpper(string([]rune(p.Name)[:1]))
	if !t.oauth.Expiry.IsZero() {
		p.Expires = fmt.Sprintf("%s (in %s)", t.oauth.Expiry.UTC().Format("15:04:05 UTC"), t.oauth.Expiry.Sub(a.Now()).Round(time.Second))
	}
	p.Rows = append(rows(t.userinfo, "userinfo"), rows(t.claims, "ID token")...)
	return p
}

// rows are claims in the order of their names.
func rows(claims map[string]any, source string) []row {
	list := make([]row, 0, len(claims))
	for name, value := range claims {
		list = append(list, row{name, display(name, value), source})
	}
	slices.SortFunc(list, func(a, b row) int { return strings.Compare(a.Claim, b.Claim) })
	return list
}

func display(name string, value any) string {
	switch v := value.(type) {
	case string:
		return v
	case float64:
		if slices.Contains([]string{"iat", "exp", "auth_time", "updated_at"}, name) {
			return time.Unix(int64(v), 0).UTC().Format("2 January 2006, 15:04:05 UTC")
		}
		return fmt.Sprint(v)
	case []any:
		words := make([]string, len(v))
		for i := range v {
			words[i] = fmt.Sprint(v[i])
		}
		return strings.Join(words, ", ")
	default:
		return strings.Trim(indent(v), "{}\n ")
	}
}

func indent(v any) string {
	text, err := json.MarshalIndent(v, "", "  ")
	if err != nil {
		return ""
	}
	return string(text)
}

// refusal tells what the provider said, or that its answer did not pass our checks.
func refusal(title string, err error) fault {
	if said := (*oauth2.RetrieveError)(nil); errors.As(err, &said) && said.ErrorCode != "" {
		return fault{Title: title, Code: said.ErrorCode, Text: said.ErrorDescription}
	}
	return fault{Title: title, Text: err.Error()}
}

func (a *app) fail(w http.ResponseWriter, _ *http.Request, status int, f fault) {
	a.show(w, status, page{Fault: &f})
}

// show renders first, so that a page is whole or not sent at all.
func (a *app) show(w http.ResponseWriter, status int, p page) {
	var out bytes.Buffer
	if err := pages.Execute(&out, p); err != nil {
		a.Log.Error("render", "error", err)
		http.Error(w, "Something is wrong in the demo app.", http.StatusInternalServerError)
		return
	}
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	w.WriteHeader(status)
	if _, err := w.Write(out.Bytes()); err != nil {
		a.Log.Debug("the visitor has gone", "error", err)
	}
}
