package keys

// RFC 7517 §4.7, §5: key sets are as large as their owners make them.

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"math/big"
	"strings"
	"testing"
	"time"

	"github.com/go-jose/go-jose/v4"
)

// members is the one key that an issuer shows, as JSON has it.
func (i *issuer) members() map[string]any {
	i.t.Helper()
	text, err := json.Marshal(i.shown.(jose.JSONWebKeySet).Keys[0])
	if err != nil {
		i.t.Fatal(err)
	}
	var members map[string]any
	if err := json.Unmarshal(text, &members); err != nil {
		i.t.Fatal(err)
	}
	return members
}

func TestASetThatIsLargerThanAnybodyNeedsIsNone(t *testing.T) {
	keys := func(n int) []any {
		all := make([]any, n)
		for k := range all {
			all[k] = map[string]string{"kty": "new"}
		}
		return all
	}
	for what, c := range map[string]struct {
		others []any
		beside string
		taken  bool
	}{
		"fifty keys":      {keys(49), "", true},
		"fifty-one":       {keys(50), "", false},
		"thousands":       {keys(4000), "", false},
		"nearly 64 KiB":   {nil, strings.Repeat("x", 63<<10), true},
		"more than that":  {nil, strings.Repeat("x", 64<<10), false},
		"no key among it": {[]any{"words", 1, nil, []any{}}, "", true},
	} {
		i := newIssuer(t)
		key := i.shows("a")
		i.shown = map[string]any{"keys": append(c.others, i.members()), "beside": c.beside}
		i.wants(what, i.believes("a", key) == c.taken, 1)
	}
}

func TestCertificatesOfAKeyAreNotRead(t *testing.T) {
	other, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour)}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &other.PublicKey, other)
	if err != nil {
		t.Fatal(err)
	}
	for what, beside := range map[string]map[string]any{
		"one of another key": {"x5c": []string{base64.StdEncoding.EncodeToString(der)}},
		"none":               {"x5c": []string{"!"}, "x5t": "!", "x5t#S256": "!", "x5u": "://"},
		"of another shape":   {"x5c": 1, "x5t": []int{1}},
	} {
		i := newIssuer(t)
		key := i.shows("a")
		members := i.members()
		for name, value := range beside {
			members[name] = value
		}
		i.shown = map[string]any{"keys": []any{members}}
		i.wants(what, i.believes("a", key), 1)
		if k := i.keys.keys[0]; len(k.Certificates) > 0 || k.CertificatesURL != nil {
			t.Errorf("%s: kept with %v", what, k)
		}
	}
}
