package keys

import (
	"bytes"
	"fmt"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// age is what the minute's check does, at the time of the test's clock.
func age(t testing.TB, k *Keys) {
	t.Helper()
	if err := k.keeper.rotateByAge(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func refreshed(t testing.TB, k *Keys) *Keys {
	t.Helper()
	if err := k.Refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	return k
}

// signer is the kid that signs for alg.
func signer(k *Keys, alg string) string {
	return k.keeper.snapshot.Load().signing.present(alg, k.keeper.now()).public.KeyID
}

func inJWKS(k *Keys, kid string) bool {
	body, _ := k.Ring.JWKS()
	return bytes.Contains(body, []byte(`"kid":"`+kid+`"`))
}

// mustVerify asks ourselves and a relying party with this set.
func mustVerify(t testing.TB, what string, k *Keys, jwks []byte, token string) {
	t.Helper()
	if _, err := k.Ring.Verify(token, "JWT"); err != nil {
		t.Fatalf("%s, by ourselves: %v", what, err)
	}
	if _, err := relyingParty(jwks, token); err != nil {
		t.Fatalf("%s, by a relying party: %v", what, err)
	}
}

func TestASigningKeyIsPublishedAheadUsedRetiredAndGone(t *testing.T) { // JW-02, C.1 item 10
	t.Parallel()
	c := newClock()
	k := openKeys(t, storagetest.New(t, c.Now), c.Now)
	first := signer(k, "ES256")

	c.Forward(useFor - publishAhead - time.Minute)
	age(t, k)
	if rows, _ := k.keeper.store.SigningKeys(t.Context()); len(rows) != len(algorithms) {
		t.Fatalf("%d keys before the time", len(rows))
	}

	c.Forward(2 * time.Minute)
	_, before := k.Ring.JWKS()
	age(t, k)
	age(t, k) // it is published once
	list := k.keeper.snapshot.Load().signing.byAlg["ES256"]
	if len(list) != 2 {
		t.Fatalf("%d keys are published ahead", len(list)-1)
	}
	next := list[0]
	if _, after := k.Ring.JWKS(); after == before || !inJWKS(k, next.public.KeyID) {
		t.Error("the next key is not in the set")
	}
	announced := forge(t, next.signingKey, `{"alg":"ES256","kid":"`+next.public.KeyID+`","typ":"JWT"}`)
	_, err := k.Ring.Verify(announced, "JWT")
	mustRefuse(t, "signed by a key that is not in use yet", err)
	if signer(k, "ES256") != first {
		t.Error("the next key signs at once")
	}
	old := mustSign(t, k, "ES256", "JWT")

	c.Forward(publishAhead)
	if signer(k, "ES256") != next.public.KeyID {
		t.Error("the next key does not sign when its time has come, on a node that has not refreshed")
	}
	age(t, k)
	jwks, _ := k.Ring.JWKS()
	mustVerify(t, "the token in flight", k, jwks, old)
	mustVerify(t, "a new token", k, jwks, mustSign(t, k, "ES256", "JWT"))

	c.Forward(keepAfter - time.Second)
	refreshed(t, k)
	if !inJWKS(k, first) {
		t.Error("the retired key left the set too early")
	}
	c.Forward(time.Second)
	refreshed(t, k)
	if inJWKS(k, first) {
		t.Error("the retired key is still in the set")
	}
	_, err = k.Ring.Verify(old, "JWT")
	mustRefuse(t, "signed by a key that is gone", err)
}

func TestAnOperatorRotatesAheadOrAtOnce(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		c := newClock()
		k := openKeys(t, db, c.Now)
		first := map[string]string{}
		for _, alg := range k.Ring.Algorithms() {
			first[alg] = signer(k, alg)
		}
		old := mustSign(t, k, "RS256", "JWT")
		for range 2 { // asking twice publishes one next key
			if err := k.Rotate(t.Context(), false, event()); err != nil {
				t.Fatal(err)
			}
		}
		rows, err := db.SigningKeys(t.Context())
		if err != nil || len(rows) != 2*len(algorithms) {
			t.Fatalf("%d keys, %v", len(rows), err)
		}
		for alg, kid := range first {
			if signer(k, alg) != kid {
				t.Errorf("%s: the next key signs before its time", alg)
			}
		}

		c.Forward(time.Hour)
		if err := k.Rotate(t.Context(), true, event()); err != nil { // takes those that are published
			t.Fatal(err)
		}
		if rows, err := db.SigningKeys(t.Context()); err != nil || len(rows) != 2*len(algorithms) {
			t.Fatalf("%d keys, %v", len(rows), err)
		}
		for alg, kid := range first {
			if signer(k, alg) == kid || !inJWKS(k, kid) || !inJWKS(k, signer(k, alg)) {
				t.Errorf("%s: at once means that the next signs and both are published", alg)
			}
		}
		jwks, _ := k.Ring.JWKS()
		mustVerify(t, "the token in flight", k, jwks, old)

		second := signer(k, "EdDSA")
		if err := k.Rotate(t.Context(), true, event()); err != nil { // there is none ahead: it makes one
			t.Fatal(err)
		}
		if signer(k, "EdDSA") == second || !inJWKS(k, second) {
			t.Error("without a key ahead nothing was rotated")
		}
		jwks, _ = k.Ring.JWKS()
		mustVerify(t, "the token in flight", k, jwks, old)
		events, err := db.Events(t.Context(), 10)
		if err != nil || len(events) != 4 || events[0].Kind != storage.KeysChanged || events[0].Actor != "operator" {
			t.Errorf("four changes of keys were recorded as %v, %v", events, err)
		}
	})
}

func TestNodesThatRotateAtOnceAgree(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		c := newClock()
		nodes := []*Keys{openUnder(t, db, sharedMaster, c.Now), openUnder(t, db, sharedMaster, c.Now), openUnder(t, db, sharedMaster, c.Now)}
		c.Forward(useFor)
		var all sync.WaitGroup
		for _, k := range nodes {
			all.Go(func() {
				if err := k.keeper.change(t.Context(), sparing(byAge), event()); err != nil {
					t.Error(err)
				}
			})
		}
		all.Wait()
		rows, err := db.SigningKeys(t.Context())
		if err != nil || len(rows) != 2*len(algorithms)-2 {
			t.Errorf("%d keys after one rotation by three nodes, %v", len(rows), err)
		}
		c.Forward(publishAhead)
		for _, k := range nodes {
			if signer(k, "ES256") != signer(nodes[0], "ES256") {
				t.Error("the nodes sign with different keys")
			}
		}
	})
}

func TestATokenOfAKeyThatAnotherNodeUsesAtOnceVerifies(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := storagetest.New(t, c.Now)
	a, b := openUnder(t, db, sharedMaster, c.Now), openUnder(t, db, sharedMaster, c.Now)
	if err := a.Rotate(t.Context(), true, event()); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Ring.Verify(mustSign(t, a, "ES256", "JWT"), "JWT"); err != nil {
		t.Errorf("a node that has not refreshed: %v", err)
	}
	if _, err := a.Ring.Verify(mustSign(t, b, "ES256", "JWT"), "JWT"); err != nil {
		t.Errorf("and the other way: %v", err)
	}
}

func TestANodeWhoseClockRunsBehindSignsAndVerifies(t *testing.T) {
	t.Parallel()
	c := newClock()
	db := storagetest.New(t, c.Now)
	openUnder(t, db, sharedMaster, c.Now)
	behind := openUnder(t, db, sharedMaster, func() time.Time { return c.Now().Add(-2 * time.Second) })
	for _, alg := range behind.Ring.Algorithms() {
		jwks, _ := behind.Ring.JWKS()
		mustVerify(t, alg, behind, jwks, mustSign(t, behind, alg, "JWT"))
	}
}

// sparing is a plan that leaves RSA alone, whose keys take long to make.
func sparing(p plan) plan {
	return func(last *storage.SigningKey, now time.Time) move {
		if last.Alg == "RS256" || last.Alg == "PS256" {
			return move{}
		}
		return p(last, now)
	}
}

// The verifier is strict: it fetches the set when its copy is too old, and never for a kid that it does not know.
func TestRotationsFailNoStrictVerifier(t *testing.T) { // JW-13
	t.Parallel()
	rotations := 15
	if os.Getenv("DOORWARD_ATTACK") != "" {
		rotations = 100
	}
	const maxAge, idTokenLife = publishAhead - time.Hour, time.Hour
	c := newClock()
	db := storagetest.New(t, c.Now)
	a, b := openUnder(t, db, sharedMaster, c.Now), openUnder(t, db, sharedMaster, c.Now)
	var cached []byte
	fetched := c.Now().Add(-maxAge)
	check := func(what string, on *Keys, token string) {
		if !c.Now().Before(fetched.Add(maxAge)) {
			cached, _ = on.Ring.JWKS()
			fetched = c.Now()
		}
		mustVerify(t, fmt.Sprintf("%s at %v", what, c.Now()), on, cached, token)
	}
	signers := map[string]bool{}
	for step := 0; len(signers) < 2*(1+rotations); step++ {
		if err := a.keeper.change(t.Context(), sparing(byAge), event()); err != nil {
			t.Fatal(err)
		}
		refreshed(t, b)
		alg := []string{"ES256", "EdDSA"}[step%2]
		signers[signer(b, alg)] = true
		if !inJWKS(b, signer(b, alg)) {
			t.Fatal("what signs is not published")
		}
		token := mustSign(t, b, alg, "JWT")
		check("fresh", a, token)
		c.Forward(idTokenLife) // b signs and a verifies with what they read an hour ago
		check("at the end of its life", a, token)
		check("by a node that has not refreshed", b, mustSign(t, b, alg, "JWT"))
		// Slowly around a change of keys, with odd steps so that changes fall anywhere between them.
		if list := b.keeper.snapshot.Load().signing.byAlg[alg]; len(list) > 1 {
			c.Forward(4*time.Hour + 7*time.Minute)
		} else {
			c.Forward(3*24*time.Hour + 13*time.Minute)
		}
	}
	rows, err := db.SigningKeys(t.Context())
	if err != nil || len(rows) < 2*rotations {
		t.Errorf("%d keys, %v", len(rows), err)
	}
}
