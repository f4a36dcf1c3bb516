package main

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

// build makes the binary as the release is made.
func build(ctx context.Context, dir string) (string, error) {
	binary := filepath.Join(dir, "doorward")
	cmd := exec.CommandContext(ctx, "go", "build", "-trimpath", "-tags", "no_otel", "-ldflags", "-s -w", "-o", binary,
		"github.com/doorward/doorward/cmd/doorward")
	cmd.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build: %w\n%s", err, out)
	}
	return binary, nil
}

// process is a program that was started here and is ended here.
type process struct {
	cmd     *exec.Cmd
	address string
}

func (p *process) pid() int { return p.cmd.Process.Pid }
func (p *process) stop()    { stopProcess(p.cmd, syscall.SIGTERM) }

// stopProcess asks a process to end, and ends it when it does not within ten seconds.
func stopProcess(cmd *exec.Cmd, signal syscall.Signal) {
	cmd.Process.Signal(signal)
	late := time.AfterFunc(10*time.Second, func() { cmd.Process.Kill() })
	defer late.Stop()
	cmd.Wait()
}

// startLimits starts this program again, as the server of the limits.
func startLimits(ctx context.Context, at place, address string) (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, limitCommand, "-database", address, "-master-key", at.masterKey(address))
	cmd.Stderr = os.Stderr
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, err
	}
	if err := cmd.Start(); err != nil {
		return nil, err
	}
	listens, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		cmd.Wait()
		return nil, fmt.Errorf("the limits did not start: %w", err)
	}
	return &process{cmd: cmd, address: strings.TrimSpace(listens)}, nil
}
