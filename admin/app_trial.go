package admin

import (
	"context"
	"time"
)

// Protocol is what only the protocol can do. It is op; cmd joins the two.
type Protocol interface {
	// BeginTrial gives the path, on the issuer's origin, of a real sign-in to an application, whose answer comes back to the console.
	// storage.ErrNotFound; *TrialFault.
	BeginTrial(ctx context.Context, t Trial) (string, error)
	// EndTrial redeems what came back, looks at it as the application would, and lets nothing of it live. *TrialFault.
	EndTrial(ctx context.Context, code string, t Trial) (TrialReport, error)
	// Address opens what a page of the protocol sealed for an administrator.
	Address(sealed string) (MetAddress, error)
}

// Trial is a test sign-in: of which application, and by whom.
type Trial struct {
	App           string
	User, Session string // of the administrator; nobody else can end it
	Address       string
	Reference     string
}

// TrialFault is why a test sign-in did not work, for who sets up the application.
type TrialFault struct {
	Code string // of OAuth, "access_denied" say
	Text string
}

func (e *TrialFault) Error() string { return e.Text }

// TrialReport is what an application would be told of somebody, and whether it could believe it.
type TrialReport struct {
	Scopes   []string     `json:"scope"`
	ACR      string       `json:"acr"`
	AMR      []string     `json:"amr"`
	AuthTime time.Time    `json:"auth_time,omitzero"`
	Header   string       `json:"id_token_header"` // indented JSON; the signature is not told, so that nothing here can be used
	Claims   string       `json:"id_token_claims"`
	Bytes    int          `json:"id_token_bytes"`
	Userinfo string       `json:"userinfo"`
	Access   TrialAccess  `json:"access_token"`
	Refresh  bool         `json:"refresh_token"` // it would get one
	Consent  bool         `json:"consent"`       // people are asked before
	Checks   []TrialCheck `json:"checks"`
}

// TrialAccess is what an access token looks like.
type TrialAccess struct {
	Format string        `json:"format"` // "opaque", "jwt"
	Bytes  int           `json:"bytes"`
	Life   time.Duration `json:"life"`
	Claims string        `json:"claims"` // of a JWT
}

// TrialCheck is one thing that an application looks at.
type TrialCheck struct {
	Name string `json:"name"` // signature algorithm issuer audience nonce expiry at_hash subject email groups
	OK   bool   `json:"ok"`
	Want string `json:"want"`
	Got  string `json:"got"`
}
