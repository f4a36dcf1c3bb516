//go:build unix

package storagetest

import (
	"fmt"
	"io"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"
)

const clusterPrefix = "doorward-postgres-"

// supervise starts a server and stops it when its standard input ends: then the test process, which holds the other end, is gone,
// however it went. Only so nothing stays behind when a test panics, is killed, or calls os.Exit. Lines of its input kill the server
// as a power cut does, and start it again; that is tried anew while the processes of the killed one still go. Arguments: binaries, directory.
const supervise = `
start() {
	"$1/postgres" -D "$2/data" -k "$2" -c listen_addresses= -c max_connections=300 -c shared_buffers=64MB >>"$2/log" 2>&1 &
	server=$!
}
start "$@"
while read -r word; do
	case $word in
	kill)
		kill -KILL "$server"
		wait "$server" ;;
	start)
		start "$@"
		while sleep 0.2 && ! kill -0 "$server" 2>/dev/null; do start "$@"; done ;;
	esac
done
kill -QUIT "$server"
wait "$server"
rm -rf "$2"
`

// cluster is a running server of a test: where it listens, and its supervisor's standard input.
type cluster struct {
	address  string
	lifeline io.WriteCloser
}

// startCluster makes a PostgreSQL cluster of this test process alone and starts it. It listens on a socket in a
// directory that is closed to other users. What is durable elsewhere is durable here: fsync is on.
func startCluster() (cluster, error) {
	bin := binaries()
	if bin == "" {
		return cluster{}, errNoServer
	}
	removeAbandoned()
	dir, err := os.MkdirTemp("", clusterPrefix)
	if err != nil {
		return cluster{}, err
	}
	attr, err := owner(dir)
	if err != nil {
		return cluster{}, err
	}
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", filepath.Join(dir, "data"), "-U", "postgres", "-A", "trust", "-E", "UTF8", "--no-locale", "--no-sync")
	initdb.Dir, initdb.SysProcAttr = dir, attr
	if out, err := initdb.CombinedOutput(); err != nil {
		return cluster{}, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	sh := exec.Command("/bin/sh", "-c", supervise, "sh", bin, dir)
	sh.Dir, sh.SysProcAttr = dir, attr
	lifeline, err := sh.StdinPipe()
	if err != nil {
		return cluster{}, err
	}
	if err := sh.Start(); err != nil {
		return cluster{}, err
	}
	go func() { // which holds the lifeline as long as both live
		_ = sh.Wait()
		_ = lifeline.Close()
	}()
	c := cluster{"postgres://postgres@/postgres?sslmode=disable&host=" + url.QueryEscape(dir), lifeline}
	return c, awaitServer(c.address)
}

// binaries is the folder of the newest installed server.
func binaries() string {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/postgres") // the pattern is well-formed
	slices.SortFunc(found, func(a, b string) int { return version(a) - version(b) })
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1])
	}
	if path, err := exec.LookPath("postgres"); err == nil {
		return filepath.Dir(path)
	}
	return ""
}

func version(path string) int {
	n, _ := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path)))) // 0 for a folder of another name: oldest
	return n
}

// owner hands dir to the user that the server runs as, since PostgreSQL refuses to run as root. A process
// group of its own keeps the terminal's Ctrl-C from the server, so that it is stopped in order.
func owner(dir string) (*syscall.SysProcAttr, error) {
	attr := &syscall.SysProcAttr{Setpgid: true}
	if os.Geteuid() != 0 {
		return attr, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, fmt.Errorf("as root, the throwaway server runs as the user postgres: %w", err)
	}
	uid, err := strconv.Atoi(u.Uid)
	if err != nil {
		return nil, err
	}
	gid, err := strconv.Atoi(u.Gid)
	if err != nil {
		return nil, err
	}
	attr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
	return attr, os.Chown(dir, uid, gid)
}

// removeAbandoned clears away clusters whose supervisor was killed as well.
func removeAbandoned() {
	old, _ := filepath.Glob(filepath.Join(os.TempDir(), clusterPrefix+"*")) // the pattern is well-formed
	for _, dir := range old {
		info, err := os.Stat(dir)
		if err != nil || time.Since(info.ModTime()) < time.Hour {
			continue // another test process may be making or removing it
		}
		file, err := os.ReadFile(filepath.Join(dir, "data", "postmaster.pid"))
		if err != nil {
			continue
		}
		line, _, _ := strings.Cut(string(file), "\n")
		pid, err := strconv.Atoi(line)
		if err == nil && pid > 0 && syscall.Kill(pid, 0) == syscall.ESRCH {
			_ = os.RemoveAll(dir) // another user's stays
		}
	}
}
