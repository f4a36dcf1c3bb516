package op

import (
	"encoding/json"
	"errors"

	"github.com/doorward/doorward/web"
)

// maxDepth is how deep JSON of a client may be nested: claims inside a request object need six.
const maxDepth = 8

var errJSON = errors.New("not a JSON object, or a name stands in it twice, or it is nested too deep")

// members reads a JSON object of somebody else. Names are as they are written, where encoding/json would take ISS for
// iss in a struct; and none stands twice at any depth, since of two values each reader would take another one
// (RFC 8725 §2.6; RFC 7515 §4).
func members(text []byte) (map[string]json.RawMessage, error) {
	if !web.SoundJSON(text, maxDepth) {
		return nil, errJSON
	}
	var object map[string]json.RawMessage
	if json.Unmarshal(text, &object) != nil || object == nil {
		return nil, errJSON
	}
	return object, nil
}
