package keys

import "fmt"

// SealRow seals what rests in the database and outlives epoch and master key: key id, version, nonce, box. about says
// whose value it is and is authenticated with it, so that a value that was moved to another row does not open there.
func (b *Box) SealRow(p Purpose, plain []byte, about string) ([]byte, error) {
	key, _, err := b.keeper.present(p)
	if err != nil {
		return nil, fmt.Errorf("seal row: %w", err)
	}
	return append(key.id[:], sealRow(key.row, rowPlace(p, about), plain)...), nil
}

// OpenRow opens what SealRow sealed for the same purpose and about the same, under the present key or a former one: working
// keys are never removed. ErrRefused.
func (b *Box) OpenRow(p Purpose, sealed []byte, about string) ([]byte, error) {
	if len(sealed) < len(keyID{}) {
		return nil, ErrRefused
	}
	key := b.keeper.find(p, keyID(sealed))
	if key == nil {
		return nil, ErrRefused
	}
	plain, err := openRow(key.row, rowPlace(p, about), sealed[len(keyID{}):])
	if err != nil {
		return nil, ErrRefused
	}
	return plain, nil
}

// rowPlace never equals the place of a working or signing key, which begins with the name of its table.
func rowPlace(p Purpose, about string) string { return "row:" + string(p) + ":" + about }
