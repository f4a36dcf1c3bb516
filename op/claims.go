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
	{"address", "address", address},
	{"phone_number", "phone", text},
	{"phone_number_verified", "phone", phoneVerified},
	{"groups", "groups", groups},
}

// claimsOf are the claims about a person that scopes give, whatever their value, and those that were asked for one by one, if
// they have a value that was asked for (OIDC Core §5.4, §5.5.1).
func claimsOf(u storage.User, scopes []string, asked map[string]wished) map[string]any {
	out := make(map[string]any, len(claims)+1)
	for _, c := range claims {
		wish, one := asked[c.name]
		byScope := slices.Contains(scopes, c.scope)
		if !one && !byScope {
			continue
		}
		if v := c.value(u, c.name); v != nil && (byScope || wish.fits(v)) {
			out[c.name] = v
		}
	}
	return out
}

func text(u storage.User, name string) any {
	if s, ok := u.Claims[name].(string); ok && s != "" {
		return s
	}
	return nil
}

// address is a JSON object without empty members (OIDC Core §5.1.1).
func address(u storage.User, name string) any {
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

// emailVerified stands beside every address: true where its owner has proved it, or somebody vouches for it who keeps everything. An
// address that a helpdesk has set is false until then: relying parties join accounts by a verified one (OIDC Core §5.1, §5.7).
func emailVerified(u storage.User, _ string) any {
	if u.Email == "" {
		return nil
	}
	return u.EmailVerified
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
