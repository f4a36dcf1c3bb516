// OAuth 2.0 Form Post Response Mode, as a real browser sees it.
package op_test

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"strings"
	"testing"
	"time"
)

func TestInChromiumTheFormSubmitsItselfUnderOurPolicy(t *testing.T) {
	chromium, err := exec.LookPath("chromium")
	if err != nil && os.Getenv("CI") != "" {
		t.Fatal("Chromium is not installed where CI is set")
	}
	if err != nil {
		t.Skip("Chromium is not installed")
	}
	got := make(chan url.Values, 1)
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodPost || r.URL.Path != "/cb" {
			http.NotFound(w, r)
			return
		}
		_ = r.ParseForm() // a broken form is an empty one
		got <- r.PostForm
		http.Redirect(w, r, "/home", http.StatusSeeOther) // form-action would forbid this hop to a foreign origin
	}))
	defer client.Close()
	h := newHouse(t)
	provider := httptest.NewServer(h.router)
	defer provider.Close()

	asked := good(of("nat", client.URL+"/cb"), formPost, with("prompt", "none"), with("state", "a b&c=ü<"))
	cmd := exec.CommandContext(t.Context(), chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
		"--disable-background-networking", "--disable-component-update", "--disable-sync", "--user-data-dir="+t.TempDir(),
		"--virtual-time-budget=3000", "--dump-dom", provider.URL+"/authorize?"+asked.Encode())
	output, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("%v: %s", err, output)
	}
	select {
	case form := <-got:
		if form.Get("error") != "login_required" || form.Get("state") != "a b&c=ü<" || form.Get("iss") != issuer || strings.Contains(form.Encode(), "submit") {
			t.Errorf("the client got %v", form)
		}
	case <-time.After(10 * time.Second):
		t.Errorf("the form did not arrive; Chromium shows %s", output)
	}
}
