package keys

// Purpose names what a working key is for; each has a key of its own, and sealed text a prefix of its own,
// which is checked before anything else, so that kinds never cross.
type Purpose string

const (
	ForAttempt    Purpose = "attempt"     // dwt_  a sign-in under way
	ForRequest    Purpose = "request"     // dwq_  an authorization request on its way back
	ForCode       Purpose = "code"        // dwc_  authorization code
	ForAccess     Purpose = "access"      // dwa_  opaque access token
	ForRefresh    Purpose = "refresh"     // dwr_  refresh token (Stamp)
	ForMailedCode Purpose = "mailed-code" // MAC only
	ForPepper     Purpose = "pepper"      // of password hashes
	ForTOTP       Purpose = "totp"
	ForRecovery   Purpose = "recovery"
	ForSigning    Purpose = "signing" // private keys at rest
)

// Box seals what must be read again. Safe for concurrent use.
type Box struct{}

// Seal turns v, as JSON, into text that only Open of the same purpose reads: prefix, then base64url of
// version, key id, epoch, nonce and XChaCha20-Poly1305 box.
func (b *Box) Seal(p Purpose, v any) (string, error) { panic("stub") }

// Open reads sealed text into v. ErrRefused for whatever is wrong with it; every sealed value has one spelling.
func (b *Box) Open(p Purpose, text string, v any) error { panic("stub") }

// Stamp is payload (short printable ASCII without '.') made unforgeable and the same each time: prefix, payload, key id, MAC.
func (b *Box) Stamp(p Purpose, payload string) (string, error) { panic("stub") }

// Unstamp gives the payload back. ErrRefused.
func (b *Box) Unstamp(p Purpose, text string) (payload string, err error) { panic("stub") }

// MAC authenticates parts (length-prefixed) with the present key; it begins with the key's id.
func (b *Box) MAC(p Purpose, parts ...string) []byte { panic("stub") }

// CheckMAC compares in constant time, with the key that mac names.
func (b *Box) CheckMAC(p Purpose, mac []byte, parts ...string) bool { panic("stub") }
