package main

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/http"
	"testing"
	"time"
)

// What somebody does in the console is answered though the house ends, at an address of its own too.
func TestARequestUnderWayInTheConsoleIsAnsweredThoughTheHouseEnds(t *testing.T) {
	t.Parallel()
	h, _ := openHouse(t, write(t, freely+"console: {listen: \"localhost:0\"}\n", nil), parts{})
	own := h.console.listener.Addr().String()
	conn, err := net.Dial("tcp", own)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	fmt.Fprintf(conn, "POST /setup HTTP/1.1\r\nHost: %s\r\nSec-Fetch-Site: same-origin\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: 7\r\n\r\nt=", own)
	eventually(t, "the request to come", func() bool { return h.console.traffic.under() == 1 })
	ended := make(chan error)
	go func() { ended <- h.Close() }()
	eventually(t, "nobody to listen", func() bool {
		other, err := net.Dial("tcp", own)
		if err == nil {
			other.Close()
		}
		return err != nil
	})
	time.Sleep(1200 * time.Millisecond) // more than whoever reads a profile is waited for
	_, _ = io.WriteString(conn, "12345")
	response, err := http.ReadResponse(bufio.NewReader(conn), nil)
	if err != nil {
		t.Fatal(err)
	}
	response.Body.Close()
	if response.StatusCode >= http.StatusInternalServerError || !response.Close {
		t.Errorf("%s, close: %v", response.Status, response.Close)
	}
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestNoRoomsAreOpenedWhileTheHouseEnds(t *testing.T) {
	t.Parallel()
	h := testHouse(t, write(t, freely, nil))
	former := h.present()
	h.draining.Store(true)
	set(t, h, map[string]string{"company": "Acme"})
	if version, err := h.db.SettingsVersion(t.Context()); err != nil || version != 1 {
		t.Errorf("the change is not kept for the next start: version %d, %v", version, err)
	}
	if err := h.reopen(t.Context()); err != nil || h.present() != former {
		t.Errorf("rooms were opened: %v", err)
	}
}
