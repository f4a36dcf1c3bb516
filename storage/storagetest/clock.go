package storagetest

import (
	"fmt"
	"testing"
	"time"
)

// AheadURL is the address of the same schema where the database's clock is ahead of what it says to everybody else. To a node whose
// own clock is behind by as much, that is how the two stand.
func AheadURL(t testing.TB, address string, ahead time.Duration) string {
	t.Helper()
	base, err := server()
	if err != nil {
		t.Fatal(err)
	}
	schema := schemaOf(address)
	clock := schema + ".clock_timestamp()"
	run(t, base, fmt.Sprintf("create function %s returns timestamptz language sql as $$select pg_catalog.clock_timestamp() + interval '%d ms'$$", clock, ahead.Milliseconds()))
	t.Cleanup(func() { run(t, base, "drop function "+clock) })
	return withParams(t, address, "search_path", schema+",pg_catalog") // so that the schema's goes before the server's own
}
