package keys

import (
	"context"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage/storagetest"
)

// usual is about as large as an authorization code's content.
var usual = map[string]any{
	"i": "3d6f2cqk5u7x4m1w8e9r0t2y4u", "c": "demo", "u": "7h2k9d0s4g6j8l1z3x5c7v9b2n", "s": "1q3w5e7r9t2y4u6i8o0p1a3s5d",
	"o": []string{"openid", "profile", "email", "offline_access"}, "n": "n-0S6_WzA2Mj-9dKf8s7d6f5", "a": 1700000000,
	"p": "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM", "d": "3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w3q2+7w0=",
	"x": "urn:doorward:2fa", "m": []string{"pwd", "otp"}, "t": 1700000000000000, "e": 1700000060,
}

func benchKeys(b *testing.B) *Keys {
	b.Helper()
	return openKeys(b, storagetest.New(b, nil), nil)
}

func BenchmarkSeal(b *testing.B) {
	k := benchKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Box.Seal(ForCode, usual); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkOpen(b *testing.B) {
	k := benchKeys(b)
	text := mustSeal(b, k, ForCode, usual)
	b.ReportAllocs()
	for b.Loop() {
		var v struct {
			I, C, U, S, N, P, X string
			O, M                []string
			D                   []byte
			A, T, E             int64
		}
		if err := k.Box.Open(ForCode, text, &v); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkOpenForgery refuses what a flood would send: nonsense, the form with an unknown key, and a good value altered.
func BenchmarkOpenForgery(b *testing.B) {
	k := benchKeys(b)
	text := mustSeal(b, k, ForCode, usual)
	for name, forged := range map[string]string{
		"nonsense": strings.Repeat("x", len(text)),
		"alphabet": text[:len(text)/2] + "=" + text[len(text)/2+1:],
		"key":      text[:6] + flip(text[6]) + text[7:],
		"altered":  text[:80] + flip(text[80]) + text[81:],
	} {
		b.Run(name, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				var v struct{}
				if err := k.Box.Open(ForCode, forged, &v); err != ErrRefused {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkStamp(b *testing.B) {
	k := benchKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Box.Stamp(ForRefresh, "3d6f2cqk5u7x4m1w8e9r0t2y4u-17"); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkUnstamp(b *testing.B) {
	k := benchKeys(b)
	text, err := k.Box.Stamp(ForRefresh, "3d6f2cqk5u7x4m1w8e9r0t2y4u-17")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.Box.Unstamp(ForRefresh, text); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkSign(b *testing.B) {
	k := benchKeys(b)
	for _, alg := range k.Ring.Algorithms() {
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Ring.Sign(alg, "JWT", usual); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkVerify(b *testing.B) {
	k := benchKeys(b)
	for _, alg := range k.Ring.Algorithms() {
		token := mustSign(b, k, alg, "JWT")
		b.Run(alg, func(b *testing.B) {
			b.ReportAllocs()
			for b.Loop() {
				if _, err := k.Ring.Verify(token, "JWT"); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkJWKS(b *testing.B) {
	k := benchKeys(b)
	b.ReportAllocs()
	for b.Loop() {
		if body, _ := k.Ring.JWKS(); len(body) == 0 {
			b.Fatal("empty")
		}
	}
}

func BenchmarkNewSigningKey(b *testing.B) {
	k := benchKeys(b)
	under, _, _ := k.keeper.present(ForSigning)
	for _, alg := range k.Ring.Algorithms() {
		b.Run(alg, func(b *testing.B) {
			for b.Loop() {
				if _, err := newSigningKey(alg, under); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}

func BenchmarkPassword(b *testing.B) {
	k, err := Open(context.Background(), storagetest.New(b, nil), testMaster(b), Options{})
	if err != nil {
		b.Fatal(err)
	}
	hash, err := k.Passwords.Hash(b.Context(), "correct horse battery staple")
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for b.Loop() {
		if right, _, err := k.Passwords.Check(b.Context(), hash, "correct horse battery staple"); !right || err != nil {
			b.Fatal(right, err)
		}
	}
}
