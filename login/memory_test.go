package login

import (
	"fmt"
	"testing"
	"time"
)

func TestAMemoryHoldsAKeyForItsWhileAndIsBounded(t *testing.T) {
	t.Parallel()
	var m memory
	noon := time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)
	if m.left("a", noon) != 0 || !m.keep("a", noon, time.Minute) || m.keep("a", noon.Add(59*time.Second), time.Hour) {
		t.Error("a key is held before it came, or comes twice")
	}
	if m.left("a", noon.Add(50*time.Second)) != 10*time.Second || m.left("a", noon.Add(time.Minute)) != 0 || !m.keep("a", noon.Add(time.Minute), time.Hour) {
		t.Error("a key is held too long, or too short")
	}
	for i := range maxKeys - 1 {
		m.keep(fmt.Sprint("over ", i), noon, time.Second)
	}
	if m.keep("b", noon.Add(2*time.Minute), time.Hour); m.left("a", noon.Add(2*time.Minute)) == 0 || len(m.until) != 2 {
		t.Errorf("%d keys are held", len(m.until))
	}
	for i := range 2 * maxKeys {
		m.keep(fmt.Sprint(i), noon.Add(time.Minute), time.Hour)
		if len(m.until) > maxKeys {
			t.Fatalf("%d keys are held", len(m.until))
		}
	}
}
