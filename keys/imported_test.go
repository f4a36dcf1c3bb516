package keys

import (
	"encoding/base64"
	"encoding/hex"
	"errors"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/doorward/doorward/storage/storagetest"
)

const elsewhere = "correct horse bättery staple"

// foreignHashes are of programs that nobody here wrote, and of the formats' own documents.
var foreignHashes = []struct{ made, password, hash string }{
	{"passlib, bcrypt 2a", elsewhere, "$2a$04$pvC/d1dj.U4q9sSO4p.ra..9aqtoApWcRnrSTpCIHmGiM94rqoBDm"},
	{"passlib, bcrypt 2b", elsewhere, "$2b$04$hBWbh6VIMnvJGaVDM1lbIOqcspe.NM2VUq6E/Jp4c1G5wtGm7zIrm"},
	{"htpasswd, bcrypt 2y", elsewhere, "$2y$04$SSSSt4i3EU.oTDqFXrUES.3NjtXWq/eKaxWowfPyxG58XBmSbtQ7q"},
	{"libxcrypt, bcrypt 2b", elsewhere, "$2b$05$abcdefghijklmnopqrstuuTPQLb2ZGM2VEnHaBiqQ7Ib5.JdaUPLG"},
	{"argon2's own tests, argon2id", "password", "$argon2id$v=19$m=256,t=2,p=1$c29tZXNhbHQ$nf65EOgLrQMR/uIPnA4rEsF5h7TKyQwu9U1bMCHGi/4"},
	{"argon2's own tests, argon2i", "password", "$argon2i$v=19$m=256,t=2,p=1$c29tZXNhbHQ$iekCn0Y3spW+sCcFanM2xBT63UP2sghkUoHLIUpWRS8"},
	{"passlib, argon2id", elsewhere, "$argon2id$v=19$m=256,t=2,p=2$4dz7H4NQqvV+b22NMaa0Fg$wuY8WgAbOIKIfc0FEfwS/rL+eJ9bnBcKtifAaJ+ZjmA"},
	{"passlib, argon2i", elsewhere, "$argon2i$v=19$m=256,t=2,p=1$P0eolXLuvZfSuneudU6J8Q$oHwevBDaE7/C7foRkDpGo/LV1c/66zeHXkLE7nTk3vo"},
	{"argon2-cffi, a short sum", elsewhere, "$argon2id$v=19$m=64,t=3,p=4$uU5+Epg2vxg$tI2A26vgljx8p8eb2q5aHA"},
	{"RFC 7914 §12", "pleaseletmein", "$scrypt$ln=14,r=8,p=1$U29kaXVtQ2hsb3JpZGU$" + rfc7914},
	{"passlib, scrypt", elsewhere, "$scrypt$ln=4,r=8,p=1$+V+LEWKM8b6XkvLeO0coxQ$IajnB6oYJwYlcDSpWMNGIIlvqIw8vZoayEstDeMaRZU"},
	{"Python's hashlib, scrypt", elsewhere, "$scrypt$ln=4,r=8,p=2$c2FsdHNhbHRzYWx0c2FsdA$3KHddTPaNaLIm/lsPC1Wfc9pWLweBvzp3pOUUQ/Ys6MOU/L6fMRJll0QL6PDaQX1pYCYwgCPZqTHicWQ7SUXLg"},
	{"passlib's document", "toomanysecrets", "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPQ$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk"},
	{"passlib's document, with unused bits", "toomanysecrets", "$pbkdf2-sha256$29000$N2YMIWQsBWBMae09x1jrPf$1t8iyB2A.WF/Z5JZv.lfCIhXXN33N23OSgQYThBYRfk"},
	{"passlib, pbkdf2-sha512", elsewhere, "$pbkdf2-sha512$1000$fC8lpJRSqrX2PgfAWIsxRg$dwU.kHd9zImuuFceFGmEe9vo1fyGn3LBQ9C6mYOu61HVBPr5SE0Ptvx5IkyKPNE4oCLtLKI.4aJQBrhHnZX7kQ"},
	{"Python's hashlib, as PHC", elsewhere, "$pbkdf2-sha256$i=1000,l=32$c2FsdHNhbHRzYWx0c2FsdA$PhteMrdPKL2ePoK07PC1tgiBm9x4TbLuDXMYK42kPkI"},
	{"passlib, Django", elsewhere, "pbkdf2_sha256$1000$XKnGLbgpNNL6$HaaeHR0ziLwndG6lsagumJUsLAd0h1IZTL4dQviI38M="},
	{"Python's hashlib, as Django's", elsewhere, "pbkdf2_sha512$1000$kY3mVn0pQw7a$cP6G++1x2R2M0ZK4v3cTgeGUZ9xP+Gh+l9DXLw7dV1lVc1R2ojpbhAwkruUUsAuGjJ33Av6mVx3dbKXgBi3rWg=="},
}

var rfc7914 = func() string {
	sum, err := hex.DecodeString("7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887")
	if err != nil {
		panic(err)
	}
	return base64.RawStdEncoding.EncodeToString(sum)
}()

func mustImport(t testing.TB, p *Passwords, text string) string {
	t.Helper()
	stored, err := p.Import(text)
	if err != nil {
		t.Fatalf("%s: %v", text, err)
	}
	return stored
}

func TestAHashOfAnotherSystemIsRightAndIsMadeAnew(t *testing.T) {
	t.Parallel()
	p := openPasswords(t, storagetest.New(t, nil), quick())
	for _, c := range foreignHashes {
		if err := ImportedHash(c.hash); err != nil {
			t.Errorf("%s: %v", c.made, err)
			continue
		}
		stored := mustImport(t, p, c.hash)
		for _, hash := range []string{c.hash, stored} { // as it was given, and as it rests
			for password, want := range map[string]bool{c.password: true, c.password + " ": false, c.password[1:]: false, strings.ToUpper(c.password): false, "": false} {
				if right, stale, err := p.Check(t.Context(), hash, password); right != want || stale != want || err != nil {
					t.Errorf("%s, %q: %v, %v, %v", c.made, password, right, stale, err)
				}
			}
		}
		if part := c.hash[len(c.hash)-16:]; strings.Contains(stored, part) || stored == mustImport(t, p, c.hash) {
			t.Errorf("%s: a copy of the database shows the hash: %s", c.made, stored)
		}
	}
	if len(Known()) != len(importedKinds) || len(Known()) == 0 {
		t.Error(Known())
	}
}

func TestASealedImportOpensUnalteredAndUnderItsKeyAlone(t *testing.T) {
	t.Parallel()
	p, other := openPasswords(t, storagetest.New(t, nil), quick()), openPasswords(t, storagetest.New(t, nil), quick())
	stored := mustImport(t, p, foreignHashes[0].hash)
	for name, c := range map[string]struct {
		p      *Passwords
		stored string
	}{
		"another installation": {other, stored},
		"cut":                  {p, stored[:len(stored)-1]},
		"longer":               {p, stored + "A"},
		"no box":               {p, sealedImport},
		"a hash in its place":  {p, sealedImport + foreignHashes[0].hash},
		"altered":              {p, strings.Replace(stored, stored[20:24], "AAAA", 1)},
	} {
		if right, stale, err := c.p.Check(t.Context(), c.stored, elsewhere); right || stale || err == nil {
			t.Errorf("%s: %v, %v, %v", name, right, stale, err)
		}
	}
	if err := p.keeper.makeWorkingKey(t.Context(), ForPepper, 2); err != nil {
		t.Fatal(err)
	}
	if err := p.keeper.refresh(t.Context()); err != nil {
		t.Fatal(err)
	}
	if right, _, err := p.Check(t.Context(), stored, elsewhere); !right || err != nil {
		t.Errorf("under a former key: %v, %v", right, err)
	}
}

// PR-13's trap: bcrypt reads 72 bytes and no NUL. What it does not tell apart is wrong.
func TestNothingPassesByItsFirst72BytesNorByANUL(t *testing.T) {
	t.Parallel()
	p := openPasswords(t, storagetest.New(t, nil), quick())
	x := strings.Repeat("x", 73)
	const (
		of80x = "$2b$04$U98FapsNhtV67J46sRkgt.x.YKJ/1xSlykjKEKMFkx2ksxX5i2IsK" // passlib, of 80 times x: it cuts
		ofA   = "$2b$04$XxkSngySCB0ISK7d.XUXlelWr3gJmvZ2eQpV6Gylphu5iDd3DDizS"
		ofNo  = "$2b$04$fe6vm8/HESS6j70nLXsDo.F5U9qkEXJWrb60EBkHF4ni7i9wcJ01C"
	)
	for name, c := range map[string]struct {
		hash, password string
		right          bool
	}{
		"72 bytes":               {of80x, x[:72], true},
		"what was cut there":     {of80x, strings.Repeat("x", 80), false},
		"one byte more":          {of80x, x, false},
		"another one more":       {of80x, x[:72] + "y", false},
		"one byte less":          {of80x, x[:71], false},
		"72, with a NUL":         {of80x, x[:71] + "\x00", false},
		"a":                      {ofA, "a", true},
		"a and a NUL":            {ofA, "a\x00", false},
		"a, NUL, a":              {ofA, "a\x00a", false},
		"a NUL, more than 72":    {ofA, strings.Repeat("a\x00", 40), false},
		"nothing":                {ofNo, "", false},
		"nothing but a NUL":      {ofNo, "\x00", false},
		"24 letters of 3 bytes":  {ofNo, strings.Repeat("€", 24), false},
		"longer than is checked": {of80x, strings.Repeat("x", maxPassword+1), false},
	} {
		if right, stale, err := p.Check(t.Context(), c.hash, c.password); right != c.right || stale != c.right || err != nil {
			t.Errorf("%s: %v, %v, %v", name, right, stale, err)
		}
	}
}

func TestAHashOfAnotherSystemIsJudgedInClearWords(t *testing.T) {
	t.Parallel()
	p := openPasswords(t, storagetest.New(t, nil), quick())
	bcrypt, salted := foreignHashes[1].hash, "$c2FsdHNhbHRzYWx0c2FsdA$PhteMrdPKL2ePoK07PC1tgiBm9x4TbLuDXMYK42kPkI"
	for text, want := range map[string]error{
		"":                                   ErrHashMalformed,
		" " + bcrypt:                         ErrHashMalformed,
		bcrypt + "\n":                        ErrHashMalformed,
		bcrypt + "\x00":                      ErrHashMalformed,
		bcrypt + "ä":                         ErrHashMalformed,
		"correcthorse":                       ErrHashUnknown,
		"{bcrypt}" + "$2":                    ErrHashUnknown,
		"5f4dcc3b5aa765d61d8327deb882cf99":   ErrHashUnknown, // MD5
		"$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/": ErrHashUnknown,
		"$6$saltsalt$qFmFH.bQmmtXzyBY0s9v7Oicd2z4XSIecDzlB5KiA2": ErrHashUnknown, // crypt's SHA-512
		"$2x" + bcrypt[3:]:                                                    ErrHashUnknown,
		"$pbkdf2$1000" + salted:                                               ErrHashUnknown, // SHA-1
		"$argon2d$v=19$m=256,t=1,p=1" + salted:                                ErrHashUnknown,
		bcrypt[:59]:                                                           ErrHashMalformed,
		bcrypt + "a":                                                          ErrHashMalformed,
		strings.Replace(bcrypt, "$04$", "$4$", 1):                             ErrHashMalformed,
		strings.Replace(bcrypt, "$04$", "$03$", 1):                            ErrHashMalformed,
		strings.Replace(bcrypt, "$04$", "$15$", 1):                            ErrHashCost,
		strings.Replace(bcrypt, "$04$", "$31$", 1):                            ErrHashCost,
		"$argon2id$m=256,t=2,p=1" + salted:                                    ErrHashMalformed, // version 16 is not written
		"$argon2id$v=16$m=256,t=2,p=1" + salted:                               ErrHashMalformed,
		"$argon2id$v=19$m=256,t=2,p=1,data=AAAA" + salted:                     ErrHashMalformed,
		"$argon2id$v=19$m=256,t=2,p=1,keyid=00000000" + salted:                ErrHashMalformed, // another installation's
		"$argon2id$v=19$t=2,m=256,p=1" + salted:                               ErrHashMalformed,
		"$argon2id$v=19$m=+256,t=2,p=1" + salted:                              ErrHashMalformed,
		"$argon2id$v=19$m=262145,t=1,p=1" + salted:                            ErrHashCost,
		"$argon2id$v=19$m=262144,t=5,p=1" + salted:                            ErrHashCost,
		"$argon2id$v=19$m=4294967295,t=4294967295,p=1" + salted:               ErrHashCost,
		"$argon2id$v=19$m=256,t=21,p=1" + salted:                              ErrHashCost,
		"$argon2id$v=19$m=256,t=1,p=17" + salted:                              ErrHashCost,
		"$argon2id$v=19$m=256,t=1,p=0" + salted:                               ErrHashCost,
		"$argon2id$v=19$m=256,t=1,p=1$c2FsdA$" + salted[24:]:                  ErrHashMalformed,
		"$argon2id$v=19$m=256,t=1,p=1" + salted[:30]:                          ErrHashMalformed,
		"$scrypt$ln=18,r=9,p=1" + salted:                                      ErrHashCost,
		"$scrypt$ln=17,r=8,p=3" + salted:                                      ErrHashCost,
		"$scrypt$ln=63,r=8,p=1" + salted:                                      ErrHashCost,
		"$scrypt$ln=1,r=18446744073709551615,p=2" + salted:                    ErrHashCost,
		"$scrypt$ln=0,r=8,p=1" + salted:                                       ErrHashCost,
		"$scrypt$ln=16,r=8,p=01" + salted:                                     ErrHashMalformed,
		"$scrypt$16384$8$1" + salted:                                          ErrHashMalformed,
		"$pbkdf2-sha256$3000001" + salted:                                     ErrHashCost,
		"$pbkdf2-sha512$1000001" + salted:                                     ErrHashCost,
		"$pbkdf2-sha512$99999999999999999999" + salted:                        ErrHashMalformed,
		"$pbkdf2-sha256$0" + salted:                                           ErrHashMalformed,
		"$pbkdf2-sha256$-1" + salted:                                          ErrHashMalformed,
		"$pbkdf2-sha256$i=1000,l=31" + salted:                                 ErrHashMalformed,
		"$pbkdf2-sha256$1000$c2FsdHNhbHQ$" + rfc7914:                          ErrHashMalformed, // twice its digest
		"pbkdf2_sha256$1000$short$HaaeHR0ziLwndG6lsagumJUsLAd0h1IZTL4dQviI3=": ErrHashMalformed,
		"pbkdf2_sha256$3000001" + salted + "=":                                ErrHashCost,
		"pbkdf2_sha256$1000" + salted:                                         ErrHashMalformed, // its base64 is padded
		"$scrypt$" + strings.Repeat("A", maxImported):                         ErrHashMalformed,
	} {
		err := ImportedHash(text)
		if !errors.Is(err, want) || len(err.Error()) < len(want.Error())+8 {
			t.Errorf("%q: %v, want %v", text, err, want)
		}
		if part := strings.Split(text, "$"); err != nil && len(part[len(part)-1]) > 8 && strings.Contains(err.Error(), part[len(part)-1]) {
			t.Errorf("it repeats the hash: %v", err)
		}
		if stored, err := p.Import(text); err == nil || stored != "" {
			t.Errorf("%q was imported", text)
		}
	}
}

func TestHashesOfOtherSystemsWaitInTheSameQueue(t *testing.T) {
	t.Parallel()
	o := quick()
	o.Slots, o.Queue, o.Wait = 1, 2, time.Millisecond
	p := openPasswords(t, storagetest.New(t, nil), o)
	if err := p.queue.enter(t.Context()); err != nil { // somebody hashes, and takes long
		t.Fatal(err)
	}
	for _, c := range foreignHashes {
		if right, stale, err := p.Check(t.Context(), mustImport(t, p, c.hash), c.password); right || stale || !errors.Is(err, ErrBusy) {
			t.Errorf("%s beside another hash: %v, %v, %v", c.made, right, stale, err)
		}
	}
	p.queue.leave()
	if !p.queue.memory.TryAcquire(importedMemory) || p.queue.here.Load() != 0 {
		t.Error("who was refused keeps a place or memory")
	}
}

// Four hashes of 64 MiB are computed at once, and a fifth waits, without a slot: whoever has a hash of our own goes past it.
func TestHashesOfOtherSystemsShareTheirMemory(t *testing.T) {
	t.Parallel()
	synctest.Test(t, func(t *testing.T) {
		q := newQueue(PasswordOptions{Slots: 8, Queue: 8, Wait: time.Minute})
		for range 4 {
			if err := q.enterWith(t.Context(), 64<<10); err != nil {
				t.Fatal(err)
			}
		}
		fifth := make(chan error)
		go func() { fifth <- q.enterWith(t.Context(), 64<<10) }()
		synctest.Wait()
		for range 4 {
			if err := q.enter(t.Context()); err != nil {
				t.Fatal(err)
			}
		}
		select {
		case err := <-fifth:
			t.Fatal("the fifth did not wait", err)
		default:
		}
		q.leave()
		q.leaveWith(64 << 10)
		if err := <-fifth; err != nil {
			t.Error(err)
		}
		for range 3 {
			q.leave()
		}
		for range 4 {
			q.leaveWith(64 << 10)
		}
		if !q.memory.TryAcquire(importedMemory) || !q.slots.TryAcquire(8) || q.here.Load() != 0 {
			t.Error("a slot, a place or memory is lost")
		}
	})
}
