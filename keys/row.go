package keys

import "fmt"

// SealRow seals what rests in the database and outlives the epoch: key id, then as sealRow. about, which says whose
// value it is, is authenticated with it, so that a value that is moved to another row does not open.
func (b *Box) SealRow(p Purpose, plain []byte, about string) ([]byte, error) {
	key, _, err := b.keeper.present(p)
	if err != nil {
		return nil, fmt.Errorf("seal row: %w", err)
	}
	return append(key.id[:], sealRow(key.row, rowPlace(p, about), plain)...), nil
}

// OpenRow opens what SealRow sealed for the same purpose and about the same thing. ErrRefused.
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

// rowPlace never equals the place of a working or signing key: those begin with the name of their table.
func rowPlace(p Purpose, about string) string { return "row:" + string(p) + ":" + about }
