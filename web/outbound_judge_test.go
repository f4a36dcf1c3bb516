package web

import (
	"context"
	"net"
	"net/netip"
	"testing"
)

func TestNoAddressOfAPrivateNetworkIsPublic(t *testing.T) { // SR-02
	for text, want := range map[string]bool{
		"93.184.215.14": true, "9.255.255.255": true, "11.0.0.0": true, "172.15.255.255": true, "172.32.0.0": true, "100.63.255.255": true,
		"100.128.0.0": true, "169.253.255.255": true, "192.167.255.255": true, "2a00:1450:4001:800::200e": true, "2606:2800:21f:cb07::1": true, "::ffff:93.184.215.14": true,

		"10.0.0.0": false, "10.255.255.255": false, "172.16.0.1": false, "172.31.255.255": false, "192.168.0.1": false, "192.168.255.255": false,
		"127.0.0.1": false, "127.255.255.254": false, "::1": false, "::": false, "0.0.0.0": false, "0.1.2.3": false,
		"100.64.0.1": false, "100.127.255.255": false, "169.254.169.254": false, "169.254.0.0": false,
		"fe80::1": false, "febf::1": false, "fec0::1": false, "fc00::1": false, "fd00:ec2::254": false, "fdff::1": false,
		"64:ff9b::a00:1": false, "64:ff9b::5db8:d70e": false, "64:ff9b:1::1": false, "2002:7f00:1::": false, "2002:a00:1::1": false,
		"2001::1": false, "2001:db8::1": false, "3fff::1": false, "100::1": false, "5f00::1": false, "::7f00:1": false, "::a00:1": false,
		"::ffff:10.0.0.1": false, "::ffff:127.0.0.1": false, "::ffff:169.254.169.254": false, "::ffff:0:127.0.0.1": false,
		"224.0.0.1": false, "239.255.255.255": false, "240.0.0.1": false, "255.255.255.255": false, "ff02::1": false, "ff0e::1": false,
		"192.0.0.8": false, "192.0.2.1": false, "198.18.0.1": false, "198.51.100.1": false, "203.0.113.1": false, "192.88.99.1": false,
		"fe80::1%lo": false, "2a00:1450:4001:800::200e%lo": false,
	} {
		if public(netip.MustParseAddr(text)) != want {
			t.Errorf("%s: public is %v", text, !want)
		}
	}
}

func TestAConnectionIsJudgedByWhereItReallyGoes(t *testing.T) { // SR-02, SR-03
	visitors := make(chan net.Conn, 10)
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	go func() {
		for c, err := l.Accept(); err == nil; c, err = l.Accept() {
			visitors <- c
		}
	}()
	_, port, _ := net.SplitHostPort(l.Addr().String())
	dialer := net.Dialer{ControlContext: judgeAddress}
	for _, host := range []string{"127.0.0.1", "localhost", "::ffff:127.0.0.1", "0.0.0.0", "127.1", "2130706433", "0x7f000001"} {
		if c, err := dialer.DialContext(t.Context(), "tcp", net.JoinHostPort(host, port)); err == nil {
			c.Close()
			t.Errorf("%s is reached", host)
		}
	}
	if len(visitors) > 0 {
		t.Errorf("%d connections were made", len(visitors))
	}
	for _, may := range []reach{reachLoopback, reachAny} {
		c, err := dialer.DialContext(context.WithValue(t.Context(), reachKey{}, may), "tcp", l.Addr().String())
		if err != nil {
			t.Fatalf("%d: %v", may, err)
		}
		c.Close()
		(<-visitors).Close()
	}
}

func TestOnlyPort443OfAPublicAddressIsReached(t *testing.T) { // SR-05
	for address, want := range map[string]bool{
		"93.184.215.14:443": true, "[2a00:1450:4001:800::200e]:443": true, "[::ffff:93.184.215.14]:443": true,
		"93.184.215.14:80": false, "93.184.215.14:22": false, "93.184.215.14:8443": false, "10.0.0.1:443": false, "[::ffff:10.0.0.1]:443": false,
		"[fe80::1%lo]:443": false, "example.com:443": false, "": false,
	} {
		for _, may := range []reach{reachPublic, reachLoopback} {
			if err := judgeAddress(context.WithValue(t.Context(), reachKey{}, may), "tcp", address, nil); (err == nil) != want {
				t.Errorf("%s: %v", address, err)
			}
		}
	}
}
