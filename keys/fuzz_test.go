package keys

import (
	"bytes"
	"strings"
	"testing"

	"github.com/doorward/doorward/storage/storagetest"
)

// FuzzSealed: of all texts only those open that were made here, for this purpose, in their one spelling.
func FuzzSealed(f *testing.F) {
	k := openKeys(f, storagetest.New(f, nil), nil)
	sealed, stamped := mustSeal(f, k, ForAccess, map[string]string{"g": "grant"}), mustStamp(f, k, ForRefresh, "grant-17")
	row, err := k.Box.SealRow(ForTOTP, []byte("secret"), "anna")
	if err != nil {
		f.Fatal(err)
	}
	mac := k.Box.MAC(ForMailedCode, "attempt", "123456")
	made := []string{sealed, stamped, string(row), string(mac)}
	for _, text := range append(made, "", "dwa_", "dwr_.", "dwr_a.", sealed+"=", sealed+"\n", sealed[:len(sealed)-1], stamped[:40], "dwr_"+sealed[4:], "dwa_"+stamped[4:],
		mustSeal(f, k, ForCode, "x"), "dwa_"+strings.Repeat("A", minSealed), strings.Repeat("dwa_", maxSealed)) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for _, p := range purposes {
			var v map[string]string
			if err := k.Box.Open(p.of, text, &v); err == nil && (text != sealed || p.of != ForAccess) {
				t.Errorf("%q opens as %s", text, p.of)
			}
			if payload, err := k.Box.Unstamp(p.of, text); err == nil && (text != stamped || p.of != ForRefresh || payload != "grant-17") {
				t.Errorf("%q is a stamp of %s for %q", text, p.of, payload)
			}
			if plain, err := k.Box.OpenRow(p.of, []byte(text), "anna"); err == nil && (text != string(row) || p.of != ForTOTP || !bytes.Equal(plain, []byte("secret"))) {
				t.Errorf("%q opens as a row of %s", text, p.of)
			}
			if k.Box.CheckMAC(p.of, []byte(text), "attempt", "123456") && (text != string(mac) || p.of != ForMailedCode) {
				t.Errorf("%q is a MAC of %s", text, p.of)
			}
		}
		if _, err := k.Ring.Verify(text, "JWT"); err == nil {
			t.Errorf("%q is signed", text)
		}
	})
}

// FuzzImportedHash: whatever somebody hands over as a hash is judged, and what is taken asks for no more than the bounds.
func FuzzImportedHash(f *testing.F) {
	for _, c := range foreignHashes {
		f.Add(c.hash)
	}
	f.Add("$argon2id$v=19$m=4294967295,t=4294967295,p=255$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA")
	f.Add("$scrypt$ln=64,r=9223372036854775807,p=3$c2FsdHNhbHQ$c2FsdHNhbHRzYWx0c2FsdA")
	f.Add("pbkdf2_sha256$1$saltsalt$")
	f.Fuzz(func(t *testing.T, text string) {
		h, err := readImported(text)
		if (err == nil) != (h.right != nil) || h.memory < 0 || h.memory > importedMemory {
			t.Errorf("%q: %d KiB, %v", text, h.memory, err)
		}
		if err == nil && !isImported(text) {
			t.Errorf("%q is taken, and not found again", text)
		}
	})
}
