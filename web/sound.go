package web

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"unicode/utf8"
)

// errUnsound is never shown.
var errUnsound = errors.New("not one JSON value, or a name stands in it twice, or it is nested too deep")

// SoundJSON says whether text is one JSON value in UTF-8, in which no name stands twice at any depth, since of two values each reader
// would take another one (RFC 8725 §2.6; RFC 7515 §4), and that is nested no deeper than depth.
func SoundJSON(text []byte, depth int) bool {
	d := json.NewDecoder(bytes.NewReader(text))
	if !utf8.Valid(text) || walkJSON(d, depth) != nil {
		return false
	}
	_, err := d.Token()
	return err == io.EOF // nothing follows
}

// walkJSON reads one value, and fails where it is nested deeper than so, or repeats a name.
func walkJSON(d *json.Decoder, depth int) error {
	token, err := d.Token()
	opens, nested := token.(json.Delim)
	if err != nil || !nested {
		return err
	}
	if depth == 0 {
		return errUnsound
	}
	seen := map[json.Token]bool{}
	for d.More() {
		if opens == '{' {
			name, err := d.Token()
			if err != nil || seen[name] {
				return errUnsound
			}
			seen[name] = true
		}
		if err := walkJSON(d, depth-1); err != nil {
			return err
		}
	}
	_, err = d.Token() // the end of it
	return err
}
