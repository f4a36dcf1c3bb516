package main

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"syscall"
	"time"
)

// startPostgres makes a cluster with PostgreSQL's own defaults (fsync and synchronous_commit on) on a free port of 127.0.0.1.
// PostgreSQL refuses to run as root: then it runs as user postgres.
func startPostgres(ctx context.Context, dir string) (*database, error) {
	bin, err := postgresBin()
	if err != nil {
		return nil, err
	}
	as, err := unprivileged()
	if err != nil {
		return nil, err
	}
	if err := ownedDir(dir, as); err != nil {
		return nil, err
	}
	command := func(name string, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, filepath.Join(bin, name), args...)
		cmd.Dir = dir
		cmd.SysProcAttr = &syscall.SysProcAttr{Credential: as, Pdeathsig: syscall.SIGQUIT}
		return cmd
	}
	data := filepath.Join(dir, "data")
	if out, err := command("initdb", "-D", data, "-U", "doorward", "-A", "trust", "-E", "UTF8", "--locale=C").CombinedOutput(); err != nil {
		return nil, fmt.Errorf("initdb: %w\n%s", err, out)
	}
	port, err := freePort()
	if err != nil {
		return nil, err
	}
	server := command("postgres", "-D", data, "-k", dir, "-h", "127.0.0.1", "-p", strconv.Itoa(port), "-c", "logging_collector=off")
	if err := server.Start(); err != nil {
		return nil, err
	}
	at := []string{"-h", "127.0.0.1", "-p", strconv.Itoa(port), "-U", "doorward"}
	return &database{
		pid:   server.Process.Pid,
		close: func() { stopProcess(server, syscall.SIGINT) },
		make: func(ctx context.Context, name string) (string, error) {
			create := func() error { return command("createdb", append(at, name)...).Run() }
			if err := retry(ctx, 20*time.Second, create); err != nil {
				return "", fmt.Errorf("createdb %s: %w", name, err)
			}
			return fmt.Sprintf("postgres://doorward@127.0.0.1:%d/%s?sslmode=disable", port, name), nil
		},
		shell: func(ctx context.Context, address string) *exec.Cmd {
			return exec.CommandContext(ctx, filepath.Join(bin, "psql"), "-qAtX", "-v", "ON_ERROR_STOP=1", address)
		},
	}, nil
}

// postgresBin is the folder of the newest installed server.
func postgresBin() (string, error) {
	found, err := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if err != nil {
		return "", err
	}
	if len(found) == 0 {
		return "", errors.New("no PostgreSQL is installed in /usr/lib/postgresql, and DOORWARD_TEST_POSTGRES names none")
	}
	return filepath.Dir(slices.Max(found)), nil
}

// unprivileged is the user to run PostgreSQL as; nil when it is this process's own.
func unprivileged() (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, err
	}
	uid, _ := strconv.ParseUint(u.Uid, 10, 32)
	gid, _ := strconv.ParseUint(u.Gid, 10, 32)
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func ownedDir(dir string, as *syscall.Credential) error {
	if err := os.Mkdir(dir, 0o700); err != nil {
		return err
	}
	if as == nil {
		return nil
	}
	return os.Chown(dir, int(as.Uid), int(as.Gid))
}

// freePort gives a port below those that the kernel hands to outgoing connections.
func freePort() (int, error) {
	for range 100 {
		port := 20_000 + rand.IntN(12_000)
		if l, err := net.Listen("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			return port, l.Close()
		}
	}
	return 0, errors.New("a hundred ports are taken")
}

// retry tries f until it succeeds or the time is over, and gives the last error.
func retry(ctx context.Context, within time.Duration, f func() error) error {
	end := time.Now().Add(within)
	for {
		err := f()
		if err == nil || time.Now().After(end) || ctx.Err() != nil {
			return err
		}
		time.Sleep(50 * time.Millisecond)
	}
}
