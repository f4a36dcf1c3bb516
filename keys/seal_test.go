package keys

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

// travelling are the purposes whose values are sealed text: they leave the house, or lie in a table of another room.
var travelling = []Purpose{ForAttempt, ForRequest, ForLogout, ForCode, ForAccess, ForRefresh, ForLetter,
	ForTrust, ForAlarm, ForGoogle, ForEnrolment, ForFarewell, ForInvitation, ForConsole, ForAddress, ForTest, ForTestCode, ForSetup}

func TestWhatIsSealedOpensAgain(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	type content struct {
		ID     string          `json:"i"`
		Bytes  []byte          `json:"b"`
		Claims json.RawMessage `json:"c"`
	}
	sealed := content{ID: "ünïcode", Bytes: []byte{0, 1, 2}, Claims: json.RawMessage(`{"a":{"essential":true}}`)}
	for _, p := range travelling {
		text := mustSeal(t, k, p, sealed)
		if !strings.HasPrefix(text, p.prefix()) {
			t.Errorf("%s: %s… lacks its prefix", p, text[:8])
		}
		var opened content
		if err := k.Box.Open(p, text, &opened); err != nil || !reflect.DeepEqual(opened, sealed) {
			t.Errorf("%s: got %v, %v", p, opened, err)
		}
		if again := mustSeal(t, k, p, sealed); again == text {
			t.Errorf("%s: the same content was sealed to the same text", p)
		}
	}
}

// No value of one kind is good as another, by any of the ways in which values are read.
func TestNoValueOfOnePurposeOpensAsAnother(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	for _, made := range travelling {
		sealed, stamped := mustSeal(t, k, made, "anna"), mustStamp(t, k, made, "anna")
		for _, read := range travelling {
			for name, text := range map[string]string{
				"sealed": sealed, "sealed, other prefix": read.prefix() + sealed[prefixLen:],
				"stamped": stamped, "stamped, other prefix": read.prefix() + stamped[prefixLen:],
			} {
				same := made == read
				var v string
				if err := k.Box.Open(read, text, &v); (err == nil) != (same && text == sealed) {
					t.Errorf("%s as %s, %s: Open says %v", made, read, name, err)
				}
				if _, err := k.Box.Unstamp(read, text); (err == nil) != (same && text == stamped) {
					t.Errorf("%s as %s, %s: Unstamp says %v", made, read, name, err)
				}
			}
		}
	}
	for _, made := range purposes {
		for _, read := range purposes {
			if ok := k.Box.CheckMAC(read.of, k.Box.MAC(made.of, "anna"), "anna"); ok != (made == read) {
				t.Errorf("MAC of %s as %s: %v", made.of, read.of, ok)
			}
		}
	}
}

func TestWhatNeverTravelsIsNotSealed(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	staying := []Purpose{"", "unknown"}
	for _, p := range purposes {
		if !slices.Contains(travelling, p.of) {
			staying = append(staying, p.of)
		}
	}
	for _, p := range staying {
		if _, err := k.Box.Seal(p, "x"); err == nil {
			t.Errorf("%q was sealed", p)
		}
		if _, err := k.Box.Stamp(p, "x"); err == nil {
			t.Errorf("%q was stamped", p)
		}
		var v string
		mustRefuse(t, string(p), k.Box.Open(p, mustSeal(t, k, ForCode, "x"), &v))
	}
	if _, err := k.Box.Seal(ForCode, strings.Repeat("x", maxSealed)); err == nil {
		t.Error("more was sealed than is opened")
	}
	if _, err := k.Box.Seal(ForCode, func() {}); err == nil {
		t.Error("what is no JSON was sealed")
	}
}

// alterations of a good value, each of which must be refused.
func alterations(text string) map[string]string {
	last := len(text) - 1
	altered := map[string]string{
		"empty":           "",
		"prefix only":     text[:prefixLen],
		"forty":           text[:40],
		"padding":         text + "=",
		"padding twice":   text + "==",
		"newline":         text + "\n",
		"return":          text + "\r",
		"newline within":  text[:20] + "\n" + text[20:],
		"newlines within": text[:20] + "\r\n\r\n" + text[20:],
		"newline before":  "\n" + text,
		"space":           text + " ",
		"NUL":             text + "\x00",
		"NUL within":      text[:20] + "\x00" + text[21:],
		"suffix":          text + "AAAA",
		"twice":           text + text,
		"upper-cased":     strings.ToUpper(text),
		"escaped":         text[:10] + "%41" + text[10:],
		"one megabyte":    text + strings.Repeat("A", 1<<20),
		"no prefix":       text[prefixLen:],
		"full width":      text[:last] + "Ａ",
	}
	for i := range text {
		altered[fmt.Sprintf("cut at %d", i)] = text[:i]
		altered[fmt.Sprintf("without %d", i)] = text[:i] + text[i+1:]
		altered[fmt.Sprintf("changed at %d", i)] = text[:i] + flip(text[i]) + text[i+1:]
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_+/"
	for _, c := range alphabet {
		if byte(c) != text[last] {
			altered[fmt.Sprintf("last character %c", c)] = text[:last] + string(c)
		}
	}
	return altered
}

func TestEveryAlterationIsRefused(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	// Of three contents in a row each leaves other spare bits in the last character.
	for _, content := range []string{"a", "ab", "abc"} {
		for name, text := range alterations(mustSeal(t, k, ForCode, content)) {
			var v string
			mustRefuse(t, "sealed "+name, k.Box.Open(ForCode, text, &v))
		}
		for name, text := range alterations(mustStamp(t, k, ForRefresh, content)) {
			_, err := k.Box.Unstamp(ForRefresh, text)
			mustRefuse(t, "stamp "+name, err)
		}
	}
}

func TestOtherContentThanExpectedIsRefused(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	var number int
	mustRefuse(t, "text as number", k.Box.Open(ForCode, mustSeal(t, k, ForCode, "anna"), &number))
}

func TestAnEarlierEpochIsRefused(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		a := openUnder(t, db, sharedMaster, nil)
		b := openUnder(t, db, sharedMaster, nil)
		sealed, stamped := mustSeal(t, a, ForCode, "anna"), mustStamp(t, a, ForRefresh, "anna")
		mac := a.Box.MAC(ForRecovery, "anna")
		if _, err := db.RaiseEpoch(t.Context(), event()); err != nil {
			t.Fatal(err)
		}
		if err := a.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		var v string
		mustRefuse(t, "sealed before", a.Box.Open(ForCode, sealed, &v))
		_, err := a.Box.Unstamp(ForRefresh, stamped)
		mustRefuse(t, "stamped before", err)
		if !a.Box.CheckMAC(ForRecovery, mac, "anna") {
			t.Error("a MAC did not outlive the epoch")
		}
		// b has not heard of the new epoch yet: a value of it makes b look.
		if err := b.Box.Open(ForCode, mustSeal(t, a, ForCode, "anna"), &v); err != nil {
			t.Errorf("a value of the new epoch on a node that is behind: %v", err)
		}
		mustRefuse(t, "sealed before, on the other node", b.Box.Open(ForCode, sealed, &v))
	})
}

func TestAKeyOfAnotherNodeIsFoundAndFormerKeysStayReadable(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		a, b := openUnder(t, db, sharedMaster, nil), openUnder(t, db, sharedMaster, nil)
		before, mac := mustSeal(t, a, ForCode, "before"), a.Box.MAC(ForCode, "x")
		if err := a.keeper.makeWorkingKey(t.Context(), ForCode, 2); err != nil {
			t.Fatal(err)
		}
		if err := a.Refresh(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := mustSeal(t, a, ForCode, "after")
		if after[:10] == before[:10] {
			t.Fatal("the new key does not seal")
		}
		for _, k := range []*Keys{a, b} {
			var v string
			if err := k.Box.Open(ForCode, after, &v); err != nil || v != "after" {
				t.Errorf("sealed by the new key: %q, %v", v, err)
			}
			if err := k.Box.Open(ForCode, before, &v); err != nil || v != "before" {
				t.Errorf("sealed by the former key: %q, %v", v, err)
			}
			if !k.Box.CheckMAC(ForCode, mac, "x") {
				t.Error("a MAC of the former key is refused")
			}
		}
	})
}

func TestAFloodOfUnknownKeysAsksTheDatabaseOnce(t *testing.T) {
	t.Parallel()
	store := &outage{DB: storagetest.New(t, nil)}
	k := openKeys(t, store, nil)
	text := mustSeal(t, k, ForCode, "anna")
	begun, asked := time.Now(), store.asked.Load()
	var all sync.WaitGroup
	for i := range 8 {
		all.Go(func() {
			for j := range 500 {
				forged := text[:6] + string(rune('a'+i)) + fmt.Sprintf("%03d", j) + text[10:]
				var v string
				mustRefuse(t, "unknown key", k.Box.Open(ForCode, forged, &v))
				mustRefuse(t, "nonsense", k.Box.Open(ForCode, strings.Repeat("x", 600), &v))
			}
		})
	}
	all.Wait()
	mustHaveAskedOnceASecond(t, store.asked.Load()-asked, begun)
}

func mustHaveAskedOnceASecond(t *testing.T, asked int64, begun time.Time) {
	t.Helper()
	if most := 1 + int64(time.Since(begun)/time.Second); asked < 1 || asked > most {
		t.Errorf("the flood of %v asked the database %d times", time.Since(begun), asked)
	}
}

func TestAFloodOfForgeriesMakesNoGarbage(t *testing.T) {
	k := openKeys(t, storagetest.New(t, nil), nil)
	text := mustSeal(t, k, ForCode, usual)
	for name, forged := range map[string]string{
		"nonsense": strings.Repeat("x", len(text)), "altered": text[:80] + flip(text[80]) + text[81:],
	} {
		var v any
		if allocs := testing.AllocsPerRun(200, func() { _ = k.Box.Open(ForCode, forged, &v) }); allocs > 1 {
			t.Errorf("%s: %v allocations", name, allocs)
		}
	}
}

func TestAnOutageRefusesOnlyWhatIsUnknown(t *testing.T) {
	t.Parallel()
	store := &outage{DB: storagetest.New(t, nil)}
	k := openKeys(t, store, nil)
	store.down.Store(true)
	if err := k.Refresh(context.Background()); err == nil {
		t.Fatal("the outage did not show")
	}
	var v string
	if err := k.Box.Open(ForCode, mustSeal(t, k, ForCode, "anna"), &v); err != nil || v != "anna" {
		t.Errorf("%q, %v", v, err)
	}
	if token := mustSign(t, k, "ES256", "JWT"); token == "" {
		t.Error("nothing is signed")
	}
	text := mustSeal(t, k, ForCode, "anna")
	mustRefuse(t, "unknown key", k.Box.Open(ForCode, text[:6]+flip(text[6])+text[7:], &v))
}
