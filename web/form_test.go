package web_test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
)

const urlencoded = "application/x-www-form-urlencoded"

func parseForm(body, contentType string, many ...string) (map[string][]string, int) {
	r := httptest.NewRequest("POST", "/", strings.NewReader(body))
	if contentType != "" {
		r.Header.Set("Content-Type", contentType)
	}
	values, err := web.ParseForm(httptest.NewRecorder(), r, many...)
	return values, statusOf(err)
}

func statusOf(err error) int {
	refused := (*web.Refused)(nil)
	if errors.As(err, &refused) {
		return refused.Status
	}
	if err != nil {
		return -1
	}
	return http.StatusOK
}

func TestAFormIsReadWhole(t *testing.T) {
	form, status := parseForm("username=anna%40example.com&password=p%C3%A4ss+wort&empty=&bare&&x=1=2", urlencoded)
	if status != 200 {
		t.Fatal(status)
	}
	for name, want := range map[string]string{"username": "anna@example.com", "password": "päss wort", "empty": "", "bare": "", "x": "1=2"} {
		if got := form[name]; !slices.Equal(got, []string{want}) {
			t.Errorf("%s is %q, not %q", name, got, want)
		}
	}
}

func TestAFormThatCanBeReadInTwoWaysIsRefused(t *testing.T) { // RQ-07
	for name, body := range map[string]string{
		"parameter twice":             "a=1&a=2",
		"parameter twice, same":       "a=1&a=1",
		"parameter twice, one spelt":  "a=1&%61=2",
		"semicolon":                   "a=1;b=2",
		"percent without digits":      "a=%zz",
		"percent at the end":          "a=1%",
		"percent u":                   "a=%u0041",
		"NUL":                         "a=x%00y",
		"NUL in the name":             "a%00=x",
		"invalid UTF-8":               "a=%ff",
		"half a character":            "a=%c3",
		"overlong":                    "a=%c0%af",
		"surrogate":                   "a=%ed%a0%80",
		"raw invalid UTF-8":           "a=\xff",
		"more parameters than anyone": strings.Repeat("a&", 300),
	} {
		if _, status := parseForm(body, urlencoded); status != http.StatusBadRequest {
			t.Errorf("%s: status %d", name, status)
		}
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = body
		if _, err := web.ParseQuery(r); statusOf(err) != http.StatusBadRequest {
			t.Errorf("%s in a query: %v", name, err)
		}
	}
}

func TestParametersThatMayComeTwiceKeepTheirOrder(t *testing.T) {
	form, status := parseForm("resource=b&x=1&resource=a", urlencoded, "resource", "audience")
	if status != 200 || !slices.Equal(form["resource"], []string{"b", "a"}) {
		t.Errorf("status %d, resource %q", status, form["resource"])
	}
}

func TestOnlyOneMediaTypeIsAForm(t *testing.T) { // RQ-04, RQ-07
	for contentType, want := range map[string]int{
		urlencoded:                               200,
		urlencoded + "; charset=utf-8":           200,
		urlencoded + ";charset=UTF-8":            200,
		"Application/X-WWW-Form-Urlencoded":      200,
		"":                                       415,
		urlencoded + "; charset=utf-16":          415,
		urlencoded + "; charset=iso-8859-1":      415,
		urlencoded + "; boundary=x":              415,
		urlencoded + "; charset=utf-8; x=y":      415,
		urlencoded + ", text/plain":              415,
		"multipart/form-data; boundary=x":        415,
		"application/json":                       415,
		"text/plain":                             415,
		"application/x-www-form-urlencoded-data": 415,
	} {
		if _, status := parseForm("a=1", contentType); status != want {
			t.Errorf("%q: status %d, not %d", contentType, status, want)
		}
	}
}

func TestACompressedBodyOrTwoTypesAreRefused(t *testing.T) { // RQ-04
	for _, h := range []http.Header{
		{"Content-Type": {urlencoded}, "Content-Encoding": {"gzip"}},
		{"Content-Type": {urlencoded, urlencoded}},
	} {
		r := httptest.NewRequest("POST", "/", strings.NewReader("a=1"))
		r.Header = h
		if _, err := web.ParseForm(httptest.NewRecorder(), r); statusOf(err) != http.StatusUnsupportedMediaType {
			t.Errorf("%v: %v", h, err)
		}
	}
}

// endless is a body of which nobody should read more than the bound.
type endless struct{ read int }

func (e *endless) Read(p []byte) (int, error) {
	for i := range p {
		p[i] = 'a'
	}
	e.read += len(p)
	return len(p), nil
}

func (e *endless) Close() error { return nil }

func TestABodyOfMoreThan64KiBIsNotRead(t *testing.T) { // RQ-04
	if _, status := parseForm("a="+strings.Repeat("x", web.MaxForm-2), urlencoded); status != 200 {
		t.Errorf("a body of 64 KiB: %d", status)
	}
	if _, status := parseForm("a="+strings.Repeat("x", web.MaxForm-1), urlencoded); status != http.StatusRequestEntityTooLarge {
		t.Errorf("a body of 64 KiB and a byte: %d", status)
	}
	body := &endless{}
	r := httptest.NewRequest("POST", "/", nil)
	r.Body, r.ContentLength = body, -1
	r.Header.Set("Content-Type", urlencoded)
	if _, err := web.ParseForm(httptest.NewRecorder(), r); statusOf(err) != http.StatusRequestEntityTooLarge {
		t.Errorf("an endless body: %v", err)
	}
	if body.read > 2*web.MaxForm {
		t.Errorf("%d bytes of an endless body were read", body.read)
	}
}

func TestAQueryOfMoreThan12KiBIsRefused(t *testing.T) { // RQ-03
	r := httptest.NewRequest("GET", "/?a="+strings.Repeat("x", web.MaxQuery), nil)
	if _, err := web.ParseQuery(r); statusOf(err) != http.StatusRequestURITooLong {
		t.Errorf("%v", err)
	}
}

// A description goes to clients, where only these characters may stand (RFC 6749 §5.2).
func TestReasonsHoldOnlyTheCharactersOfErrorDescriptions(t *testing.T) { // LG-09
	reasons := []string{}
	for _, body := range []string{"a=1&a=2", "a;b", "a=%zz", "a=%00", strings.Repeat("&", 300)} {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = body
		_, err := web.ParseQuery(r)
		reasons = append(reasons, err.Error())
	}
	for _, contentType := range []string{"text/plain", urlencoded} {
		r := httptest.NewRequest("POST", "/", strings.NewReader(strings.Repeat("x", web.MaxForm+1)))
		r.Header.Set("Content-Type", contentType)
		_, err := web.ParseForm(httptest.NewRecorder(), r)
		reasons = append(reasons, err.Error())
	}
	for _, reason := range reasons {
		if strings.ContainsFunc(reason, func(c rune) bool { return c < ' ' || c > '~' || c == '"' || c == '\\' }) {
			t.Errorf("%q", reason)
		}
	}
}

func FuzzParseQuery(f *testing.F) {
	for _, seed := range []string{"a=1&b=2", "a=%zz", "a=1;b", "%00=1", "&&", "a=1&a=2"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, raw string) {
		r := httptest.NewRequest("GET", "/", nil)
		r.URL.RawQuery = raw
		values, err := web.ParseQuery(r)
		if status := statusOf(err); status == -1 {
			t.Fatalf("not a *Refused: %v", err)
		}
		for name, all := range values {
			if len(all) != 1 || strings.Contains(name+all[0], "\x00") {
				t.Errorf("%q: %q", name, all)
			}
		}
	})
}
