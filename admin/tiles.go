package admin

import (
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// Tile is a kind of application that the console knows how to connect: a row of the table below. From the one address that is typed, its
// paths make everything that is registered.
type Tile struct {
	ID      string `json:"id"`
	Name    string `json:"name"` // "" for the kinds that have a name in each language
	Type    string `json:"type"`
	Example string `json:"example"` // of the address; "" where none is typed

	Redirects   []string `json:"-"` // behind the address; those that are whole URIs stand alone
	PostLogout  []string `json:"-"`
	Backchannel string   `json:"-"`
	Whole       bool     `json:"-"` // the address is the redirect URI itself
	Resource    bool     `json:"-"` // the address is an API's, for which its tokens are

	AuthMethod   string   `json:"-"` // "": by type
	Refresh      string   `json:"-"` // "": with offline_access
	Scopes       []string `json:"-"`
	Claims       bool     `json:"-"` // wants the claims of the scopes in its ID token
	OnRefresh    bool     `json:"-"` // wants a new ID token at each refresh
	PKCEOptional bool     `json:"-"` // sends no PKCE unless it is told to
	JWT          bool     `json:"-"` // access tokens that an API verifies
	Consent      bool     `json:"-"`

	Quoted func(string) string `json:"-"` // makes a value stand in the quotes of the snippet (snippet.go); nil: it has none
}

var tiles = []Tile{
	{ID: "grafana", Name: "Grafana", Type: "web", Example: "https://grafana.example.com",
		Redirects: []string{"/login/generic_oauth"}, PostLogout: []string{"/login"}, Refresh: "session"},
	{ID: "gitlab", Name: "GitLab", Type: "web", Example: "https://gitlab.example.com",
		Redirects: []string{"/users/auth/openid_connect/callback"}, PostLogout: []string{"", "/users/sign_in"}, Claims: true, Quoted: inSingle},
	{ID: "nextcloud", Name: "Nextcloud", Type: "web", Example: "https://cloud.example.com",
		Redirects: []string{"/apps/user_oidc/code", "/index.php/apps/user_oidc/code"}, PostLogout: []string{"/", "/index.php"},
		Backchannel: "/index.php/apps/user_oidc/backchannel-logout/Doorward", AuthMethod: "client_secret_post", Claims: true, Quoted: inShell},
	{ID: "oauth2-proxy", Name: "oauth2-proxy", Type: "web", Example: "https://app.example.com",
		Redirects: []string{"/oauth2/callback"}, PostLogout: []string{"/oauth2/sign_out", "/"}, Refresh: "session", Claims: true, Quoted: inDouble},
	{ID: "kubernetes", Name: "Kubernetes", Type: "native",
		Redirects: []string{"http://localhost:8000", "http://localhost:18000"}, Refresh: "session", Claims: true, OnRefresh: true, Quoted: inShell},
	{ID: "authjs", Name: "Auth.js", Type: "web", Example: "https://app.example.com",
		Redirects: []string{"/api/auth/callback/doorward"}, PostLogout: []string{"/"}, Refresh: "session", Claims: true, Quoted: inSingle},
	{ID: "node", Name: "Node.js", Type: "web", Example: "https://app.example.com",
		Redirects: []string{"/callback"}, PostLogout: []string{"", "/"}, Refresh: "session", Quoted: inSingle},
	{ID: "spring", Name: "Spring Boot", Type: "web", Example: "https://app.example.com",
		Redirects: []string{"/login/oauth2/code/doorward"}, PostLogout: []string{"/", ""}, PKCEOptional: true, Quoted: inDouble},
	{ID: "go", Name: "Go", Type: "web", Example: "https://app.example.com",
		Redirects: []string{"/callback"}, PostLogout: []string{"/"}, Refresh: "session", Quoted: inDouble},
	{ID: "python", Name: "Python", Type: "web", Example: "https://app.example.com",
		Redirects: []string{"/callback"}, PostLogout: []string{"/"}, Refresh: "session", Quoted: inDouble},
	{ID: "php", Name: "PHP", Type: "web", Example: "https://app.example.com",
		Redirects: []string{"/callback"}, PostLogout: []string{"/"}, Quoted: inSingle},
	{ID: "apache", Name: "Apache", Type: "web", Example: "https://app.example.com",
		Redirects: []string{"/oidc/callback"}, PostLogout: []string{"/signed-out", "/"},
		Backchannel: "/oidc/callback?logout=backchannel", Refresh: "session", Quoted: inDouble},
	{ID: "gitea", Name: "Gitea, Forgejo", Type: "web", Example: "https://git.example.com",
		Redirects: []string{"/user/oauth2/doorward/callback"}, PostLogout: []string{"/"}, Claims: true, PKCEOptional: true, Quoted: inShell},
	{ID: "argocd", Name: "Argo CD", Type: "web", Example: "https://argocd.example.com",
		Redirects: []string{"/auth/callback", "http://localhost:8085/auth/callback"}, PostLogout: []string{"/"}, Claims: true, PKCEOptional: true, Quoted: inDouble},
	{ID: "vault", Name: "Vault, OpenBao", Type: "web", Example: "https://vault.example.com",
		Redirects: []string{"/ui/vault/auth/oidc/oidc/callback", "http://localhost:8250/oidc/callback"}, Claims: true, PKCEOptional: true, Quoted: inShell},
	{ID: "mcp", Name: "MCP", Type: "native", Example: "https://mcp.example.com/", Resource: true,
		Redirects: []string{"http://localhost/callback", "http://127.0.0.1/callback"}, Refresh: "session", JWT: true, Consent: true, Quoted: inDouble},
	{ID: "web", Type: "web", Example: "https://app.example.com/callback", Whole: true},
	{ID: "browser", Type: "browser", Example: "https://app.example.com/callback", Whole: true, Refresh: "session", Quoted: inSingle},
	{ID: "native", Type: "native", Example: "com.example.app:/callback", Whole: true, Refresh: "session"},
	{ID: "machine", Type: "service", Quoted: inShell},
}

// Tiles are the kinds of applications that the console knows, as it shows them.
func Tiles() []Tile { return slices.Clone(tiles) }

// tileOf finds a tile.
func tileOf(id string) (Tile, bool) {
	i := slices.IndexFunc(tiles, func(t Tile) bool { return t.ID == id })
	if i < 0 {
		return Tile{}, false
	}
	return tiles[i], true
}

// client is the record of an application at an address, without its secret. The address must be one of addressFault's.
func (t Tile) client(address string) storage.Client {
	base := strings.TrimSuffix(address, "/")
	c := storage.Client{
		Type: t.Type, Tile: t.ID, AuthMethod: t.AuthMethod, Refresh: t.Refresh, Scopes: stored(t.Scopes), TokenFormat: "opaque",
		IDTokenAlg: "RS256", IDTokenClaims: t.Claims, IDTokenOnRefresh: t.OnRefresh, RequirePKCE: !t.PKCEOptional, Consent: t.Consent,
		GrantTypes: []string{"authorization_code", "refresh_token"}, RedirectURIs: behind(base, t.Redirects), PostLogoutRedirectURIs: behind(base, t.PostLogout),
	}
	if t.Backchannel != "" {
		c.BackchannelURI = base + t.Backchannel
	}
	if t.Whole {
		c.RedirectURIs = []string{address}
	}
	if t.Resource {
		c.Resources = []string{address}
	}
	if t.JWT {
		c.TokenFormat = "jwt"
	}
	return suitedToType(c)
}

// suitedToType fills in what follows from the type.
func suitedToType(c storage.Client) storage.Client {
	public := c.Type == "browser" || c.Type == "native"
	switch {
	case c.AuthMethod != "":
	case public:
		c.AuthMethod = "none"
	default:
		c.AuthMethod = "client_secret_basic"
	}
	if c.Refresh == "" {
		c.Refresh = "offline"
	}
	if c.Type == "service" {
		c.GrantTypes, c.Refresh, c.IDTokenAlg, c.RequirePKCE = []string{"client_credentials"}, "never", "", false
	}
	return c
}

// behind are paths behind an address, and whole URIs as they are.
func behind(base string, paths []string) []string {
	var list []string
	for _, path := range paths {
		if path == "" || path[0] == '/' {
			path = base + path
		}
		list = append(list, path)
	}
	return list
}

// addressFaults are what may be wrong with an address, by the keys of texts, in words for programs.
var addressFaults = map[string]string{
	"app.address-none":      "is not taken: an application of this kind has none",
	"app.address-missing":   "is missing",
	"app.address-https":     "wants https, or http on localhost",
	"app.address-none-such": "is not an address like https://app.example.com",
	"app.address-query":     "must have no query and no fragment",
}

// addressFault says what is wrong with the address of an application of this kind, as a key of a text; "" nothing.
func (t Tile) addressFault(address string) string {
	switch {
	case t.Example == "" && address != "":
		return "app.address-none"
	case t.Example == "":
		return ""
	case address == "":
		return "app.address-missing"
	case t.Whole:
		return "" // the check of redirect URIs says it better
	}
	u, err := url.Parse(address)
	loopback := err == nil && slices.Contains([]string{"localhost", "127.0.0.1", "::1"}, u.Hostname())
	switch {
	case err != nil || u.Scheme == "http" && !loopback || u.Scheme != "https" && u.Scheme != "http":
		return "app.address-https"
	case u.Hostname() == "" || u.User != nil || strings.ContainsAny(address, " '\"<>\\^`{|}"):
		return "app.address-none-such"
	case strings.ContainsAny(address, "?#"):
		return "app.address-query"
	}
	return ""
}
