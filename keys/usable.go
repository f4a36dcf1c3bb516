package keys

import (
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/go-jose/go-jose/v4"
)

// CheckSet judges what storage cannot: whether anything can ever be verified by a JSON Web Key Set (jwks of RFC 7591 §2), and by the
// algorithms that its owner is bound to; "" is none. Without a set nothing is judged. *storage.Invalid.
func CheckSet(jwks []byte, bound ...string) error {
	if len(jwks) == 0 {
		return nil
	}
	ours := make([]string, len(algorithms))
	for i, alg := range algorithms {
		ours[i] = string(alg)
	}
	if !usable(jwks, ours) {
		last := len(ours) - 1
		return &storage.Invalid{Field: "jwks", Why: "holds no key for " + strings.Join(ours[:last], ", ") + " or " + ours[last]}
	}
	for _, alg := range bound {
		if alg != "" && !usable(jwks, []string{alg}) {
			return &storage.Invalid{Field: "jwks", Why: "holds no key for " + alg}
		}
	}
	return nil
}

// usable says whether one of the keys of a JSON Web Key Set can verify by one of the algorithms.
func usable(jwks []byte, algs []string) bool {
	set, err := parseSet(jwks)
	return err == nil && slices.ContainsFunc(set, func(k jose.JSONWebKey) bool {
		return slices.ContainsFunc(algs, func(alg string) bool { return serves(k, alg) })
	})
}
