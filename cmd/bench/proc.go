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
