package op

import (
	"encoding/json"
	"math"
	"slices"

	"github.com/doorward/doorward/storage"
)

// claim is a fact about a person: the scope that gives it (OIDC Core §5.4), and how it is read. A nil value is no
// claim: nothing empty and no null is ever sent.
type claim struct {
	name  string
	scope string
	value func(u storage.User, name string) any
}

// claims are all that we know, in the order in which discovery lists them.
var claims = []claim{
	{"name", "profile", text},
	{"given_name", "profile", text},
	{"family_name", "profile", text},
	{"middle_name", "profile", text},
	{"nickname", "profile", text},
	{"preferred_username", "profile", text},
	{"profile", "profile", text},
	{"picture", "profile", text},
	{"website", "profile", text},
	{"gender", "profile", text},
	{"birthdate", "profile", text},
	{"zoneinfo", "profile", text},
	{"locale", "profile", text},
	{"updated_at", "profile", updatedAt},
	{"email", "email", email},
	{"email_verified", "email", emailVerified},
	{"address", "address", object},
	{"phone_number", "phone", text},
	{"phone_number_verified", "phone", phoneVerified},
	{"groups", "groups", groups},
}

// claimsOf are the claims about a person that scopes give, and those that were asked for one by one (OIDC Core §5.5).
func claimsOf(u storage.User, scopes []string, asked map[string]json.RawMessage) map[string]any {
	out := make(map[string]any, len(claims)+1)
	for _, c := range claims {
		if _, one := asked[c.name]; !one && !slices.Contains(scopes, c.scope) {
			continue
		}
		if v := c.value(u, c.name); v != nil {
			out[c.name] = v
		}
	}
	return out
}

// askedClaims reads a member, "userinfo" or "id_token", of a grant's claims parameter. Whether a claim is essential
// makes no difference: what there is is given. A client of a third party gets by it nothing that the person was not
// asked about, and no client a claim of a scope that it may not have.
func askedClaims(client storage.Client, g storage.Grant, member string) map[string]json.RawMessage {
	var request map[string]json.RawMessage
	var asked map[string]json.RawMessage
	if len(g.Claims) == 0 || client.Consent || json.Unmarshal(g.Claims, &request) != nil || json.Unmarshal(request[member], &asked) != nil {
		return nil
	}
	for _, c := range claims {
		if !mayHave(client, c.scope) {
			delete(asked, c.name)
		}
	}
	return asked
}

func text(u storage.User, name string) any {
	if s, ok := u.Claims[name].(string); ok && s != "" {
		return s
	}
	return nil
}

// object is a JSON object of the person's record without its empty members (OIDC Core §5.1.1).
func object(u storage.User, name string) any {
	members, _ := u.Claims[name].(map[string]any)
	out := make(map[string]any, len(members))
	for k, v := range members {
		if s, ok := v.(string); ok && s != "" {
			out[k] = s
		}
	}
	if len(out) == 0 {
		return nil
	}
	return out
}

// updatedAt is a number of seconds, by the record's own clock unless it was brought along from elsewhere.
func updatedAt(u storage.User, name string) any {
	switch v := u.Claims[name].(type) {
	case float64:
		if v > 0 && v == math.Trunc(v) {
			return int64(v)
		}
	case json.Number:
		if n, err := v.Int64(); err == nil && n > 0 {
			return n
		}
	}
	if u.Updated.IsZero() {
		return nil
	}
	return u.Updated.Unix()
}

func email(u storage.User, _ string) any {
	if u.Email == "" {
		return nil
	}
	return u.Email
}

// emailVerified is true for every address that we hold: an operator set it, or its owner proved it.
func emailVerified(u storage.User, _ string) any {
	if u.Email == "" {
		return nil
	}
	return true
}

// phoneVerified stands beside every number, also when it is false.
func phoneVerified(u storage.User, name string) any {
	if text(u, "phone_number") == nil {
		return nil
	}
	verified, _ := u.Claims[name].(bool)
	return verified
}

// groups is an array even of none: an absent claim would leave a relying party with the groups that it knew before.
func groups(u storage.User, _ string) any {
	if u.Groups == nil {
		return []string{}
	}
	return u.Groups
}
