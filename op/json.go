package op

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// maxDepth is how deep JSON of a client may be nested: claims inside a request object need six.
const maxDepth = 8

var errJSON = errors.New("not a JSON object, or a name stands in it twice, or it is nested too deep")

// members reads a JSON object of somebody else. Names are as they are written, where encoding/json would take ISS for
// iss in a struct; and none stands twice at any depth, since of two values each reader would take another one
// (RFC 8725 §2.6; RFC 7515 §4).
func members(text []byte) (map[string]json.RawMessage, error) {
	d := json.NewDecoder(bytes.NewReader(text))
	if !utf8.Valid(text) || walk(d, 0) != nil {
		return nil, errJSON
	}
	if _, err := d.Token(); err != io.EOF { // something follows
		return nil, errJSON
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil || object == nil {
		return nil, errJSON
	}
	return object, nil
}

// walk reads one value, and fails where it is nested too deep or repeats a name.
func walk(d *json.Decoder, depth int) error {
	token, err := d.Token()
	opens, nested := token.(json.Delim)
	if err != nil || !nested {
		return err
	}
	if depth == maxDepth {
		return errJSON
	}
	seen := map[json.Token]bool{}
	for d.More() {
		if opens == '{' {
			name, err := d.Token()
			if err != nil || seen[name] {
				return errJSON
			}
			seen[name] = true
		}
		if err := walk(d, depth+1); err != nil {
			return err
		}
	}
	_, err = d.Token() // the end of it
	return err
}
