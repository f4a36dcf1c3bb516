package op

import (
	"encoding/json"
	"errors"
	"reflect"
	"slices"

	"github.com/doorward/doorward/storage"
)

// wished is a claim as the claims parameter asks for it (OIDC Core §5.5.1). Members of it that we do not know are ignored.
type wished struct {
	essential bool
	values    []json.RawMessage // any of them is good, the most wanted first; none: every value is
}

// asked is a claims parameter by the place where a claim is to be told: userinfo or id_token (OIDC Core §5.5).
type asked map[string]map[string]wished

var errClaims = errors.New("a claim is asked for in a form that OIDC Core section 5.5.1 does not know")

// readAsked reads a claims parameter strictly. Claims that we do not know are left out, whatever is said of them.
func readAsked(text []byte) (asked, error) {
	request, err := members(text)
	if err != nil {
		return nil, err
	}
	all := asked{}
	for _, place := range []string{"userinfo", "id_token"} {
		all[place] = map[string]wished{}
		if request[place] == nil || string(request[place]) == "null" {
			continue
		}
		wishes, err := members(request[place])
		if err != nil {
			return nil, errClaims
		}
		for name, raw := range wishes {
			if !knownClaim(name) {
				continue
			}
			if all[place][name], err = readWished(raw); err != nil {
				return nil, err
			}
		}
	}
	return all, nil
}

// knownClaim says whether a claim by itself can be asked for: those about the person, and the two that say something of
// the sign-in.
func knownClaim(name string) bool {
	return name == "sub" || name == "acr" || slices.ContainsFunc(claims, func(c claim) bool { return c.name == name })
}

// readWished reads what is said of one claim: null, or an object.
func readWished(raw json.RawMessage) (wished, error) {
	var w wished
	if string(raw) == "null" {
		return w, nil
	}
	said, err := members(raw)
	if err != nil {
		return w, errClaims
	}
	if essential, has := said["essential"]; has && json.Unmarshal(essential, &w.essential) != nil {
		return w, errClaims
	}
	if values, has := said["values"]; has && json.Unmarshal(values, &w.values) != nil {
		return w, errClaims
	}
	if value, has := said["value"]; has {
		w.values = append([]json.RawMessage{value}, w.values...)
	}
	return w, nil
}

// texts are the values of a claim that is a string; an empty one is none.
func (w wished) texts() ([]string, error) {
	var all []string
	for _, raw := range w.values {
		var text *string
		if json.Unmarshal(raw, &text) != nil || text == nil {
			return nil, errClaims
		}
		if *text != "" {
			all = append(all, *text)
		}
	}
	return all, nil
}

// fits says whether a claim has one of the wished values. What has another was not asked for.
func (w wished) fits(value any) bool {
	text, err := json.Marshal(value)
	return err == nil && (len(w.values) == 0 || slices.ContainsFunc(w.values, func(raw json.RawMessage) bool { return sameJSON(raw, text) }))
}

// sameJSON compares values, not spellings: neither the order of members nor white space counts.
func sameJSON(a, b json.RawMessage) bool {
	var x, y any
	return json.Unmarshal(a, &x) == nil && json.Unmarshal(b, &y) == nil && reflect.DeepEqual(x, y)
}

// askedClaims reads what a grant's claims parameter asks for in one place, "userinfo" or "id_token". Whether a claim is
// essential makes no difference: what there is is given. No client gets by it a claim of a scope that it may not have; that
// the person was asked about those, where one is to be asked, the authorization request has seen to (toConsent).
func askedClaims(client storage.Client, g storage.Grant, place string) map[string]wished {
	if len(g.Claims) == 0 {
		return nil
	}
	all, err := readAsked(g.Claims)
	if err != nil { // it was read once, before it was granted
		return nil
	}
	for _, c := range claims {
		if !mayHave(client, c.scope) {
			delete(all[place], c.name)
		}
	}
	return all[place]
}

// scopesOf are the scopes to which the asked claims belong (OIDC Core §5.4), as far as the client may have them.
func (a asked) scopesOf(client storage.Client) []string {
	var all []string
	for _, c := range claims {
		_, userinfo := a["userinfo"][c.name]
		_, idToken := a["id_token"][c.name]
		if (userinfo || idToken) && mayHave(client, c.scope) && !slices.Contains(all, c.scope) {
			all = append(all, c.scope)
		}
	}
	return all
}
