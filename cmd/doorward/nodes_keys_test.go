package main_test

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/doorward/doorward/storage/storagetest"
	"golang.org/x/oauth2"
)

// noticed is the time by which running nodes know of keys and epoch that were changed elsewhere.
const noticed = 2 * time.Second

// TestNodesThatServeFollowRotationRewrappingAndANewEpoch changes keys by commands on one node's configuration while both serve under load:
// rotation and rewrapping fail no request, and a new epoch ends everything on both.
func TestNodesThatServeFollowRotationRewrappingAndANewEpoch(t *testing.T) {
	t.Parallel()
	n := newNodes(t, storagetest.PostgresURL(t), settings{"clients": twoApps(t), "log": settings{"level": "warn"}})
	n.start()
	c := n.newCrowd()
	c.work()
	c.await(20)
	published := n.at(0).kids(t)
	n.operator(t, "keys", "rotate")
	n.within(t, noticed, "the next signing keys are published beside the present ones", func(c *client) bool {
		return len(c.kids(t)) == 2*len(published)
	})
	n.operator(t, "keys", "rotate", "--now")
	fresh := n.at(0).kids(t)
	n.within(t, noticed, "it signs with the new keys", func(c *client) bool {
		kid := n.signs(t, c)
		return fresh[kid] && !published[kid]
	})
	c.await(20)
	n.operator(t, "keys", "rewrap")
	time.Sleep(noticed) // both have read the rows again
	c.await(20)
	c.stop(func(error) bool { return false })
	c.check(t)

	n.dropOldMasterKeys(t)
	n.each[1].stop()
	n.each[1].start()
	n.within(t, 0, "both publish the same keys", func(c *client) bool { return c.get(t, "/jwks") == n.at(0).get(t, "/jwks") })
	n.wantNewEpoch(t)
}

// dropOldMasterKeys leaves the active one in the file, which wraps everything now.
func (n *nodes) dropOldMasterKeys(t *testing.T) {
	t.Helper()
	file := filepath.Join(filepath.Dir(n.each[0].file), "master.key")
	text, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	var active []string
	for line := range strings.Lines(string(text)) {
		if strings.HasSuffix(strings.TrimSpace(line), " active") {
			active = append(active, line)
		}
	}
	if len(active) != 1 {
		t.Fatalf("%d master keys are active", len(active))
	}
	if err := os.WriteFile(file, []byte(active[0]), 0o600); err != nil {
		t.Fatal(err)
	}
}

// wantNewEpoch raises the epoch: what was sealed, signed in or granted before ends on both nodes, and people sign in again.
func (n *nodes) wantNewEpoch(t *testing.T) {
	t.Helper()
	witness, tokens := n.newWitness(t)
	g := &ledgerGrant{verifier: oauth2.GenerateVerifier()}
	to, err := witness.authorize("none", g.verifier)
	if err != nil {
		t.Fatal(err)
	}
	g.code = to.Query().Get("code")
	n.operator(t, "epoch", "raise")
	raised := time.Now()
	n.within(t, noticed, "tokens and sessions of the former epoch have ended", func(c *client) bool {
		status, err := c.claims(tokens.Access)
		_, refused := c.token(refreshForm(tokens.Refresh))
		c.session = witness.session
		to, signedOut := c.authorize("none", oauth2.GenerateVerifier())
		return err == nil && status == http.StatusUnauthorized && errors.Is(refused, errRefused) &&
			signedOut == nil && to.Query().Get("error") == "login_required"
	})
	for i := range n.each {
		c := n.at(i)
		if err := c.redeem(g); !errors.Is(err, errRefused) {
			t.Errorf("a code of the former epoch at node %d: %v", i, err)
		}
	}
	time.Sleep(time.Until(raised.Add(noticed)))
	for i := range n.each {
		if kid := n.signs(t, n.at(i)); kid == "" {
			t.Errorf("nobody can sign on at node %d in the new epoch", i)
		}
	}
}

// operator runs a command on the first node's configuration.
func (n *nodes) operator(t *testing.T, args ...string) {
	t.Helper()
	if out, err := command(t, append(args, "--config", n.each[0].file)...).CombinedOutput(); err != nil {
		t.Fatalf("%v: %v\n%s", args, err, out)
	}
}

// kids are the ids of the keys that a node publishes.
func (c *client) kids(t *testing.T) map[string]bool {
	t.Helper()
	var set struct{ Keys []struct{ Kid string } }
	if err := json.Unmarshal([]byte(c.get(t, "/jwks").body), &set); err != nil {
		t.Fatal(err)
	}
	kids := map[string]bool{}
	for _, key := range set.Keys {
		kids[key.Kid] = true
	}
	return kids
}

// signs is the id of the key by which a node signs the ID token of a whole sign-on.
func (n *nodes) signs(t *testing.T, c *client) string {
	t.Helper()
	c.email = annaEmail
	if err := c.signIn(); err != nil {
		t.Fatal(err)
	}
	g := &ledgerGrant{verifier: oauth2.GenerateVerifier()}
	to, err := c.authorize("", g.verifier)
	if err != nil {
		t.Fatal(err)
	}
	g.code = to.Query().Get("code")
	if err := c.redeem(g); err != nil {
		t.Fatal(err)
	}
	head, _, _ := strings.Cut(g.id, ".")
	text, err := base64.RawURLEncoding.DecodeString(head)
	if err != nil {
		t.Fatal(err)
	}
	var header struct{ Kid string }
	if err := json.Unmarshal(text, &header); err != nil {
		t.Fatal(err)
	}
	return header.Kid
}
