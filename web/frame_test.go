package web_test

import (
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/doorward/doorward/web"
)

func TestOnlyAnAddressWhoseOriginAPolicyCanNameIsFramed(t *testing.T) {
	for address, framed := range map[string]bool{
		"https://rp.test/bye?sid=1": true, "https://rp.test:8443/bye": true, "http://127.0.0.1:9000/bye": true, "http://[::1]:9000/bye": true,
		"https://RP.test/bye": true, "": false, "/bye": false, "//rp.test/bye": false, "https:///bye": false, "javascript:alert(1)": false,
		"data:text/html,x": false, "file:///etc/passwd": false, "https://user@rp.test/bye": false, "https://rp.test;script-src/bye": false,
		"https://rp.test,*/bye": false, "https://*.test/bye": false, "https://rp.test'/bye": false, "https://r%70.test/bye": false, "https://ünï.test/bye": false,
	} {
		if got := web.Framed(address); got != framed {
			t.Errorf("%q: %v, want %v", address, got, framed)
		}
	}
}

func TestAPageAllowsExactlyTheFramesThatStandInIt(t *testing.T) {
	p := newPlace(t)
	policy := func(frames ...string) string {
		v := formView("en")
		v.Frames = frames
		return p.write(t, v).Header().Get("Content-Security-Policy")
	}
	plain := policy()
	if strings.Contains(plain, "frame-src") {
		t.Errorf("without frames: %s", plain)
	}
	framed := policy("https://rp.test/a", "https://rp.test/b", "http://127.0.0.1:9000/c")
	if want := strings.Replace(plain, "img-src", "frame-src https://rp.test http://127.0.0.1:9000; img-src", 1); framed != want {
		t.Errorf("with frames: %s\nwant %s", framed, want)
	}
	v := formView("en")
	v.Frames = []string{"https://rp.test;script-src/x"}
	w := httptest.NewRecorder()
	if err := p.pages.Write(w, httptest.NewRequest("GET", "/", nil), v); err == nil || w.Body.Len() > 0 {
		t.Errorf("a host that a policy cannot name: %v", err)
	}
}

func TestAPageStaysForAWhileBeforeItLeaves(t *testing.T) {
	v := formView("en")
	v.Leave, v.Stay = "https://rp.test/out", 3
	if got := newPlace(t).write(t, v).Header().Get("Refresh"); got != "3; url=https://rp.test/out" {
		t.Errorf("Refresh %q", got)
	}
}
