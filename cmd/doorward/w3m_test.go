package main_test

import (
	"fmt"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// TestAPersonSignsInWithoutStylesScriptsOrAMouse walks through a whole sign-in in w3m, a browser for the terminal, by its keys
// (behaviours.md 3.0b). It sends neither Origin nor Sec-Fetch-Site with its forms, but a Referer (house.md §9).
func TestAPersonSignsInWithoutStylesScriptsOrAMouse(t *testing.T) { // C.9 item 67
	t.Parallel()
	_, err := exec.LookPath("w3m")
	needs(t, err != nil, "w3m")
	d := startDev(t)
	person := d.People[0]
	w := openW3m(t, d.Issuer+"/login")
	w.sees("Email address or customer number")
	w.fill(1, person.Email)
	w.press("Sign in with email")
	w.sees("Enter your password")
	w.fill(3, "not the password") // after the name and the link to change it
	w.press("Sign in")
	w.sees("There is a problem")
	w.fill(4, person.Password) // after the link of the summary too
	w.press("Sign in")
	w.sees("Check your email")
	w.fill(1, mailedCode(t, d, person.Email))
	w.press("Continue")
	w.sees("Trust this browser")
	w.press("No, ask every")
	w.sees("You are on your way")
	w.press("Continue")
	w.sees("Your account")
	w.sees("anna@example.com")
	w.press("Sign out")
	w.sees("signed out")
}

// w3m is the browser in a terminal of its own.
type w3m struct {
	t      *testing.T
	tty    *os.File
	screen capture
}

func openW3m(t *testing.T, address string) *w3m {
	t.Helper()
	tty, slave := terminal(t)
	cmd := exec.Command("w3m", "-o", "confirm_qq=0", "-o", "use_cookie=1", "-o", "meta_refresh=0", "-o", "ignorecase_search=0", address)
	cmd.Env = append(os.Environ(), "HOME="+t.TempDir(), "TERM=xterm", "LANG=C.UTF-8", "LC_ALL=C.UTF-8", "HTTP_HOME=", "http_proxy=", "no_proxy=*")
	cmd.Stdin, cmd.Stdout, cmd.Stderr = slave, slave, slave
	cmd.SysProcAttr = &syscall.SysProcAttr{Setsid: true, Setctty: true, Pdeathsig: syscall.SIGKILL}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	_ = slave.Close() // the browser has its own
	w := &w3m{t: t, tty: tty}
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
		_ = tty.Close()
	})
	go func() {
		buffer := make([]byte, 4096)
		for {
			n, err := tty.Read(buffer)
			_, _ = w.screen.Write(buffer[:n])
			if err != nil {
				return
			}
		}
	}()
	return w
}

// terminal is both ends of a pseudo-terminal of 60 lines.
func terminal(t *testing.T) (*os.File, *os.File) {
	t.Helper()
	master, err := os.OpenFile("/dev/ptmx", os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	fd := int(master.Fd())
	number, err := unix.IoctlGetInt(fd, unix.TIOCGPTN)
	if err == nil {
		err = unix.IoctlSetPointerInt(fd, unix.TIOCSPTLCK, 0)
	}
	if err == nil {
		err = unix.IoctlSetWinsize(fd, unix.TIOCSWINSZ, &unix.Winsize{Row: 60, Col: 120})
	}
	if err != nil {
		t.Fatal(err)
	}
	slave, err := os.OpenFile(fmt.Sprintf("/dev/pts/%d", number), os.O_RDWR|syscall.O_NOCTTY, 0)
	if err != nil {
		t.Fatal(err)
	}
	return master, slave
}

var control = regexp.MustCompile("\x1b(\\[[0-9;?]*[a-zA-Z]|[()][0-9A-Z]|[=>])|[\r\x0e\x0f]")

// sees waits until the page holds the text. It lets the page be drawn anew each time, since the browser draws only what differs; and it
// leaves blanks out, which are drawn by moving the cursor.
func (w *w3m) sees(text string) {
	w.t.Helper()
	shown := ""
	for range 100 {
		before := len(w.screen.bytes())
		w.keys("\x0c")
		time.Sleep(100 * time.Millisecond)
		shown = strings.ReplaceAll(control.ReplaceAllString(string(w.screen.bytes()[before:]), ""), " ", "")
		if strings.Contains(shown, strings.ReplaceAll(text, " ", "")) {
			return
		}
	}
	w.t.Fatalf("does not see %q but\n%s", text, shown)
}

func (w *w3m) keys(text string) {
	w.t.Helper()
	if _, err := w.tty.WriteString(text); err != nil {
		w.t.Fatal(err)
	}
	time.Sleep(50 * time.Millisecond)
}

// fill goes to the n-th thing that keys can reach, counted from the top, and types into it.
func (w *w3m) fill(n int, text string) {
	w.t.Helper()
	w.keys("g" + strings.Repeat("\t", n))
	w.keys("\r")
	w.keys(text + "\r")
}

// press looks for words and presses what they stand on.
func (w *w3m) press(words string) {
	w.t.Helper()
	w.keys("g/" + words + "\r")
	w.keys("\r")
}
