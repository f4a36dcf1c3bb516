package keys

import (
	"bytes"
	"testing"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/storage/storagetest"
)

func mustSealRow(t testing.TB, k *Keys, p Purpose, about string) []byte {
	t.Helper()
	sealed, err := k.Box.SealRow(p, []byte("JBSWY3DPEHPK3PXP"), about)
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// mustOpenRow opens what mustSealRow has sealed.
func mustOpenRow(t testing.TB, k *Keys, p Purpose, sealed []byte, about string) {
	t.Helper()
	plain, err := k.Box.OpenRow(p, sealed, about)
	if err != nil || string(plain) != "JBSWY3DPEHPK3PXP" {
		t.Errorf("%q, %v", plain, err)
	}
}

func TestASealedRowOpensForItsPurposeAndItsPlaceAlone(t *testing.T) {
	t.Parallel()
	k := openKeys(t, storagetest.New(t, nil), nil)
	sealed := mustSealRow(t, k, ForTOTP, "anna/phone")
	mustOpenRow(t, k, ForTOTP, sealed, "anna/phone")
	if bytes.Contains(sealed, []byte("JBSWY3DP")) || bytes.Equal(sealed, mustSealRow(t, k, ForTOTP, "anna/phone")) {
		t.Error("it shows what is in it")
	}
	for _, about := range []string{"ben/phone", "anna/tablet", "", "anna/phone "} {
		_, err := k.Box.OpenRow(ForTOTP, sealed, about)
		mustRefuse(t, "about "+about, err)
	}
	for _, p := range append([]Purpose{"", "unknown"}, ForRecovery, ForSigning, ForAttempt) {
		_, err := k.Box.OpenRow(p, sealed, "anna/phone")
		mustRefuse(t, "as "+string(p), err)
	}
	for i := range sealed {
		_, err := k.Box.OpenRow(ForTOTP, sealed[:i], "anna/phone")
		mustRefuse(t, "cut", err)
		altered := bytes.Clone(sealed)
		altered[i] ^= 1
		_, err = k.Box.OpenRow(ForTOTP, altered, "anna/phone")
		mustRefuse(t, "altered", err)
	}
	if _, err := k.Box.SealRow("unknown", nil, ""); err == nil {
		t.Error("a purpose without a key sealed a row")
	}
}

// TP-01, EO-16: secrets of authenticators and MACs of recovery codes are good for years; what happens to keys meanwhile
// must not cost anybody their second factor.
func TestASealedRowAndARecoveryMACOutliveEpochNewKeysAndNewMasterKey(t *testing.T) {
	t.Parallel()
	storagetest.Each(t, func(t *testing.T, db *storage.DB) {
		old := "old " + key64(1)
		both := old + "\nnew " + key64(2) + " active\n"
		a := openUnder(t, db, masterOf(t, old+" active\n"), nil)
		sealed, mac := mustSealRow(t, a, ForTOTP, "anna/phone"), a.Box.MAC(ForRecovery, "anna", "code")
		if _, err := db.RaiseEpoch(t.Context(), event()); err != nil {
			t.Fatal(err)
		}
		for _, p := range []Purpose{ForTOTP, ForRecovery} {
			if err := a.keeper.makeWorkingKey(t.Context(), p, 2); err != nil {
				t.Fatal(err)
			}
		}
		a = openUnder(t, db, masterOf(t, both), nil)
		if n, err := Rewrap(t.Context(), db, masterOf(t, both), event()); err != nil || n == 0 {
			t.Fatalf("%d, %v", n, err)
		}
		if err := a.Rotate(t.Context(), true, event()); err != nil {
			t.Fatal(err)
		}
		if _, err := db.Sweep(t.Context()); err != nil {
			t.Fatal(err)
		}
		after := openUnder(t, db, masterOf(t, "new "+key64(2)+" active\n"), nil)
		for _, k := range []*Keys{a, after} {
			mustOpenRow(t, k, ForTOTP, sealed, "anna/phone")
			if !k.Box.CheckMAC(ForRecovery, mac, "anna", "code") {
				t.Error("the recovery code is good no more")
			}
		}
		fresh := mustSealRow(t, after, ForTOTP, "anna/phone")
		if bytes.Equal(fresh[:4], sealed[:4]) {
			t.Error("the former key seals what is new")
		}
		mustOpenRow(t, a, ForTOTP, fresh, "anna/phone") // by the key of another node
	})
}
