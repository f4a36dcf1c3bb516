package op

// scope is a scope of ours: what a client may ask for, and discovery lists.
type scope struct {
	Name string // as it stands in the parameter (RFC 6749 §3.3)
}

// Scopes that this room acts upon by name.
const (
	scopeOpenID  = "openid"         // OIDC Core §3.1.2.1; without it the request is plain OAuth
	scopeOffline = "offline_access" // OIDC Core §11
)

// scopes are all that we know, in the order in which discovery lists them.
var scopes = []scope{
	{Name: scopeOpenID},
	{Name: "profile"},
	{Name: "email"},
	{Name: "address"},
	{Name: "phone"},
	{Name: "groups"},
	{Name: scopeOffline},
}
