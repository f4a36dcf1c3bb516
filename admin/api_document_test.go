package admin_test

import (
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/admin"
)

// document is the OpenAPI document as the house serves it.
func (h *house) document() map[string]any {
	h.t.Helper()
	h.describe.Do(func() {
		b := h.as("").Go("/admin/api/v1/openapi.json").Status(http.StatusOK)
		h.must(json.Unmarshal([]byte(b.Body()), &h.described))
	})
	return h.described
}

func at(v any, path ...string) any {
	for _, name := range path {
		m, _ := v.(map[string]any)
		v = m[name]
	}
	return v
}

func TestTheDocumentOfTheAPIHasEveryCallAndNoOther(t *testing.T) {
	h := open(t)
	doc := h.document()
	if doc["openapi"] != "3.1.0" {
		t.Errorf("openapi is %v", doc["openapi"])
	}
	if got := fmt.Sprint(at(doc, "components", "schemas", "NewApp", "required")); got != "[tile client_name]" {
		t.Errorf("an application wants %s", got)
	}
	want := map[string]bool{}
	for _, c := range admin.Calls() {
		want[c.Method+" "+c.Path] = true
	}
	names := map[any]bool{}
	for path, item := range at(doc, "paths").(map[string]any) {
		for method, operation := range item.(map[string]any) {
			key := strings.ToUpper(method) + " " + path
			if !want[key] {
				t.Errorf("the document has %s, which is no call", key)
			}
			delete(want, key)
			name := at(operation, "operationId")
			if names[name] || name == "" || at(operation, "summary") == "" {
				t.Errorf("%s: the operationId %v stands twice, or words are missing", key, name)
			}
			names[name] = true
			for _, m := range parameter.FindAllString(path, -1) {
				declared, _ := at(operation, "parameters").([]any)
				if !slices.ContainsFunc(declared, func(p any) bool { return at(p, "in") == "path" && "{"+at(p, "name").(string)+"}" == m }) {
					t.Errorf("%s: %s is not declared", key, m)
				}
			}
		}
	}
	for key := range want {
		t.Errorf("the document lacks %s", key)
	}
	h.eachReference(doc, doc)
}

// eachReference wants that what is referred to stands there.
func (h *house) eachReference(doc map[string]any, v any) {
	switch v := v.(type) {
	case map[string]any:
		if ref, ok := v["$ref"].(string); ok && at(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...) == nil {
			h.t.Errorf("%s is referred to, and is not there", ref)
		}
		for _, inner := range v {
			h.eachReference(doc, inner)
		}
	case []any:
		for _, inner := range v {
			h.eachReference(doc, inner)
		}
	}
}

// fits holds an answer of a call against what the document says of it: a status that it names, or else a problem; and of either the media
// type and the schema.
func (h *house) fits(method, path string, a reply) {
	h.t.Helper()
	doc := h.document()
	path, _, _ = strings.Cut(path, "?")
	for pattern, item := range at(doc, "paths").(map[string]any) {
		operation := at(item, strings.ToLower(method))
		if operation == nil || !isPath(pattern, path) {
			continue
		}
		answer := at(operation, "responses", strconv.Itoa(a.code))
		if answer == nil && a.code >= http.StatusBadRequest {
			answer = at(operation, "responses", "default")
		}
		if answer == nil {
			h.t.Errorf("%s %s answered %d, which the document does not say", method, path, a.code)
		} else if wrong := misanswer(doc, answer, a); wrong != "" {
			h.t.Errorf("%s %s answered %d: %s\n%s", method, path, a.code, wrong, a.body)
		}
		return
	}
}

// isPath says whether a path is one of a pattern.
func isPath(pattern, path string) bool {
	parts, wants := strings.Split(path, "/"), strings.Split(pattern, "/")
	return slices.EqualFunc(parts, wants, func(part, want string) bool { return part == want || strings.HasPrefix(want, "{") && part != "" })
}

// misanswer says where an answer is not as it is described; "" nowhere.
func misanswer(doc map[string]any, answer any, a reply) string {
	media, _, _ := strings.Cut(a.header.Get("Content-Type"), ";")
	content, _ := at(answer, "content").(map[string]any)
	if len(content) == 0 {
		if len(a.body) > 0 {
			return "it has a body, and none is described"
		}
		return ""
	}
	schema, described := at(content, media, "schema").(map[string]any)
	if !described {
		return "it is " + media + ", which is not described"
	}
	if !strings.HasSuffix(media, "json") {
		return ""
	}
	var v any
	if err := json.Unmarshal(a.body, &v); err != nil {
		return err.Error()
	}
	if media == "application/problem+json" && at(v, "status") != float64(a.code) {
		return "it says another status"
	}
	return misfit(doc, schema, v, "")
}

// misfit says where a value is not as a schema says; "" nowhere. It knows what our document uses of JSON Schema.
func misfit(doc, schema map[string]any, v any, where string) string {
	if ref, ok := schema["$ref"].(string); ok {
		return misfit(doc, at(doc, strings.Split(strings.TrimPrefix(ref, "#/"), "/")...).(map[string]any), v, where)
	}
	kinds, _ := schema["type"].([]any)
	if kind, one := schema["type"].(string); one {
		kinds = []any{kind}
	}
	if len(kinds) > 0 && !slices.ContainsFunc(kinds, func(k any) bool { return isKind(k, v) }) {
		return fmt.Sprintf("%s is %T, not %v", where, v, kinds)
	}
	if text, is := v.(string); is && schema["format"] == "date-time" {
		if _, err := time.Parse(time.RFC3339, text); err != nil {
			return where + " is no time"
		}
	}
	switch v := v.(type) {
	case map[string]any:
		return misfitObject(doc, schema, v, where)
	case []any:
		items, _ := schema["items"].(map[string]any)
		for i, inner := range v {
			if wrong := misfit(doc, items, inner, where+"["+strconv.Itoa(i)+"]"); wrong != "" {
				return wrong
			}
		}
	}
	return ""
}

func misfitObject(doc, schema, v map[string]any, where string) string {
	required, _ := schema["required"].([]any)
	for _, name := range required {
		if _, there := v[name.(string)]; !there {
			return where + " lacks " + name.(string)
		}
	}
	properties, _ := schema["properties"].(map[string]any)
	for name, inner := range v {
		property, known := properties[name].(map[string]any)
		if !known {
			property, known = schema["additionalProperties"].(map[string]any)
		}
		if !known && len(schema) > 0 {
			return where + " has " + name + ", which is not described"
		}
		if wrong := misfit(doc, property, inner, where+"."+name); wrong != "" {
			return wrong
		}
	}
	return ""
}

func isKind(kind, v any) bool {
	switch v := v.(type) {
	case nil:
		return kind == "null"
	case string:
		return kind == "string"
	case bool:
		return kind == "boolean"
	case float64:
		return kind == "number" || kind == "integer" && v == float64(int64(v))
	case []any:
		return kind == "array"
	}
	return kind == "object"
}

// The document of the API for people names every call.
func TestTheDescriptionOfTheAPINamesEveryCall(t *testing.T) {
	text, err := os.ReadFile("../docs/api.md")
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range admin.Calls() {
		if !strings.Contains(string(text), "`"+c.Method+" "+c.Path+"`") {
			t.Errorf("docs/api.md does not name %s %s", c.Method, c.Path)
		}
	}
}
