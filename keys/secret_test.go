package keys

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage/storagetest"
)

// spellings are the ways in which key bytes could stand in a text.
func spellings(key []byte) []string {
	decimal := strings.Trim(fmt.Sprint(key[:8]), "[]")
	return []string{
		string(key), hex.EncodeToString(key)[:20], strings.ToUpper(hex.EncodeToString(key))[:20],
		base64.StdEncoding.EncodeToString(key)[:20], base64.RawURLEncoding.EncodeToString(key)[:20],
		decimal, strings.ReplaceAll(decimal, " ", ","), strings.ReplaceAll(decimal, " ", ", "),
	}
}

// printed is v in every way in which a careless line could print it.
func printed(v any) map[string]string {
	texts := map[string]string{}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "% x", "%d", "%b", "%o", "%c", "%U", "%t", "%p"} {
		texts[verb] = fmt.Sprintf(verb, v)
	}
	texts["in a slice"] = fmt.Sprintf("%+v", []any{v})
	texts["in a field"] = fmt.Sprintf("%+v", struct{ hidden any }{v})
	texts["in an error"] = fmt.Errorf("failed: %v", v).Error()
	if text, err := json.Marshal(v); err == nil {
		texts["json"] = string(text)
	}
	var log bytes.Buffer
	slog.New(slog.NewTextHandler(&log, nil)).Info("x", "v", v)
	slog.New(slog.NewJSONHandler(&log, nil)).Info("x", "v", v)
	texts["log"] = log.String()
	return texts
}

func TestASecretNeverPrints(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	master := k.keeper.master
	secret := master.keys[0].secret
	working, _, err := k.keeper.present(ForCode)
	if err != nil {
		t.Fatal(err)
	}
	type wrapper struct {
		Secret Secret
		hidden Secret
		list   []Secret
	}
	for name, v := range map[string]any{
		"secret": secret, "pointer": &secret, "wrapper": wrapper{secret, secret, []Secret{secret}}, "map": map[string]Secret{"a": secret},
		"master": master, "master key": master.keys[0], "keys": k, "keys, flat": *k, "box": k.Box, "ring": *k.Ring,
		"passwords": k.Passwords, "working key": working, "snapshot": k.keeper.snapshot.Load(),
	} {
		for how, text := range printed(v) {
			for _, spelling := range spellings(secret.reveal()) {
				if strings.Contains(text, spelling) {
					t.Errorf("%s shows itself by %s: %s", name, how, text)
				}
			}
		}
	}
	for how, text := range printed(secret) {
		if how != "%p" && how != "in a field" && !strings.Contains(text, redacted) {
			t.Errorf("%s: %s", how, text)
		}
	}
}

func TestAnOpenSigningKeyNeverPrints(t *testing.T) {
	t.Parallel()
	private, err := newPrivate("EdDSA")
	if err != nil {
		t.Fatal(err)
	}
	key := openPrivateOf(t, "EdDSA", private)
	seed := private.(interface{ Seed() []byte }).Seed()
	for how, text := range printed(published{signingKey: key}) {
		for _, spelling := range spellings(seed) {
			if strings.Contains(text, spelling) {
				t.Errorf("it shows itself by %s: %s", how, text)
			}
		}
	}
}

func TestRandomSecretsAreStoredAsHashes(t *testing.T) {
	t.Parallel()
	text, hash := NewSecret("dws_")
	other, otherHash := NewSecret("dws_")
	if !strings.HasPrefix(text, "dws_") || len(text) != 4+43 || text == other {
		t.Errorf("%d characters: %s", len(text), text[:4])
	}
	if !bytes.Equal(hash, HashSecret(text)) || len(hash) != 32 {
		t.Error("the hash is not that of the text")
	}
	for name, c := range map[string]struct {
		text   string
		hashes [][]byte
		same   bool
	}{
		"right":                   {text, [][]byte{hash}, true},
		"the second":              {text, [][]byte{otherHash, hash}, true},
		"beside an empty one":     {text, [][]byte{nil, hash}, true},
		"twice":                   {text, [][]byte{hash, hash}, true},
		"another":                 {text, [][]byte{otherHash}, false},
		"empty hash":              {text, [][]byte{nil, {}}, false},
		"no hash":                 {text, nil, false},
		"empty text, empty hash":  {"", [][]byte{nil, {}}, false},
		"longer text":             {text + "A", [][]byte{hash}, false},
		"the hash cut off":        {text, [][]byte{hash[:16]}, false},
		"the hash as text":        {string(hash), [][]byte{hash}, false},
		"the text stored as such": {text, [][]byte{[]byte(text)}, false},
	} {
		if same := SameSecret(c.text, c.hashes...); same != c.same {
			t.Errorf("%s: %v", name, same)
		}
	}
}

// The bound of chi-square with nine degrees of freedom is passed by chance once in a million runs.
func TestDigitsAreUniform(t *testing.T) { // EO-13
	t.Parallel()
	const codes, n = 100_000, 6
	var count [n][10]float64
	seen := map[string]bool{}
	for range codes {
		code := NewDigits(n)
		if len(code) != n {
			t.Fatalf("%q has not %d digits", code, n)
		}
		seen[code] = true
		for i := range n {
			count[i][code[i]-'0']++
		}
	}
	for i := range count {
		chi := 0.0
		for _, c := range count[i] {
			chi += (c - codes/10) * (c - codes/10) / (codes / 10)
		}
		if chi > 45 {
			t.Errorf("place %d: chi-square %.1f, %v", i, chi, count[i])
		}
	}
	// Of 10^6 codes 100,000 draws meet 95,163 on average, with a deviation of 67.
	if len(seen) < 94_700 || len(seen) > 95_600 {
		t.Errorf("%d different codes", len(seen))
	}
	for _, n := range []int{0, 1, 8, 40} {
		if code := NewDigits(n); len(code) != n || slices.ContainsFunc([]byte(code), func(c byte) bool { return c < '0' || c > '9' }) {
			t.Errorf("%q are not %d digits", code, n)
		}
	}
}

// What is found in a log or a mail is known by its first characters; the other rooms choose those of their secrets themselves.
func TestNoSecretOfAnotherRoomBeginsLikeASealedValue(t *testing.T) {
	meaning := map[string]string{}
	for _, p := range purposes {
		if p.prefix != "" {
			meaning[p.prefix] = string(p.of)
		}
	}
	var files []string
	for _, depth := range []string{"../*/*.go", "../*/*/*.go"} {
		some, err := filepath.Glob(depth)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, some...)
	}
	made := regexp.MustCompile(`keys\.NewSecret\("([^"]*)"\)`)
	found := 0
	for _, file := range files {
		text, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for _, call := range made.FindAllSubmatch(text, -1) {
			found++
			if other := meaning[string(call[1])]; other != "" {
				t.Errorf("%s: %q begins the sealed text of the purpose %q too", file, call[1], other)
			}
		}
	}
	if found == 0 {
		t.Error("no room makes a secret any more")
	}
}
