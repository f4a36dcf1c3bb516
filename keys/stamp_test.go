package keys

import (
	"bytes"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func mustStamp(t testing.TB, k *Keys, p Purpose, payload string) string {
	t.Helper()
	text, err := k.Box.Stamp(p, payload)
	if err != nil {
		t.Fatal(err)
	}
	return text
}

func TestAStampIsTheSameEachTime(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	text := mustStamp(t, k, ForRefresh, "grant-17")
	if again := mustStamp(t, k, ForRefresh, "grant-17"); again != text {
		t.Errorf("%s, then %s", text, again)
	}
	if payload, err := k.Box.Unstamp(ForRefresh, text); err != nil || payload != "grant-17" {
		t.Errorf("%q, %v", payload, err)
	}
	if !strings.HasPrefix(text, "dwr_grant-17.") {
		t.Errorf("%s has another form than documented", text)
	}
	for _, payload := range []string{"", "a.b", "a b", "a\nb", "ä", "\x7f", strings.Repeat("x", maxPayload+1)} {
		if text, err := k.Box.Stamp(ForRefresh, payload); err == nil {
			t.Errorf("%q was stamped: %s", payload, text)
		}
	}
}

func TestAMACKnowsWhereItsPartsEnd(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	mac := k.Box.MAC(ForMailedCode, "ab", "c")
	for _, parts := range [][]string{{"a", "bc"}, {"abc"}, {"ab", "c", ""}, {"", "ab", "c"}, {"c", "ab"}, {}} {
		if k.Box.CheckMAC(ForMailedCode, mac, parts...) {
			t.Errorf("%q passes for the parts ab, c", parts)
		}
	}
	if !k.Box.CheckMAC(ForMailedCode, mac, "ab", "c") {
		t.Error("the right parts are refused")
	}
	for i := range mac {
		altered := append([]byte{}, mac...)
		altered[i] ^= 1
		if k.Box.CheckMAC(ForMailedCode, altered, "ab", "c") || k.Box.CheckMAC(ForMailedCode, mac[:i], "ab", "c") {
			t.Errorf("altered or cut at %d it passes", i)
		}
	}
}

func TestAnAliasStaysTheSameWhateverComes(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		k := openUnder(t, db, sharedMaster, nil)
		alias := k.Box.Alias(ForSubject, "apps.test", "anna")
		if again := k.Box.Alias(ForSubject, "apps.test", "anna"); !bytes.Equal(again, alias) || len(alias) != 32 {
			t.Errorf("%x, then %x", alias, again)
		}
		for _, parts := range [][]string{{"apps.tes", "tanna"}, {"apps.test", "ben"}, {"api.test", "anna"}, {"anna", "apps.test"}, {"apps.testanna"}} {
			if bytes.Equal(k.Box.Alias(ForSubject, parts...), alias) {
				t.Errorf("%q have the same alias", parts)
			}
		}
		if mac := k.Box.MAC(ForSubject, "apps.test", "anna"); bytes.Contains(mac, alias) {
			t.Error("an alias is a MAC of another use")
		}
		// Another key of the purpose, another epoch, another node: no relying party may take Anna for somebody else.
		if err := k.keeper.makeWorkingKey(t.Context(), ForSubject, 2); err != nil {
			t.Fatal(err)
		}
		if _, err := db.RaiseEpoch(t.Context(), event()); err != nil {
			t.Fatal(err)
		}
		if err := k.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		for name, node := range map[string]*Keys{"this node": k, "another node": openUnder(t, db, sharedMaster, nil)} {
			if got := node.Box.Alias(ForSubject, "apps.test", "anna"); !bytes.Equal(got, alias) {
				t.Errorf("on %s the alias has become %x", name, got)
			}
		}
	})
}
