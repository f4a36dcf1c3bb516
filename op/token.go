package op

import (
	"context"
	"net/http"
	"time"

	"github.com/doorward/doorward/storage"
)

// tokenStore is what the endpoints that clients and resource servers call need of storage.
type tokenStore interface {
	Client(ctx context.Context, id string) (storage.Client, error)
	Clients(ctx context.Context) ([]storage.Client, error)
	RedeemCode(ctx context.Context, g storage.Grant) error
	BurnCode(ctx context.Context, g storage.Grant) error
	RotateGrant(ctx context.Context, r storage.Rotation) (storage.Grant, error)
	LiveGrant(ctx context.Context, id string) (storage.Grant, storage.User, error)
	Spend(ctx context.Context, key string, r storage.Rate) (time.Duration, error)
}

func (p *Provider) token() http.Handler { panic("stub") }
