package op

// Scopes that this room acts upon by name.
const (
	scopeOpenID  = "openid"         // OIDC Core §3.1.2.1; without it the request is plain OAuth
	scopeOffline = "offline_access" // OIDC Core §11
)

// scopes are all that a client may ask for, in the order in which discovery lists them.
var scopes = []string{scopeOpenID, "profile", "email", "address", "phone", "groups", scopeOffline}
