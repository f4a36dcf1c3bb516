package keys

import (
	"context"
	"crypto/cipher"
	"crypto/hkdf"
	"crypto/hmac"
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"sync"

	"github.com/doorward/doorward/storage"
)

// keyID names a working key in everything that it makes; in storage it is written in hex.
type keyID [4]byte

func (id keyID) String() string { return hex.EncodeToString(id[:]) }

// parseKeyID reads what String writes, in that spelling only.
func parseKeyID(text string) (keyID, bool) {
	var id keyID
	if len(text) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(text))
	return id, err == nil && id.String() == text
}

// workingKey is an open working key. Each use has a key of its own derived from it, so that a stamp never passes
// for a MAC, nor sealed text for a sealed row.
type workingKey struct {
	id    keyID
	text  cipher.AEAD // Seal, Open
	row   cipher.AEAD // what rests in the database (sealRow)
	stamp *authenticator
	mac   *authenticator
	alias *authenticator
}

// newWorkingKey derives the keys of each use (HKDF-Expand, RFC 5869 §2.3: the secret is random already).
func newWorkingKey(id keyID, secret Secret) *workingKey {
	derive := func(use string) []byte {
		key, err := hkdf.Expand(sha256.New, secret.reveal(), "doorward "+use, 32)
		if err != nil {
			panic(err) // only for a length that no hash can give
		}
		return key
	}
	return &workingKey{
		id:    id,
		text:  newAEAD(derive("text")),
		row:   newAEAD(derive("row")),
		stamp: newAuthenticator(derive("stamp")),
		mac:   newAuthenticator(derive("mac")),
		alias: newAuthenticator(derive("alias")),
	}
}

// authenticator is HMAC-SHA-256 with one key, whose first blocks are hashed once.
type authenticator struct{ pool sync.Pool }

func newAuthenticator(key []byte) *authenticator {
	return &authenticator{sync.Pool{New: func() any { return hmac.New(sha256.New, key) }}}
}

// sum authenticates parts one after the other, without marks between them.
func (a *authenticator) sum(parts ...string) []byte {
	h := a.pool.Get().(hash.Hash)
	defer a.pool.Put(h)
	h.Reset()
	for _, part := range parts {
		io.WriteString(h, part)
	}
	return h.Sum(nil)
}

// sumList authenticates a list: a length before each part keeps ("ab", "c") from ("a", "bc").
func (a *authenticator) sumList(parts ...string) []byte {
	h := a.pool.Get().(hash.Hash)
	defer a.pool.Put(h)
	h.Reset()
	var length [8]byte
	for _, part := range parts {
		binary.BigEndian.PutUint64(length[:], uint64(len(part)))
		h.Write(length[:])
		io.WriteString(h, part)
	}
	return h.Sum(nil)
}

const rowVersion = 1

// sealRow seals what rests in the database: version, nonce, box. place (table:column:row) is authenticated with it,
// so that a sealed value opens nowhere else.
func sealRow(aead cipher.AEAD, place string, plain []byte) []byte {
	out := make([]byte, 1+aead.NonceSize(), 1+aead.NonceSize()+len(plain)+aead.Overhead())
	out[0] = rowVersion
	rand.Read(out[1:])
	return aead.Seal(out, out[1:], plain, []byte(place))
}

// openRow opens what sealRow sealed under the same key at the same place. Its error tells an operator why, and no secret.
func openRow(aead cipher.AEAD, place string, sealed []byte) ([]byte, error) {
	head := 1 + aead.NonceSize()
	if len(sealed) < head || sealed[0] != rowVersion {
		return nil, errors.New("it has another form than ours")
	}
	plain, err := aead.Open(nil, sealed[1:head], sealed[head:], []byte(place))
	if err != nil {
		return nil, errors.New("the key does not fit, or it was altered or moved")
	}
	return plain, nil
}

// workingPlace binds purpose and serial too: a row relabelled in the database does not open.
func workingPlace(row storage.WorkingKey) string {
	return fmt.Sprintf("working_key:sealed:%s/%d/%s", row.Purpose, row.Serial, row.ID)
}

// makeWorkingKey stores a fresh key. storage.ErrConflict when another node was first: its key is as good.
func (k *keeper) makeWorkingKey(ctx context.Context, p Purpose, serial int64) error {
	var id keyID
	rand.Read(id[:])
	row := storage.WorkingKey{ID: id.String(), Purpose: string(p), Serial: serial, Created: k.now()}
	wrapKey(&row, k.master, freshSecret())
	return k.store.AddWorkingKey(ctx, row)
}

// wrapKey seals secret into row under the active master key.
func wrapKey(row *storage.WorkingKey, master Master, secret Secret) {
	row.Master = master.Active()
	row.Sealed = sealRow(master.aead(row.Master), workingPlace(*row), secret.reveal())
}

// unwrapKey opens a stored working key. Its error names the master key that does it, or that is missing.
func unwrapKey(row storage.WorkingKey, master Master) (Secret, error) {
	aead := master.aead(row.Master)
	if aead == nil {
		return Secret{}, fmt.Errorf("the keys in the database are wrapped by the master key %q, which is not among the given ones: put its line back into the master key file", row.Master)
	}
	plain, err := openRow(aead, workingPlace(row), row.Sealed)
	if err != nil {
		return Secret{}, fmt.Errorf("the master key %q does not open working key %s (%s) of the database: %w; put back the master key file that belongs to it", row.Master, row.ID, row.Purpose, err)
	}
	if len(plain) != 32 {
		return Secret{}, fmt.Errorf("working key %s (%s) has %d bytes", row.ID, row.Purpose, len(plain))
	}
	return secretOf(plain), nil
}

// Rewrap seals all working keys under the active master key in one transaction, and says how many were changed. What
// they have made stays valid, and nodes that run keep the keys that they have opened.
func Rewrap(ctx context.Context, store Store, master Master, e storage.Event) (int, error) {
	if len(master.keys) == 0 {
		return 0, errNoMaster
	}
	for range 5 {
		rows, err := store.WorkingKeys(ctx)
		if err != nil {
			return 0, fmt.Errorf("rewrap: %w", err)
		}
		changed, err := rewrapped(rows, master)
		if err != nil || changed == 0 {
			return 0, err
		}
		err = store.RewrapWorkingKeys(ctx, rows, e)
		if err == nil {
			return changed, nil
		}
		if !errors.Is(err, storage.ErrConflict) {
			return 0, fmt.Errorf("rewrap: %w", err)
		}
	}
	return 0, fmt.Errorf("rewrap: the keys change all the time: %w", storage.ErrConflict)
}

// rewrapped changes rows in place.
func rewrapped(rows []storage.WorkingKey, master Master) (int, error) {
	changed := 0
	for i := range rows {
		secret, err := unwrapKey(rows[i], master)
		if err != nil {
			return 0, err
		}
		if rows[i].Master != master.Active() {
			wrapKey(&rows[i], master, secret)
			changed++
		}
	}
	return changed, nil
}
