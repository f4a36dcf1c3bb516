package admin

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// The OpenAPI 3.1 document is made of the table of calls and of the types that the calls read and write, so it cannot say anything else
// than what is done.

// object is JSON under construction.
type object = map[string]any

// described is the document as it is served.
type described struct {
	body []byte
	tag  string
}

func (c *Console) document() described {
	d := &drawing{schemas: object{}}
	paths := object{}
	for _, call := range calls() {
		path, ok := paths[call.path].(object)
		if !ok {
			path = object{}
			paths[call.path] = path
		}
		path[strings.ToLower(call.method)] = d.operation(call)
	}
	d.schema(reflect.TypeFor[Problem]())
	body, err := json.Marshal(object{
		"openapi": "3.1.0",
		"info": object{"title": "Doorward", "version": "1",
			"description": "Applications, people, groups, the log, keys, mail and settings of a Doorward. Errors are problems (RFC 9457). Lists have cursors: give next back as after (of the log: before)."},
		"servers": []any{object{"url": c.Site.Issuer + apiPath}},
		"paths":   paths,
		"components": object{
			"schemas": d.schemas,
			"securitySchemes": object{"oauth": object{"type": "oauth2", "flows": object{
				"clientCredentials": object{"tokenUrl": c.Desk.Issuer + "/token", "scopes": scopeWords},
				"authorizationCode": object{"authorizationUrl": c.Desk.Issuer + "/authorize", "tokenUrl": c.Desk.Issuer + "/token", "scopes": scopeWords},
			}}},
		},
	})
	if err != nil {
		panic(fmt.Sprintf("the API's document: %v", err)) // at start, and a test would have found it
	}
	sum := sha256.Sum256(body)
	return described{body, hex.EncodeToString(sum[:8])}
}

var scopeWords = object{"doorward:read": "see everything", "doorward:write": "see and change everything"}

// drawing collects the schemas of named types.
type drawing struct{ schemas object }

func (d *drawing) operation(c call) object {
	o := object{"operationId": c.name, "summary": c.says, "security": []any{object{"oauth": []any{c.scope()}}}}
	if list := parameters(c); len(list) > 0 {
		o["parameters"] = list
	}
	switch {
	case c.takes != "":
		o["requestBody"] = object{"required": true, "content": object{c.takes: object{"schema": object{"type": "string"}}}}
	case c.in != nil:
		o["requestBody"] = object{"required": true, "content": object{"application/json": object{"schema": d.schema(reflect.TypeOf(c.in))}}}
	}
	if c.method == "PATCH" { // what is not there stays
		if s, ok := d.schemas[reflect.TypeOf(c.in).Name()].(object); ok {
			delete(s, "required")
		}
	}
	o["responses"] = d.responses(c)
	return o
}

func (d *drawing) responses(c call) object {
	status := c.status
	if status == 0 {
		status = 200
	}
	good := object{"description": "done"}
	switch {
	case c.gives != "":
		good["content"] = object{c.gives: object{"schema": object{"type": "string"}}}
	case c.out != nil:
		good["content"] = object{"application/json": object{"schema": d.schema(reflect.TypeOf(c.out))}}
		if tagOf(c.out) != "" {
			good["headers"] = object{"ETag": object{"description": "the state that was read", "schema": object{"type": "string"}}}
		}
	}
	return object{strconv.Itoa(status): good, "default": object{"description": "a problem",
		"content": object{"application/problem+json": object{"schema": object{"$ref": "#/components/schemas/Problem"}}}}}
}

var inPath = regexp.MustCompile(`\{([a-z]+)\}`)

func parameters(c call) []any {
	var list []any
	text := object{"type": "string"}
	for _, m := range inPath.FindAllStringSubmatch(c.path, -1) {
		list = append(list, object{"name": m[1], "in": "path", "required": true, "schema": text})
	}
	for _, name := range c.query {
		schema := text
		if name == "limit" {
			schema = object{"type": "integer", "minimum": 1, "maximum": maxRows, "default": rowsAsked}
		}
		list = append(list, object{"name": name, "in": "query", "schema": schema})
	}
	if c.guarded {
		list = append(list, object{"name": "If-Match", "in": "header", "required": true, "description": "the ETag of the state that was read", "schema": text})
	}
	if c.again {
		list = append(list, object{"name": againHeader, "in": "header", "description": "sent again, the call is answered as the first time", "schema": object{"type": "string", "maxLength": maxAgainKey}})
	}
	return list
}

var (
	timeType = reflect.TypeFor[time.Time]()
	rawType  = reflect.TypeFor[json.RawMessage]()
)

// schema is that of a type; a named struct stands once among the components.
func (d *drawing) schema(t reflect.Type) object {
	switch {
	case t == timeType:
		return object{"type": "string", "format": "date-time"}
	case t == rawType:
		return object{}
	}
	switch t.Kind() {
	case reflect.Pointer:
		return d.orNull(t.Elem())
	case reflect.String:
		return object{"type": "string"}
	case reflect.Bool:
		return object{"type": "boolean"}
	case reflect.Slice:
		return object{"type": "array", "items": d.schema(t.Elem())}
	case reflect.Map:
		return object{"type": "object", "additionalProperties": d.schema(t.Elem())}
	case reflect.Struct:
		return d.named(t)
	}
	return object{"type": "integer"}
}

// orNull is a value that may be null: what is not given stays, or goes back to its default.
func (d *drawing) orNull(t reflect.Type) object {
	s := d.schema(t)
	if kind, simple := s["type"].(string); simple {
		s["type"] = []any{kind, "null"}
	}
	return s
}

func (d *drawing) named(t reflect.Type) object {
	if _, drawn := d.schemas[t.Name()]; !drawn {
		d.schemas[t.Name()] = object{} // a type that holds itself ends here
		properties, required := object{}, []any{}
		d.fields(t, properties, &required)
		s := object{"type": "object", "properties": properties, "additionalProperties": false}
		if len(required) > 0 {
			s["required"] = required
		}
		d.schemas[t.Name()] = s
	}
	return object{"$ref": "#/components/schemas/" + t.Name()}
}

// fields draws the fields of a struct, those of what is embedded in it like its own.
func (d *drawing) fields(t reflect.Type, properties object, required *[]any) {
	for i := range t.NumField() {
		f := t.Field(i)
		tag, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		switch {
		case tag == "-" || !f.IsExported() && !f.Anonymous:
		case f.Anonymous && tag == "":
			wanted := required
			if f.Tag.Get("api") == "optional" { // of what is sent: the zero value will do
				wanted = &[]any{}
			}
			d.fields(f.Type, properties, wanted)
		default:
			if tag == "" {
				tag = f.Name
			}
			properties[tag] = d.schema(f.Type)
			if !strings.Contains(options, "omit") {
				*required = append(*required, tag)
			}
		}
	}
}
