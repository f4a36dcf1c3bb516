package keys

// Ring holds the signing keys. Safe for concurrent use; signers are parsed once.
type Ring struct{}

// Algorithms lists what Sign can sign with.
func (r *Ring) Algorithms() []string { panic("stub") }

// Sign makes a compact JWS of claims (as JSON) by the present key of alg, with kid and typ in its header.
func (r *Ring) Sign(alg, typ string, claims any) (string, error) { panic("stub") }

// Verify checks a compact JWS of ours of this typ (an absent one passes for "JWT") by the published keys that sign or
// have signed, and gives its payload. It does not judge times or audience. ErrRefused.
func (r *Ring) Verify(token, typ string) (payload []byte, err error) { panic("stub") }

// JWKS is the public set as JSON (kid, alg, use on each) and its strong ETag. Cached.
func (r *Ring) JWKS() (body []byte, etag string) { panic("stub") }
