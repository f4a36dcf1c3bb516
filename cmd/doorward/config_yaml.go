package main

import (
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"go.yaml.in/yaml/v4"
)

// readYAML reads one YAML document into c, strictly, and says everything that is wrong with it; false when it could not
// even be parsed. The library parses; what a setting may be is judged here, since the library's errors tell
// neither the path nor always the line.
func readYAML(data []byte, c *Config) (faults, bool) {
	r := reader{places: c.places}
	var documents []yaml.Node
	if err := yaml.Load(data, &documents, yaml.WithAllDocuments()); err != nil {
		return faults{r.syntax(err)}, false
	}
	if len(documents) > 1 {
		r.blame(&documents[1], "", "a second document begins here; the configuration is one")
	}
	if len(documents) > 0 && len(documents[0].Content) > 0 {
		r.read(documents[0].Content[0], reflect.ValueOf(c).Elem(), "")
	}
	return r.faults, true
}

// reader walks a document and the struct beside it.
type reader struct {
	places places
	faults faults
}

func (r *reader) blame(n *yaml.Node, path, why string, args ...any) {
	r.faults = append(r.faults, fault{File: r.places[""].File, Line: n.Line, Path: path, Why: fmt.Sprintf(why, args...)})
}

// syntax turns the parser's error into a fault of ours.
func (r *reader) syntax(err error) fault {
	f := fault{File: r.places[""].File, Why: "this is not YAML: " + err.Error()}
	if e := (*yaml.LoadError)(nil); errors.As(err, &e) {
		f.Line, f.Why = max(e.Mark.Line, e.ContextMark.Line), "this is not YAML: "+e.Message
	}
	return f
}

func (r *reader) read(n *yaml.Node, v reflect.Value, path string) {
	if path != "" {
		r.places[path] = place{File: r.places[""].File, Line: n.Line}
	}
	switch {
	case n.Kind == yaml.AliasNode:
		r.blame(n, path, "aliases are not read here; write the value out")
	case v.Kind() == reflect.Struct:
		r.mapping(n, v, path)
	case v.Kind() == reflect.Slice:
		r.sequence(n, v, path)
	case n.ShortTag() == "!!null":
		r.blame(n, path, "has no value; give one, or leave the line out")
	case v.Kind() == reflect.Bool:
		r.boolean(n, v, path)
	case v.Kind() == reflect.Int:
		r.number(n, v, path)
	default:
		r.text(n, v, path)
	}
}

func (r *reader) mapping(n *yaml.Node, v reflect.Value, path string) {
	if n.ShortTag() == "!!null" {
		return // a heading with nothing under it
	}
	if n.Kind != yaml.MappingNode {
		r.blame(n, path, "must be a block of settings, not %s", kindOf(n))
		return
	}
	lines := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		key, value := n.Content[i], n.Content[i+1]
		at := joinPath(path, key.Value)
		field, known := fieldNamed(v, key.Value)
		switch {
		case !known:
			r.blame(key, at, "there is no such setting")
		case lines[key.Value] > 0:
			r.blame(key, "", "%s stands a second time; the first is in line %d", at, lines[key.Value])
		default:
			lines[key.Value] = key.Line
			r.read(value, field, at)
			r.places[at] = place{File: r.places[""].File, Line: key.Line}
		}
	}
}

func (r *reader) sequence(n *yaml.Node, v reflect.Value, path string) {
	if n.ShortTag() == "!!null" {
		return
	}
	if n.Kind != yaml.SequenceNode {
		r.blame(n, path, "must be a list, not %s", kindOf(n))
		return
	}
	for i, entry := range n.Content {
		element := reflect.New(v.Type().Elem()).Elem()
		if d, ok := element.Addr().Interface().(interface{ setDefaults() }); ok {
			d.setDefaults()
		}
		r.read(entry, element, fmt.Sprintf("%s[%d]", path, i))
		v.Set(reflect.Append(v, element))
	}
}

func (r *reader) boolean(n *yaml.Node, v reflect.Value, path string) {
	if n.Value != "true" && n.Value != "false" || n.ShortTag() != "!!bool" {
		r.blame(n, path, "must be true or false, not %s", kindOf(n))
		return
	}
	v.SetBool(n.Value == "true")
}

func (r *reader) number(n *yaml.Node, v reflect.Value, path string) {
	number, err := strconv.Atoi(n.Value)
	if err != nil || n.ShortTag() != "!!int" {
		r.blame(n, path, "must be a number, not %s", kindOf(n))
		return
	}
	v.SetInt(int64(number))
}

func (r *reader) text(n *yaml.Node, v reflect.Value, path string) {
	if n.Kind != yaml.ScalarNode || n.ShortTag() != "!!str" {
		r.blame(n, path, "must be text, not %s", kindOf(n))
		return
	}
	v.SetString(n.Value)
}

// kindOf names what stands there in an operator's words.
func kindOf(n *yaml.Node) string {
	switch {
	case n.Kind == yaml.MappingNode:
		return "a block of settings"
	case n.Kind == yaml.SequenceNode:
		return "a list"
	case n.ShortTag() == "!!str":
		return fmt.Sprintf("%q", n.Value)
	default:
		return fmt.Sprintf("%s (put text in quotes)", n.Value)
	}
}

func joinPath(path, key string) string {
	return strings.TrimPrefix(path+"."+key, ".")
}

// fieldNamed is the field of a struct that has this name in the file.
func fieldNamed(v reflect.Value, name string) (reflect.Value, bool) {
	for i := range v.NumField() {
		if tag := v.Type().Field(i).Tag.Get("yaml"); tag == name && tag != "-" && tag != "" {
			return v.Field(i), true
		}
	}
	return reflect.Value{}, false
}
