package storage

import (
	"context"
	"errors"
	"testing"
	"time"
)

// between lets something happen right after a read.
type between struct {
	engine
	happen func()
}

func (b *between) read(ctx context.Context, f func(*unit) error) error {
	err := b.engine.read(ctx, f)
	if happen := b.happen; happen != nil {
		b.happen = nil
		happen()
	}
	return err
}

// redeemed is a grant of a client, on a disk of its own.
func redeemed(t *testing.T) (disk, Client, Grant) {
	t.Helper()
	d := newDisk(t)
	c := Client{ID: "web", Name: "Web", Type: "web", AuthMethod: "client_secret_basic", Secrets: [2][]byte{make([]byte, 32)},
		RedirectURIs: []string{"https://rp.test/cb"}, GrantTypes: []string{"authorization_code", "refresh_token"},
		RequirePKCE: true, IDTokenAlg: "ES256", Refresh: "session", TokenFormat: "opaque"}
	d.must(d.AddClient(t.Context(), c, Event{}))
	g := Grant{ID: NewID(), Kind: "code", CodeID: NewID(), ClientID: "web", Expires: d.Now().Add(time.Hour)}
	_, err := d.RedeemCode(t.Context(), g)
	d.must(err)
	return d, c, g
}

// The owner rotates on while the token two generations back is being judged.
func TestATokenTwoGenerationsOldEndsTheGrantInTheMiddleOfARotationToo(t *testing.T) {
	d, _, g := redeemed(t)
	rotate := func(generation int64) (Grant, error) {
		next, _, err := d.RotateGrant(t.Context(), Rotation{ID: g.ID, ClientID: "web", Generation: generation, Window: time.Minute,
			IdleUntil: d.Now().Add(time.Hour)})
		return next, err
	}
	_, err := rotate(0)
	d.must(err)
	if again, err := rotate(0); err != nil || again.Generation != 1 {
		t.Fatalf("generation %d, %v; want the same successor", again.Generation, err)
	}
	d.engine = &between{d.engine, func() {
		if next, err := rotate(1); err != nil || next.Generation != 2 {
			t.Errorf("the owner got generation %d, %v", next.Generation, err)
		}
	}}
	if got, err := rotate(0); !errors.Is(err, ErrConflict) {
		t.Errorf("got generation %d, %v; want ErrConflict", got.Generation, err)
	}
	if _, _, err := d.LiveGrant(t.Context(), g.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("the grant: %v, want ErrNotFound", err)
	}
}

// In PostgreSQL a code may be redeemed in the very moment in which its client is removed, which then does not see the grant and leaves it
// as it is. It ends with the client all the same, and does not begin to live again with another one of its id.
func TestAGrantThatARemovalDidNotSeeIsNothingForTheNextClientOfItsID(t *testing.T) {
	d, c, g := redeemed(t)
	d.must(d.RemoveClient(t.Context(), "web", Event{}))
	if n, err := d.writeOne(t.Context(), `update grants set revoked_at = 0 where id = $1`, g.ID); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	d.must(d.AddClient(t.Context(), c, Event{}))
	if _, _, err := d.LiveGrant(t.Context(), g.ID); !errors.Is(err, ErrNotFound) {
		t.Errorf("it is read: %v", err)
	}
	_, _, err := d.RotateGrant(t.Context(), Rotation{ID: g.ID, ClientID: "web", Window: time.Minute, IdleUntil: d.Now().Add(time.Hour)})
	if !errors.Is(err, ErrNotFound) {
		t.Errorf("it is refreshed: %v", err)
	}
	if use, err := d.ClientUse(t.Context(), "web"); err != nil || use.Grants != 0 {
		t.Errorf("%d live, %v", use.Grants, err)
	}
}
