package op_test

import (
	"path/filepath"
	"testing"

	"github.com/doorward/doorward/storage"
)

// rows are those of all tables.
func (h *house) rows(t *testing.T) int64 {
	t.Helper()
	b, err := h.db.Backup(t.Context(), filepath.Join(t.TempDir(), "rows"), false)
	must(t, err)
	return b.Rows
}

func TestARequestForASignInLeavesNoRow(t *testing.T) { // BF-10
	h := newHouse(t)
	before := h.rows(t)
	must(t, h.db.Record(t.Context(), storage.Event{Kind: "test", Actor: "test"}))
	if after := h.rows(t); after != before+2 { // that, and the event of the first backup
		t.Fatalf("a row more makes %d of %d", after, before)
	}
	before = h.rows(t)
	for range 1000 {
		h.browser(t).authorize().asked()
	}
	if after := h.rows(t); after != before+1 { // the event of a backup
		t.Errorf("%d rows have become %d", before, after)
	}
}
