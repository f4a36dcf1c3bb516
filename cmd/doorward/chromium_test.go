package main_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestPeopleSignInInChromium is the main job as a person does it: from the demo app at 127.0.0.1 to the provider at localhost and
// back, which browsers take for two sites.
func TestPeopleSignInInChromium(t *testing.T) {
	t.Parallel()
	browser := startChromium(t)
	d := startDev(t)

	t.Run("with scripts", func(t *testing.T) {
		v := visit(t, browser)
		signInToTheApp(v, d, 0)
		v.complains() // so that the silence before was one
	})
	t.Run("without scripts", func(t *testing.T) {
		v := visit(t, browser)
		if _, err := chromedp.Call(v.ctx, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true}); err != nil {
			t.Fatal(err)
		}
		signInToTheApp(v, d, 1)
	})
}

// signInToTheApp signs the i-th person in, checks what the app has verified, signs on a second time
// without being asked, and signs out of both.
func signInToTheApp(v *visitor, d *demo, i int) {
	v.t.Helper()
	person := d.People[i]
	v.do(chromedp.Navigate(d.App))
	v.page("app", "#sign-in")
	v.do(chromedp.Click(chromedp.CSS("#sign-in")))
	v.page("username", "#username")
	v.wants("the provider's own address", strings.HasPrefix(v.address(), d.Issuer+"/"))
	v.do(chromedp.SendKeys(chromedp.CSS("#username"), person.Email), chromedp.Click(chromedp.CSS("#submit")))
	v.page("password", "#password[autofocus], #password:not([tabindex])")
	v.do(chromedp.SendKeys(chromedp.CSS("#password"), person.Password), chromedp.Click(chromedp.CSS("#submit")))
	v.page("code", "#code")
	v.enters(mailedCode(v.t, d, person.Email))
	v.page("trust", "#trust-yes")
	v.do(chromedp.Click(chromedp.CSS("#trust-no")))
	v.page("app-signed-in", "#claims")

	v.wants("the app to be back at its own address", strings.HasPrefix(v.address(), d.App))
	claims := v.json("#claims")
	for claim, want := range map[string]any{"iss": d.Issuer, "aud": "demo", "acr": "urn:doorward:2fa"} {
		v.wants(claim+" in the ID token", claims[claim] == want)
	}
	v.wants("the address in userinfo", v.json("#userinfo")["email"] == person.Email)

	// The app by its other name keeps another cookie, and the session of the provider signs the person on.
	v.do(chromedp.Navigate(strings.Replace(d.App, "127.0.0.1", "localhost", 1)))
	v.page("app-again", "#sign-in")
	v.do(chromedp.Click(chromedp.CSS("#sign-in")))
	v.page("", "#claims")

	v.do(chromedp.Click(chromedp.CSS("#sign-out")))
	v.page("", "#sign-in")
	v.do(chromedp.Click(chromedp.CSS("#sign-in")))
	v.page("", "#username")
	v.wants("nobody to complain: no policy is violated, no script fails", len(v.console()) == 0)
}

// enters types a code of six digits. Where scripts run it goes on by itself; what is pressed then would be pressed on the next page.
func (v *visitor) enters(code string) {
	v.t.Helper()
	goes, err := chromedp.Run(v.ctx, chromedp.Evaluate[bool](`document.querySelector("#code-goes") !== null`))
	if err != nil {
		v.t.Fatal(err)
	}
	v.do(chromedp.SendKeys(chromedp.CSS("#code"), code))
	if !goes {
		v.do(chromedp.Click(chromedp.CSS("#submit")))
	}
}

var sixDigits = regexp.MustCompile(`\b(\d{3})[ \x{00a0}\x{202f}]?(\d{3})\b`)

// mailedCode reads the newest code that was sent to an address.
func mailedCode(t testing.TB, d *demo, to string) string {
	t.Helper()
	for _, l := range d.letters() {
		if l.To == to {
			if code := sixDigits.FindStringSubmatch(l.Subject); code != nil {
				return code[1] + code[2]
			}
		}
	}
	t.Fatalf("no letter with a code for %s", to)
	return ""
}

// chromium is the one browser of this process: to start one costs as much as to walk through twenty pages. The kernel ends it with the
// process. Its profile lies beside the test's own binary, in a folder that go test removes.
var chromium = sync.OnceValues(func() (context.Context, error) {
	path, err := exec.LookPath("chromium")
	if err != nil {
		return nil, err
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	options := append(chromedp.DefaultExecAllocatorOptions[:],
		chromedp.ExecPath(path), chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(filepath.Join(filepath.Dir(self), "chromium-profile")),
		chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true))
	ctx, _ := chromedp.NewExecAllocator(context.Background(), options...)
	ctx, _ = chromedp.NewContext(ctx)
	if err := chromedp.Do(ctx); err != nil {
		return nil, fmt.Errorf("Chromium does not start: %w", err)
	}
	return ctx, nil
})

// startChromium gives the browser, in which each visit has a window of its own; skipped at home where there is none, failed where CI is set.
func startChromium(t *testing.T) context.Context {
	t.Helper()
	ctx, err := chromium()
	if errors.Is(err, exec.ErrNotFound) && os.Getenv("CI") == "" {
		t.Skip("no Chromium is installed")
	}
	if err != nil {
		t.Fatal(err)
	}
	return ctx
}

// visitor is one private window.
type visitor struct {
	t   *testing.T
	ctx context.Context

	mu   sync.Mutex
	said []string // by the console
}

func visit(t *testing.T, browser context.Context) *visitor {
	t.Helper()
	return visitFor(t, browser, 2*time.Minute)
}

// visitFor is visit for a walk that takes its time.
func visitFor(t *testing.T, browser context.Context, most time.Duration) *visitor {
	t.Helper()
	ctx, cancel := context.WithTimeout(browser, most)
	t.Cleanup(cancel)
	ctx, cancel = chromedp.NewContext(ctx, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	v := &visitor{t: t, ctx: ctx}
	focused := emulation.SetFocusEmulationEnabledParams{Enabled: true} // others look at windows of theirs at the same time
	if _, err := chromedp.Call(ctx, emulation.SetFocusEmulationEnabled, focused); err != nil {
		t.Fatal(err)
	}
	messages := chromedp.Console(ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			text := m.String()
			if strings.HasPrefix(text, "debug:") { // Chromium thinks aloud of a page that it has read half of
				continue
			}
			v.mu.Lock()
			v.said = append(v.said, text)
			v.mu.Unlock()
		}
	}()
	return v
}

func (v *visitor) console() []string {
	v.mu.Lock()
	defer v.mu.Unlock()
	if len(v.said) > 0 {
		v.t.Logf("the console says %q", v.said)
	}
	return append([]string(nil), v.said...)
}

// complains breaks the policy of the present page on purpose: the console must tell, or its silence means nothing.
func (v *visitor) complains() {
	v.t.Helper()
	v.do(chromedp.Evaluate[chromedp.Void](`document.body.setAttribute("style", "color: red")`))
	for range 100 {
		if strings.Contains(strings.Join(v.console(), "\n"), "Content Security Policy") {
			return
		}
		time.Sleep(20 * time.Millisecond)
	}
	v.t.Error("an inline style did not violate the policy, or nobody heard of it")
}

func (v *visitor) do(steps ...chromedp.Action[chromedp.Void]) {
	v.t.Helper()
	if err := chromedp.Do(v.ctx, steps...); err != nil {
		v.t.Fatalf("at %s: %v", v.address(), err)
	}
}

func (v *visitor) wants(what string, ok bool) {
	v.t.Helper()
	if !ok {
		v.t.Errorf("at %s: want %s", v.address(), what)
	}
}

func (v *visitor) address() string {
	address, err := chromedp.Run(v.ctx, chromedp.Location())
	if err != nil {
		return err.Error()
	}
	return address
}

func (v *visitor) json(selector string) map[string]any {
	v.t.Helper()
	text, err := chromedp.Run(v.ctx, chromedp.TextContent(chromedp.CSS(selector)))
	if err != nil {
		v.t.Fatal(err)
	}
	var m map[string]any
	if err := json.Unmarshal([]byte(text), &m); err != nil {
		v.t.Fatalf("%s holds %q: %v", selector, text, err)
	}
	return m
}

// page waits for what a page alone has, and takes its pictures when DOORWARD_SCREENSHOTS names a folder.
func (v *visitor) page(name, selector string) {
	v.t.Helper()
	ctx, cancel := context.WithTimeout(v.ctx, 20*time.Second)
	defer cancel()
	if err := chromedp.Do(ctx, chromedp.WaitVisible(chromedp.CSS(selector))); err != nil {
		text, _ := chromedp.Run(v.ctx, chromedp.Text(chromedp.CSS("body")))
		v.t.Fatalf("waiting for %s: %v; at %s:\n%s", selector, err, v.address(), text)
	}
	if dir := os.Getenv("DOORWARD_SCREENSHOTS"); dir != "" && name != "" {
		v.pictures(filepath.Join(dir, name))
	}
}

// pictures takes the page in light and dark, wide and as on a phone.
func (v *visitor) pictures(base string) {
	v.t.Helper()
	for _, scheme := range []string{"light", "dark"} {
		media := emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: scheme}}}
		if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, media); err != nil {
			v.t.Fatal(err)
		}
		for size, view := range map[string][2]int64{"wide": {1280, 800}, "phone": {390, 844}} {
			v.do(chromedp.EmulateViewport(view[0], view[1]))
			picture, err := chromedp.Run(v.ctx, chromedp.CaptureScreenshot())
			if err != nil {
				v.t.Fatal(err)
			}
			if err := os.WriteFile(base+"-"+scheme+"-"+size+".png", picture, 0o600); err != nil {
				v.t.Fatal(err)
			}
		}
	}
	v.do(chromedp.ResetViewport())
	if _, err := chromedp.Call(v.ctx, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{}); err != nil {
		v.t.Fatal(err)
	}
}
