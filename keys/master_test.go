package keys

import (
	"encoding/base64"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// key64 is a master key of 32 bytes n, in base64.
func key64(n byte) string {
	return base64.StdEncoding.EncodeToString([]byte(strings.Repeat(string(rune(n)), 32)))
}

func writeFile(t *testing.T, text string, mode fs.FileMode) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "master.key")
	if err := os.WriteFile(path, []byte(text), mode); err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(path, mode); err != nil { // whatever the umask
		t.Fatal(err)
	}
	return path
}

func TestAMasterKeyFileSaysWhatIsWrongWithIt(t *testing.T) {
	t.Parallel()
	a, b := key64(1), key64(2)
	short := base64.StdEncoding.EncodeToString(make([]byte, 31))
	for name, c := range map[string]struct{ text, says string }{
		"one key":                    {"k1 " + a + " active\n", ""},
		"two keys":                   {"k1 " + a + "\nk2 " + b + " active\n", ""},
		"comments and empty lines":   {"# first\n\n k1\t" + a + "  active # yes\r\n  # last", ""},
		"no final newline":           {"k1 " + a + " active", ""},
		"empty":                      {"", "no key"},
		"comments only":              {"# nothing\n", "no key"},
		"none active":                {"k1 " + a + "\n", "no key is active"},
		"two active":                 {"k1 " + a + " active\nk2 " + b + " active\n", "line 2: k1 is active already"},
		"short":                      {"k1 " + short + " active\n", "line 1: the key has 31 bytes"},
		"long":                       {"k1 " + base64.StdEncoding.EncodeToString(make([]byte, 33)) + " active\n", "33 bytes"},
		"no base64":                  {"k1 " + strings.Repeat("!", 44) + " active\n", "line 1: the key is not base64"},
		"url alphabet":               {"k1 " + strings.Repeat("_", 43) + "= active\n", "not base64"},
		"spare bits":                 {"k1 " + a[:42] + "F= active\n", "not base64"},
		"id alone":                   {"k1\n", "line 1: it must read"},
		"key alone":                  {a + "\n", "line 1: it must read"},
		"the wrong way round":        {a + " k1 active\n", "line 1: the id must be"},
		"another word":               {"k1 " + a + " aktiv\n", "line 1: it must read"},
		"a word too many":            {"k1 " + a + " active active\n", "line 1: it must read"},
		"an id twice":                {"k1 " + a + " active\nk1 " + b + "\n", "line 2: the id k1 stands twice"},
		"a key twice":                {"k1 " + a + " active\nk2 " + a + "\n", "line 2: the key is the same as that of k1"},
		"an id of strange letters":   {"k/1 " + a + " active\n", "the id must be"},
		"an id that is far too long": {strings.Repeat("k", 33) + " " + a + " active\n", "the id must be"},
	} {
		master, err := ReadMaster(writeFile(t, c.text, 0o600))
		if c.says == "" && (err != nil || master.Active() == "") {
			t.Errorf("%s: %q is active, %v", name, master.Active(), err)
		}
		if c.says != "" && (err == nil || !strings.Contains(err.Error(), c.says)) {
			t.Errorf("%s: %v does not say %q", name, err, c.says)
		}
		if err != nil && (strings.Contains(err.Error(), a) || strings.Contains(err.Error(), short)) {
			t.Errorf("%s: the error shows the key", name)
		}
		if _, parsed := ParseMaster(c.text); (parsed == nil) != (err == nil) {
			t.Errorf("%s: the environment says %v, the file %v", name, parsed, err)
		}
	}
}

func TestAMasterKeyFileThatOthersMayReadIsRefused(t *testing.T) {
	t.Parallel()
	for mode, ok := range map[fs.FileMode]bool{
		0o600: true, 0o400: true, 0o700: true, 0o640: false, 0o604: false, 0o644: false, 0o660: false, 0o620: false, 0o601: false,
	} {
		_, err := ReadMaster(writeFile(t, "k1 "+key64(1)+" active\n", mode))
		if ok && err != nil {
			t.Errorf("%04o: %v", mode, err)
		}
		if !ok && (err == nil || !strings.Contains(err.Error(), "0600 or stricter")) {
			t.Errorf("%04o: %v", mode, err)
		}
	}
	if _, err := ReadMaster(t.TempDir()); err == nil {
		t.Error("a directory is a key file")
	}
	if _, err := ReadMaster(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}

func TestAMasterKeyFileIsMadeOnce(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	path := filepath.Join(dir, "master.key")
	var all sync.WaitGroup
	made := make(chan string, 20)
	for range 20 {
		all.Go(func() {
			master, err := CreateMaster(path)
			switch {
			case err == nil:
				made <- master.Active()
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	all.Wait()
	if len(made) != 1 {
		t.Fatalf("it was made %d times", len(made))
	}
	master, err := ReadMaster(path)
	if err != nil || master.Active() != <-made {
		t.Errorf("read again: %q, %v", master.Active(), err)
	}
	info, err := os.Stat(path)
	if err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
	if left, _ := os.ReadDir(dir); len(left) != 1 {
		t.Errorf("other files are left: %v", left)
	}
}

func TestAnAddedMasterKeyIsActiveAndTheOthersStay(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "# of the house\nk1 "+key64(1)+" active # since 2030\nk2 "+key64(2), 0o600)
	master, err := AddMaster(path)
	if err != nil {
		t.Fatal(err)
	}
	if len(master.keys) != 3 || master.active != 2 {
		t.Errorf("%d keys, the active one is number %d", len(master.keys), master.active)
	}
	if again, err := AddMaster(path); err != nil || len(again.keys) != 4 || again.Active() == master.Active() {
		t.Errorf("added again: %v", err)
	}
	text, err := os.ReadFile(path)
	if err != nil || !strings.HasPrefix(string(text), "# of the house\nk1 "+key64(1)+" # since 2030\nk2 "+key64(2)+"\nmk-") {
		t.Errorf("the file was not kept: %v", err)
	}
	if info, err := os.Stat(path); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v, %v", info.Mode(), err)
	}
}

func TestAMasterKeyIsAddedByOneAtATime(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "k1 "+key64(1)+" active\n", 0o600)
	var all sync.WaitGroup
	added := make(chan string, 20)
	for range 20 {
		all.Go(func() {
			master, err := AddMaster(path)
			switch {
			case err == nil:
				added <- master.Active()
			case !errors.Is(err, fs.ErrExist):
				t.Error(err)
			}
		})
	}
	all.Wait()
	close(added)
	master, err := ReadMaster(path)
	if err != nil || len(master.keys) != 1+len(added) {
		t.Fatalf("%d keys after %d were added, %v", len(master.keys), len(added), err)
	}
	for id := range added {
		if master.aead(id) == nil {
			t.Errorf("%s was added and is lost", id)
		}
	}
}

func TestNothingIsAddedToABadMasterKeyFile(t *testing.T) {
	t.Parallel()
	path := writeFile(t, "k1 "+key64(1)+"\n", 0o600)
	if _, err := AddMaster(path); err == nil {
		t.Error("a key was added to a file without an active one")
	}
	if left, _ := os.ReadDir(filepath.Dir(path)); len(left) != 1 {
		t.Errorf("other files are left: %v", left)
	}
	if _, err := AddMaster(filepath.Join(t.TempDir(), "none")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("a missing file: %v", err)
	}
}
