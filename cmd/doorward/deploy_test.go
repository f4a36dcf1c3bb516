package main_test

import (
	"debug/elf"
	"encoding/json"
	"io/fs"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
)

// TestTheUnitIsUnderstoodAndConfines: systemd knows every line of deploy/doorward.service, and finds little left to confine.
func TestTheUnitIsUnderstoodAndConfines(t *testing.T) {
	t.Parallel()
	_, err := exec.LookPath("systemd-analyze")
	needs(t, err != nil, "systemd-analyze")
	unit := filepath.Join(readable(t), "doorward.service")
	text := example(t, filepath.Join(root, "deploy", "doorward.service"), map[string]string{"/usr/local/bin/doorward": "/bin/true"})
	if err := os.WriteFile(unit, []byte(text), 0o644); err != nil { //nolint:gosec // a unit is for all to read
		t.Fatal(err)
	}
	if out, err := exec.Command("systemd-analyze", "verify", "--man=no", unit).CombinedOutput(); err != nil || len(out) > 0 {
		t.Errorf("systemd-analyze verify: %v\n%s", err, out) // what it does not know it only warns of
	}
	if out, err := exec.Command("systemd-analyze", "security", "--offline=true", "--no-pager", "--threshold=20", unit).CombinedOutput(); err != nil {
		t.Errorf("systemd-analyze security: %v\n%s", err, out)
	}
}

// TestTheContainersBinaryRunsAlone does what deploy/Containerfile does, without a container engine: it builds by the same command, and
// runs the binary by the same command line as the same user in a root where there is nothing else and nothing but /data can
// be written.
func TestTheContainersBinaryRunsAlone(t *testing.T) {
	t.Parallel()
	needs(t, os.Getuid() != 0, "root, who alone may run a program in another root")
	c := readContainerfile(t)
	house := readable(t)
	binary := filepath.Join(house, "doorward")
	cmd := exec.Command("sh", "-c", strings.Replace(c.build, "-o /doorward ", "-o "+binary+" ", 1))
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("%s: %v\n%s", c.build, err, out)
	}
	wantStatic(t, binary)

	port := freePort(t)
	furnish(t, house, c.user, "issuer: http://localhost:"+port+"\n")
	cmd = exec.Command("/doorward", c.args...)
	cmd.Env = append(c.env, "DOORWARD_LISTEN=127.0.0.1:"+port)
	cmd.Dir = "/"
	cmd.SysProcAttr = &syscall.SysProcAttr{
		Chroot: house, Pdeathsig: syscall.SIGKILL, Credential: &syscall.Credential{Uid: c.user, Gid: c.user},
	}
	p := launch(t, cmd)
	p.until("the binary to be ready", func() bool {
		response, err := http.Get("http://127.0.0.1:" + port + "/readyz")
		if err != nil {
			return false
		}
		response.Body.Close()
		return response.StatusCode == http.StatusOK
	})
	p.stop()
	wantFiles(t, house, "/data/doorward.db", "/data/master.key")
}

// containerfile is what deploy/Containerfile says.
type containerfile struct {
	build string   // the command that builds the binary
	env   []string // without DOORWARD_LISTEN
	args  []string
	user  uint32
}

func readContainerfile(t *testing.T) containerfile {
	t.Helper()
	text := read(t, "deploy/Containerfile")
	line := func(begins string) string {
		found := regexp.MustCompile(`(?m)^` + regexp.QuoteMeta(begins) + `(.*)$`).FindStringSubmatch(text)
		if found == nil {
			t.Fatalf("the Containerfile has no line %q", begins)
		}
		return found[1]
	}
	c := containerfile{build: "CGO_ENABLED=0 go build " + line("RUN CGO_ENABLED=0 go build ")}
	for _, setting := range strings.Fields(line("ENV ")) {
		if !strings.HasPrefix(setting, "DOORWARD_LISTEN=") {
			c.env = append(c.env, setting)
		}
	}
	if err := json.Unmarshal([]byte(line("CMD ")), &c.args); err != nil {
		t.Fatal(err)
	}
	user, err := strconv.ParseUint(strings.Split(line("USER "), ":")[0], 10, 32)
	if err != nil || user == 0 {
		t.Fatalf("the user is %d, %v", user, err)
	}
	c.user = uint32(user)
	return c
}

// wantStatic wants a binary that needs no other file to start.
func wantStatic(t *testing.T, binary string) {
	t.Helper()
	file, err := elf.Open(binary)
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	for _, part := range file.Progs {
		if part.Type == elf.PT_INTERP || part.Type == elf.PT_DYNAMIC {
			t.Errorf("the binary is not static: it has %v", part.Type)
		}
	}
}

// furnish lays what a container has besides the binary: the mounted configuration, and the volume.
func furnish(t *testing.T, house string, user uint32, configuration string) {
	t.Helper()
	for _, folder := range []string{"etc/doorward", "data"} {
		if err := os.MkdirAll(filepath.Join(house, folder), 0o755); err != nil { //nolint:gosec // as in the image
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(filepath.Join(house, "etc/doorward/doorward.yaml"), []byte(configuration), 0o644); err != nil { //nolint:gosec // another user reads it
		t.Fatal(err)
	}
	if err := os.Chown(filepath.Join(house, "data"), int(user), int(user)); err != nil {
		t.Fatal(err)
	}
}

// wantFiles wants these files among those of the house, and none outside /data that was not laid there.
func wantFiles(t *testing.T, house string, want ...string) {
	t.Helper()
	found := map[string]bool{}
	err := filepath.WalkDir(house, func(path string, d fs.DirEntry, err error) error {
		inside := strings.TrimPrefix(path, house)
		if err == nil && !d.IsDir() {
			found[inside] = true
			if !strings.HasPrefix(inside, "/data/") && inside != "/doorward" && inside != "/etc/doorward/doorward.yaml" {
				t.Errorf("the program wrote %s", inside)
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range want {
		if !found[file] {
			t.Errorf("the program did not write %s, but %v", file, found)
		}
	}
}
