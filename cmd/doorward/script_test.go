package main_test

import (
	"net/http"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"
)

// TestCommands runs the scripts of testdata: the program as its operator meets it. In a script, $PORT and $OTHER are free ports, and
// "ready PORT" waits until a server answers on one.
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
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"ready": ready, "mode": mode},
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
