package storage

import "context"

func (db *DB) PutRecovery(ctx context.Context, userID string, macs [][]byte, e Event) error {
	return errUnbuilt
}

func (db *DB) RecoveryLeft(ctx context.Context, userID string) (int, error) { return 0, nil }

func (db *DB) UseRecovery(ctx context.Context, userID string, match func(mac []byte) bool, e Event) (int, error) {
	return 0, errUnbuilt
}
