package main

import (
	"net"
	"strconv"
	"testing"

	"github.com/doorward/doorward/storage"
)

// deadMailPort is a mail port of this machine at which nobody listens.
func deadMailPort(t *testing.T) string {
	t.Helper()
	for _, port := range mailPorts[1:] {
		c, err := net.Dial("tcp", "127.0.0.1:"+port)
		if err != nil {
			return port
		}
		_ = c.Close()
	}
	t.Fatal("this machine takes letters at each mail port")
	return ""
}

// What the set-up tries is what would be set, by a real connection, and is not set by it.
func TestMailIsTriedByWhatWouldBeSet(t *testing.T) {
	t.Parallel()
	h, _ := openHouse(t, write(t, freely, nil), parts{})
	d := deskSettings{laidSettings{h.present().foundation}, h}
	text := map[string]string{"mail.from": "a@example.com", "mail.smtp.host": "127.0.0.1", "mail.smtp.port": deadMailPort(t), "mail.smtp.tls": "none"}
	change := map[string]*string{}
	for path, value := range text {
		change[path] = &value
	}
	told, err := d.Try(t.Context(), change, "ada@example.com")
	if err != nil || told.Sent || told.Where != "The mail server cannot be reached." || told.Remedy == "" {
		t.Errorf("%+v, %v", told, err)
	}
	for _, port := range []int{80, 8080} { // it knocks at no other door
		text := strconv.Itoa(port)
		change["mail.smtp.port"] = &text
		if _, err := d.Try(t.Context(), change, "ada@example.com"); len(wrongPaths(err)) != 1 {
			t.Errorf("port %d: %v", port, err)
		}
	}
	if stored, version, err := h.db.Settings(t.Context()); err != nil || len(stored) != 0 || version != 0 {
		t.Errorf("a try has set %v, %v", stored, err)
	}
	if page, err := h.db.Log(t.Context(), storage.LogFilter{Kind: storage.SettingsChanged}, "", 1); err != nil || len(page.Events) != 0 {
		t.Errorf("%+v, %v", page.Events, err)
	}
}
