package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"testing"
	"time"

	"github.com/doorward/doorward/login/mail/mailtest"
	"github.com/rogpeppe/go-internal/testscript"
)

// TestCommands runs the scripts of testdata: the program as its operator meets it. In a script, $PORT and $OTHER are free ports, and
// "ready PORT" waits until a server answers on one; "smtp KIND" starts a mail server (starttls, implicit, none, refusing) on
// $SMTP_PORT, with the certificate of its authority in ca.pem.
func TestCommands(t *testing.T) {
	t.Parallel()
	binary, err := built()
	if err != nil {
		t.Fatal(err)
	}
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata",
		RequireExplicitExec: true,
		RequireUniqueNames:  true,
		Setup: func(e *testscript.Env) error {
			tools := filepath.Join(e.WorkDir, ".tools")
			if err := os.Mkdir(tools, 0o700); err != nil {
				return err
			}
			e.Setenv("PATH", tools+string(os.PathListSeparator)+e.Getenv("PATH"))
			e.Setenv("PORT", freePort(t))
			e.Setenv("OTHER", freePort(t))
			return os.Symlink(binary, filepath.Join(tools, "doorward"))
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready, "mode": mode, "smtp": smtp(t)},
	})
}

// ready waits until the server on a port says that it is.
func ready(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: ready PORT")
	}
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(10 * time.Millisecond) {
		response, err := http.Get("http://localhost:" + args[0] + "/readyz")
		if err != nil {
			continue
		}
		response.Body.Close()
		if response.StatusCode == http.StatusOK {
			return
		}
	}
	ts.Fatalf("nothing is ready on port %s", args[0])
}

// mode wants a file to have these rights.
func mode(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: mode RIGHTS FILE")
	}
	info, err := os.Stat(ts.MkAbs(args[1]))
	ts.Check(err)
	if got := info.Mode().String(); (got == args[0]) == neg {
		ts.Fatalf("%s is %s", args[1], got)
	}
}

// smtp starts a mail server that wants the password "pass word" of "door"; a refusing one takes no recipient.
func smtp(t *testing.T) func(*testscript.TestScript, bool, []string) {
	return func(ts *testscript.TestScript, neg bool, args []string) {
		if neg || len(args) != 1 {
			ts.Fatalf("usage: smtp KIND")
		}
		o := mailtest.Options{TLS: args[0], Username: "door", Password: "pass word"}
		if args[0] == "refusing" {
			o.TLS = "starttls"
		}
		s := mailtest.New(t, o)
		if args[0] == "refusing" {
			s.Hook(func(step mailtest.Step, _ string) error {
				if step == mailtest.Rcpt {
					return mailtest.Refuse(550, "we do not relay")
				}
				return nil
			})
		}
		ts.Setenv("SMTP_PORT", strconv.Itoa(s.Port))
		authority, err := os.ReadFile(s.CAFile)
		ts.Check(err)
		ts.Check(os.WriteFile(ts.MkAbs("ca.pem"), authority, 0o600))
	}
}
