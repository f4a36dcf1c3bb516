package op

import (
	"slices"

	"github.com/doorward/doorward/storage"
)

// Scopes that this room acts upon by name.
const (
	scopeOpenID  = "openid"         // OIDC Core §3.1.2.1; without it the request is plain OAuth
	scopeOffline = "offline_access" // OIDC Core §11
)

// Scopes that open the console's API (caller.go). A client has them that is registered with them by name, and no other: not one that may
// ask for all scopes, and none that registered itself.
const (
	ScopeRead  = "doorward:read"
	ScopeWrite = "doorward:write" // and read
)

func ofConsole(name string) bool { return name == ScopeRead || name == ScopeWrite }

// mayConsole says whether a client may ask for a scope of the console.
func mayConsole(client storage.Client, name string) bool {
	return ofConsole(name) && client.Owner != "dynamic" && slices.Contains(client.Scopes, name)
}

// scopes are all that a client may ask for, in the order in which discovery lists them.
var scopes = []string{scopeOpenID, "profile", "email", "address", "phone", "groups", scopeOffline}
