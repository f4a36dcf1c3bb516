package op

import "encoding/json"

// code is what an authorization code carries, sealed under keys.ForCode; it is never a row (house: what is stored).
// Times are Unix seconds, Issued is Unix microseconds.
type code struct {
	ID       string          `json:"i"` // unique; the grant is inserted under it
	Client   string          `json:"c"`
	User     string          `json:"u"`
	Session  string          `json:"s"`
	Scopes   []string        `json:"o"`
	Claims   json.RawMessage `json:"l,omitempty"`
	Resource []string        `json:"r,omitempty"`
	Nonce    string          `json:"n,omitempty"`
	PKCE     string          `json:"p,omitempty"` // S256 challenge
	Redirect []byte          `json:"d"`           // SHA-256 of the redirect URI as sent
	AuthTime int64           `json:"a"`
	ACR      string          `json:"x,omitempty"`
	AMR      []string        `json:"m,omitempty"`
	Issued   int64           `json:"t"`
	Expires  int64           `json:"e"`
}
