package main

import (
	"strings"
	"testing"
)

func TestAPasswordHashIsNeitherCheapNorEndless(t *testing.T) {
	const bounds = "must be at least 7168, and times login.argon2.time at least 35840; less is for an issuer on this machine only"
	for text, want := range map[string]string{
		"{memory_kib: 7167, time: 20}":            "login.argon2.memory_kib: " + bounds,
		"{memory_kib: 7168, time: 4}":             "login.argon2.memory_kib: " + bounds,
		"{memory_kib: 19456, time: 1}":            "login.argon2.memory_kib: " + bounds,
		"{memory_kib: 1048577}":                   "login.argon2.memory_kib: must be 8 to 1048576",
		"{memory_kib: -1}":                        "login.argon2.memory_kib: must be 8 to 1048576",
		"{time: 0}":                               "login.argon2.time: must be 1 to 20",
		"{time: 21}":                              "login.argon2.time: must be 1 to 20",
		"{threads: 17}":                           "login.argon2.threads: must be 1 to 16",
		"{memory_kib: 100, time: 20, threads: 0}": "login.argon2.threads: must be 1 to 16",
		"{memory_kib: much}":                      `login.argon2.memory_kib: must be a number, not "much"`,
	} {
		got := faultsOf(t, write(t, minimal+"login: {argon2: "+text+"}\n", nil))
		if len(got) != 1 || got[0] != "config.yaml:2: "+want {
			t.Errorf("%s: got %q, want %q", text, got, want)
		}
	}
	for _, good := range []string{"{memory_kib: 7168, time: 5}", "{memory_kib: 65536, time: 3, threads: 4}", "{memory_kib: 47104, time: 1}"} {
		if _, err := loadConfig(write(t, minimal+"login: {argon2: "+good+"}\n", nil), nil); err != nil {
			t.Errorf("%s: %v", good, err)
		}
	}
}

func TestACheapPasswordHashIsForThisMachineOnly(t *testing.T) {
	const cheap = "login: {argon2: {memory_kib: 64, time: 1}}\n"
	got, err := loadConfig(write(t, "issuer: http://127.0.0.1:8080\n"+cheap, nil), nil)
	if err != nil {
		t.Fatal(err)
	}
	if o := got.Login.Argon2.options(); o.MemoryKiB != 64 || o.Time != 1 || o.Threads != 1 {
		t.Errorf("the key room gets %+v", o)
	}
	if found := faultsOf(t, write(t, "issuer: https://localhost.example.com\n"+cheap, nil)); !strings.Contains(found[0], "only") {
		t.Errorf("got %q", found)
	}
}

func TestTheConfiguredHashIsTheOneThatIsStored(t *testing.T) {
	h := testHouse(t, write(t, strings.Replace(freely, "login: {", "login: {argon2: {memory_kib: 64, time: 1}, ", 1), nil))
	hash, err := h.keys.Passwords.Hash(t.Context(), "a person of this test")
	if err != nil {
		t.Fatal(err)
	}
	if !strings.Contains(hash, "$m=64,t=1,p=1,") {
		t.Errorf("got %q", hash)
	}
}
