//go:build !linux

package main

import "net"

// turnAway can do nothing here: a connection that is made in the last moment may break.
func turnAway(*net.TCPListener) {}
