package main

import (
	"net"

	"golang.org/x/sys/unix"
)

// turnAway makes the kernel drop every packet that asks for a new connection, while those that are being made come
// through: who is dropped asks again a second later, and is refused, or finds the next process. Where the kernel will not,
// as in some sandboxes, a connection that is made in the last moment may break.
func turnAway(l *net.TCPListener) {
	const flags, syn = 13, 2 // byte and bit of a TCP header (RFC 9293 §3.1)
	program := []unix.SockFilter{
		{Code: unix.BPF_LD | unix.BPF_B | unix.BPF_ABS, K: flags},
		{Code: unix.BPF_JMP | unix.BPF_JSET | unix.BPF_K, K: syn, Jf: 1},
		{Code: unix.BPF_RET | unix.BPF_K, K: 0},
		{Code: unix.BPF_RET | unix.BPF_K, K: 1 << 30},
	}
	raw, err := l.SyscallConn()
	if err != nil {
		return
	}
	_ = raw.Control(func(fd uintptr) {
		_ = unix.SetsockoptSockFprog(int(fd), unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &unix.SockFprog{Len: uint16(len(program)), Filter: &program[0]})
	})
}
