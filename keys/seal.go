package keys

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"

	"golang.org/x/crypto/chacha20poly1305"
)

// Purpose names what a working key is for; each has a key of its own, and sealed text a prefix of its own,
// which is checked before anything else, so that kinds never cross.
type Purpose string

const (
	ForAttempt    Purpose = "attempt"     // a sign-in under way
	ForRequest    Purpose = "request"     // an authorization request on its way back
	ForLogout     Purpose = "logout"      // a logout request on its way back
	ForCode       Purpose = "code"        // authorization code
	ForAccess     Purpose = "access"      // opaque access token
	ForRefresh    Purpose = "refresh"     // refresh token (Stamp)
	ForLetter     Purpose = "letter"      // a letter in the outbox
	ForMailedCode Purpose = "mailed-code" // MAC only
	ForPepper     Purpose = "pepper"      // of password hashes
	ForTOTP       Purpose = "totp"        // secrets of authenticators at rest (SealRow)
	ForRecovery   Purpose = "recovery"    // MAC only
	ForSigning    Purpose = "signing"     // private keys at rest
	ForTrust      Purpose = "trust"       // cookie of a trusted browser (Stamp)
	ForAlarm      Purpose = "alarm"       // "That wasn't me" of a letter
	ForGoogle     Purpose = "google"      // state of the errand to Google
	ForEnrolment  Purpose = "enrolment"   // a TOTP secret until its first right code
	ForSubject    Purpose = "subject"     // pairwise subjects (Alias)
	ForFarewell   Purpose = "farewell"    // the page of who has signed out
	ForConsole    Purpose = "console"     // the console's own cookie
	ForInvitation Purpose = "invitation"  // initial access tokens: an application may register itself (Stamp)
	ForAddress    Purpose = "address"     // a redirect URI that an administrator may add
	ForTest       Purpose = "test"        // an administrator's test sign-in to an application
	ForTestCode   Purpose = "test-code"   // what it ends with in the place of a code
	ForSetup      Purpose = "setup"       // a link by which the first administrator is made
	ForChain      Purpose = "chain"       // links of the log (MAC)
	ForSetting    Purpose = "setting"     // secrets among the settings of the console (SealRow)
)

// purposes are all of them, and how their text begins: "" where what a key makes never travels. Each gets its working
// key at the first start.
var purposes = []struct {
	of     Purpose
	prefix string
}{
	{ForAttempt, "dwt_"},
	{ForRequest, "dwq_"},
	{ForLogout, "dwo_"},
	{ForCode, "dwc_"},
	{ForAccess, "dwa_"},
	{ForRefresh, "dwr_"},
	{ForLetter, "dwm_"},
	{ForMailedCode, ""},
	{ForPepper, ""},
	{ForTOTP, ""},
	{ForRecovery, ""},
	{ForSigning, ""},
	{ForTrust, "dww_"},
	{ForAlarm, "dwk_"},
	{ForGoogle, "dwg_"},
	{ForEnrolment, "dwe_"},
	{ForFarewell, "dwf_"},
	{ForInvitation, "dwn_"},
	{ForConsole, "dwy_"},
	{ForSetup, "dwu_"},
	{ForAddress, "dwh_"},
	{ForTest, "dwj_"},
	{ForTestCode, "dwv_"},
	{ForSetting, ""},
	{ForChain, ""},
	{ForSubject, ""},
}

// prefix begins the text of p, "" where p has none.
func (p Purpose) prefix() string {
	for _, row := range purposes {
		if row.of == p {
			return row.prefix
		}
	}
	return ""
}

// Box seals what must be read again. Safe for concurrent use.
type Box struct{ keeper *keeper }

// Sealed text is a prefix, then base64url of: version, key id, epoch, nonce, box. The box authenticates all before it.
const (
	prefixLen  = 4
	version    = 1
	headLen    = 1 + len(keyID{}) + 8 // version, key id, epoch
	nonceLen   = chacha20poly1305.NonceSizeX
	tagLen     = chacha20poly1305.Overhead
	maxSealed  = 16 << 10 // characters
	minSealed  = prefixLen + (headLen+nonceLen+tagLen)*8/6
	usualPlain = 4 << 10
)

var text64 = base64.RawURLEncoding.Strict()

// buffers spares the hot path, and a flood of forgeries, its garbage.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, usualPlain); return &b }}

// Seal turns v, as JSON, into text that only Open of the same purpose reads: prefix, then base64url of
// version, key id, epoch, nonce and XChaCha20-Poly1305 box.
func (b *Box) Seal(p Purpose, v any) (string, error) {
	prefix := p.prefix()
	if prefix == "" {
		return "", fmt.Errorf("seal: nothing of the purpose %q travels", string(p))
	}
	key, s, err := b.keeper.present(p)
	if err != nil {
		return "", fmt.Errorf("seal: %w", err)
	}
	plain, err := json.Marshal(v)
	if err != nil {
		return "", fmt.Errorf("seal %s: %w", p, err)
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	raw := appendHead(append((*buffer)[:0], prefix...), key.id, s.epoch)
	var nonce [nonceLen]byte
	rand.Read(nonce[:])
	raw = append(raw, nonce[:]...)
	*buffer = key.text.Seal(raw, raw[len(raw)-nonceLen:], plain, raw)
	raw = *buffer
	if prefixLen+text64.EncodedLen(len(raw)-prefixLen) > maxSealed {
		return "", fmt.Errorf("seal %s: %d bytes are too many", p, len(plain))
	}
	return prefix + text64.EncodeToString(raw[prefixLen:]), nil
}

func appendHead(to []byte, id keyID, epoch int64) []byte {
	to = append(to, version)
	to = append(to, id[:]...)
	return binary.BigEndian.AppendUint64(to, uint64(epoch))
}

// takeHead reads what appendHead wrote.
func takeHead(raw []byte) (keyID, int64, bool) {
	if raw[0] != version {
		return keyID{}, 0, false
	}
	return keyID(raw[1:]), int64(binary.BigEndian.Uint64(raw[1+len(keyID{}):])), true
}

// Open reads sealed text into v. ErrRefused for whatever is wrong with it; every sealed value has one spelling.
func (b *Box) Open(p Purpose, text string, v any) error {
	prefix := p.prefix()
	if prefix == "" || len(text) < minSealed || len(text) > maxSealed || text[:prefixLen] != prefix {
		return ErrRefused
	}
	buffer := buffers.Get().(*[]byte)
	defer buffers.Put(buffer)
	raw, err := decode(append((*buffer)[:0], prefix...), text[prefixLen:])
	if err != nil {
		return ErrRefused
	}
	*buffer = raw
	id, epoch, ok := takeHead(raw[prefixLen:])
	if !ok || epoch < b.keeper.snapshot.Load().epoch {
		return ErrRefused
	}
	key := b.keeper.find(p, id)
	if key == nil {
		return ErrRefused
	}
	head := prefixLen + headLen + nonceLen
	plain, err := key.text.Open(raw[head:head], raw[head-nonceLen:head], raw[head:], raw[:head])
	if err != nil || !b.keeper.timely(epoch) {
		return ErrRefused
	}
	if err := json.Unmarshal(plain, v); err != nil { // made by another version of the program
		return ErrRefused
	}
	return nil
}

// decode appends the bytes of text. Go's decoder skips line breaks, and only a strict one minds the spare bits of the
// last character: without both checks several spellings would open alike.
func decode(to []byte, text string) ([]byte, error) {
	if strings.IndexByte(text, '\n') >= 0 || strings.IndexByte(text, '\r') >= 0 {
		return to, errSpelling
	}
	return text64.AppendDecode(to, []byte(text))
}

var errSpelling = errors.New("not the one spelling")

// timely judges the epoch of a value that has proved to be ours: an older one is dead, a newer one was sealed by a
// node that has heard of the new epoch before us.
func (k *keeper) timely(epoch int64) bool {
	if epoch > k.snapshot.Load().epoch {
		k.reload()
	}
	return epoch == k.snapshot.Load().epoch
}
