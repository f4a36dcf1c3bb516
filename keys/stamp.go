package keys

import (
	"crypto/subtle"
	"fmt"
)

const (
	maxPayload = 256
	sumLen     = 32
	// stampTail is version, key id, epoch and MAC: a multiple of three, so that no character has spare bits.
	stampTail = headLen + sumLen
)

// Stamp is payload (short printable ASCII without '.') made unforgeable and the same each time: prefix, payload, '.',
// then base64url of version, key id, epoch and HMAC-SHA-256 of all before it.
func (b *Box) Stamp(p Purpose, payload string) (string, error) {
	if p.prefix() == "" || !stampable(payload) {
		return "", fmt.Errorf("stamp: the payload has other characters than a stamp may, or nothing of the purpose %q travels", string(p))
	}
	key, s, err := b.keeper.present(p)
	if err != nil {
		return "", fmt.Errorf("stamp: %w", err)
	}
	said := p.prefix() + payload + "."
	head := appendHead(make([]byte, 0, stampTail), key.id, s.epoch)
	return said + text64.EncodeToString(append(head, key.stamp.sum(said, string(head))...)), nil
}

// stampable keeps payloads to one spelling and to what survives forms and logs.
func stampable(payload string) bool {
	if payload == "" || len(payload) > maxPayload {
		return false
	}
	for i := range len(payload) {
		if c := payload[i]; c < '!' || c > '~' || c == '.' {
			return false
		}
	}
	return true
}

// Unstamp gives the payload back. ErrRefused.
func (b *Box) Unstamp(p Purpose, text string) (string, error) {
	prefix := p.prefix()
	tail := len(text) - text64.EncodedLen(stampTail)
	if prefix == "" || tail < prefixLen+2 || tail > prefixLen+maxPayload+1 || text[:prefixLen] != prefix {
		return "", ErrRefused
	}
	said, payload := text[:tail], text[prefixLen:tail-1]
	if text[tail-1] != '.' || !stampable(payload) {
		return "", ErrRefused
	}
	raw, err := decode(make([]byte, 0, stampTail), text[tail:])
	if err != nil {
		return "", ErrRefused
	}
	id, epoch, ok := takeHead(raw)
	if !ok || epoch < b.keeper.snapshot.Load().epoch {
		return "", ErrRefused
	}
	key := b.keeper.find(p, id)
	if key == nil {
		return "", ErrRefused
	}
	sum := key.stamp.sum(said, string(raw[:headLen]))
	if subtle.ConstantTimeCompare(sum, raw[headLen:]) != 1 || !b.keeper.timely(epoch) {
		return "", ErrRefused
	}
	return payload, nil
}

// MAC authenticates parts (length-prefixed) with the present key; it begins with the key's id. It outlives the epoch:
// what it guards in the database dies there. It panics at a purpose that is not one of ours.
func (b *Box) MAC(p Purpose, parts ...string) []byte {
	key, _, err := b.keeper.present(p)
	if err != nil {
		panic(err) // an empty MAC would be one that everybody knows
	}
	return append(key.id[:], key.mac.sumList(parts...)...)
}

// Alias is a name that stays the same for ever, made of parts (length-prefixed) by the first key of the purpose: whichever
// keys come after that one, and whatever the epoch. Without the key nobody can tell of whom it is. It panics at a purpose
// that is not one of ours.
func (b *Box) Alias(p Purpose, parts ...string) []byte {
	d := b.keeper.snapshot.Load().working[p]
	if d == nil {
		panic(fmt.Sprintf("no key for the purpose %q", string(p))) // a name without a key would be one that everybody can make
	}
	return d.first.alias.sumList(parts...)
}

// CheckMAC compares in constant time, with the key that mac names.
func (b *Box) CheckMAC(p Purpose, mac []byte, parts ...string) bool {
	if len(mac) != len(keyID{})+sumLen {
		return false
	}
	key := b.keeper.find(p, keyID(mac))
	return key != nil && subtle.ConstantTimeCompare(mac[len(keyID{}):], key.mac.sumList(parts...)) == 1
}
