package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"
)

// tick is the unit of CPU times in /proc/PID/stat: USER_HZ, which is 100 on every Linux that Go runs on.
const tick = 10 * time.Millisecond

// cpuTimes are the fields of /proc/PID/stat that count here, in ticks.
type cpuTimes struct {
	parent   int
	own      int64 // utime + stime
	children int64 // cutime + cstime: of children that have ended
}

func readTimes(pid int) (cpuTimes, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return cpuTimes{}, err
	}
	// The command's name stands in brackets and may hold spaces and brackets itself: fields are counted behind it.
	_, rest, ok := strings.Cut(string(data[strings.LastIndexByte(string(data), ')'):]), " ")
	fields := strings.Fields(rest)
	if !ok || len(fields) < 15 {
		return cpuTimes{}, fmt.Errorf("process %d: stat has %d fields", pid, len(fields))
	}
	n := make([]int64, 15)
	for i, f := range fields[:15] {
		n[i], _ = strconv.ParseInt(f, 10, 64) // the first is a letter
	}
	return cpuTimes{parent: int(n[1]), own: n[11] + n[12], children: n[13] + n[14]}, nil
}

// cpu is the CPU time that one process has used.
func cpu(pid int) (time.Duration, error) {
	t, err := readTimes(pid)
	return time.Duration(t.own) * tick, err
}

// familyCPU is the CPU time of a process, its living children and those that ended: a PostgreSQL server with all its backends.
func familyCPU(pid int) (time.Duration, error) {
	head, err := readTimes(pid)
	if err != nil {
		return 0, err
	}
	sum := head.own + head.children
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil {
		return 0, err
	}
	for _, path := range stats {
		child, _ := strconv.Atoi(filepath.Base(filepath.Dir(path)))
		// A process that ends between the listing and the reading counts with its parent next time.
		if t, err := readTimes(child); err == nil && t.parent == pid {
			sum += t.own
		}
	}
	return time.Duration(sum) * tick, nil
}

// memory is a field of /proc/PID/status, like VmRSS or VmHWM, in MiB.
func memory(pid int, field string) (float64, error) {
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0, err
	}
	for line := range strings.Lines(string(data)) {
		if rest, ok := strings.CutPrefix(line, field+":"); ok {
			kib, err := strconv.ParseFloat(strings.Fields(rest)[0], 64)
			return kib / 1024, err
		}
	}
	return 0, fmt.Errorf("process %d has no %s", pid, field)
}

// forgetPeak lets VmHWM begin anew (proc(5), clear_refs).
func forgetPeak(pid int) error {
	return os.WriteFile(fmt.Sprintf("/proc/%d/clear_refs", pid), []byte("5"), 0)
}
