package storagetest

import (
	"errors"
	"io"
	"os"
	"testing"
)

// Mortal is a PostgreSQL server of one test, which may be killed and started again on the same data.
type Mortal struct {
	URL string

	t testing.TB
	cluster
}

// NewMortal starts one; it ends with the test. Where no binaries are installed it skips at home and fails where CI is set: a server
// that DOORWARD_TEST_POSTGRES lends is not ours to kill.
func NewMortal(t testing.TB) *Mortal {
	t.Helper()
	c, err := startCluster()
	if errors.Is(err, errNoServer) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = c.lifeline.Close() }) // the supervisor stops the server
	return &Mortal{URL: withParams(t, c.address, "pool_max_conns", "8"), t: t, cluster: c}
}

// Kill ends the postmaster by SIGKILL; its processes notice, and end too. It returns when nobody is answered any more.
func (m *Mortal) Kill() {
	m.t.Helper()
	m.tell("kill")
	for answers(m.address) {
	}
}

// Start starts the server on what the killed one has left, and returns when it answers.
func (m *Mortal) Start() {
	m.t.Helper()
	m.tell("start")
	if err := awaitServer(m.address); err != nil {
		m.t.Fatal(err)
	}
}

func (m *Mortal) tell(word string) {
	m.t.Helper()
	if _, err := io.WriteString(m.lifeline, word+"\n"); err != nil {
		m.t.Fatal(err)
	}
}
