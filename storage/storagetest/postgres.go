package storagetest

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"github.com/doorward/doorward/storage"
)

// errNoServer says that this machine has no PostgreSQL to test with.
var errNoServer = errors.New("neither DOORWARD_TEST_POSTGRES nor installed PostgreSQL binaries")

// server is the address of the one server of this test process.
var server = sync.OnceValues(func() (string, error) {
	if dsn := os.Getenv("DOORWARD_TEST_POSTGRES"); dsn != "" {
		return dsn, nil
	}
	c, err := startCluster()
	return c.address, err
})

// PostgresURL is the address of an empty schema on a real PostgreSQL server, for tests that start the
// binary; it skips or fails as Each does.
func PostgresURL(t testing.TB) string {
	t.Helper()
	base, err := server()
	if errors.Is(err, errNoServer) && os.Getenv("CI") == "" {
		t.Skip(err)
	}
	if err != nil {
		t.Fatal(err)
	}
	schema := "t_" + storage.NewID()
	run(t, base, "create schema "+schema)
	if lent := os.Getenv("DOORWARD_TEST_POSTGRES") != ""; lent { // a cluster of our own goes as a whole
		t.Cleanup(func() { run(t, base, "drop schema "+schema+" cascade") })
	}
	// Fewer connections than the default: each costs the server a process, and eight race as well as more.
	return withParams(t, base, "search_path", schema, "pool_max_conns", "8")
}

// withParams adds names and values to an address.
func withParams(t testing.TB, base string, params ...string) string {
	t.Helper()
	u, err := url.Parse(base)
	if err != nil {
		t.Fatal("DOORWARD_TEST_POSTGRES is not a postgres:// URL")
	}
	q := u.Query()
	for i := 0; i < len(params); i += 2 {
		q.Set(params[i], params[i+1])
	}
	u.RawQuery = q.Encode()
	return u.String()
}

// run is used in cleanups too, where the test's own context has ended.
func run(t testing.TB, base, text string) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, base)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(ctx) }()
	if _, err := conn.Exec(ctx, text); err != nil {
		t.Error(err)
	}
}

// answers says whether a server takes connections.
func answers(address string) bool {
	ctx, cancel := context.WithTimeout(context.Background(), time.Second)
	defer cancel()
	conn, err := pgx.Connect(ctx, address)
	return err == nil && conn.Close(ctx) == nil
}

// awaitServer returns when the server answers.
func awaitServer(address string) error {
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	for {
		conn, err := pgx.Connect(ctx, address)
		if err == nil {
			return conn.Close(ctx)
		}
		if ctx.Err() != nil {
			return fmt.Errorf("the throwaway PostgreSQL does not answer: %s", strings.TrimSpace(err.Error()))
		}
		time.Sleep(20 * time.Millisecond)
	}
}

// schemaOf is the schema of an address that PostgresURL has made.
func schemaOf(address string) string {
	u, err := url.Parse(address)
	if err != nil {
		return ""
	}
	return u.Query().Get("search_path")
}

// connect opens one connection to an address that PostgresURL has made, whose pool's settings mean nothing to it.
func connect(ctx context.Context, address string) (*pgx.Conn, error) {
	config, err := pgx.ParseConfig(address)
	if err != nil {
		return nil, err
	}
	delete(config.RuntimeParams, "pool_max_conns")
	return pgx.ConnectConfig(ctx, config)
}
