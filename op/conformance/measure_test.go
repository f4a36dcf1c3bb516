package main

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

// standIn answers as the suite's REST interface does, for one plan whose modules end as they are told.
type standIn struct {
	*httptest.Server
	modules []string                     // of the plan
	ends    map[string]map[string]string // module -> status and result, once it has begun; CONFIGURED until it is started
	logs    map[string]string            // module -> its log
	told    map[string]any               // about the house

	mu       sync.Mutex
	started  []string
	canceled []string
}

func newStandIn(t *testing.T) *standIn {
	s := &standIn{ends: map[string]map[string]string{}, logs: map[string]string{}}
	answer := func(f func(r *http.Request) any) http.HandlerFunc {
		return func(w http.ResponseWriter, r *http.Request) {
			s.mu.Lock()
			defer s.mu.Unlock()
			if err := json.NewEncoder(w).Encode(f(r)); err != nil {
				t.Error(err)
			}
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/server", answer(func(*http.Request) any { return map[string]string{"version": "5", "revision": "abc"} }))
	mux.HandleFunc("POST /api/plan", answer(func(r *http.Request) any {
		var modules []module
		for _, name := range s.modules {
			modules = append(modules, module{Name: name})
		}
		if err := json.NewDecoder(r.Body).Decode(&s.told); err != nil {
			t.Error(err)
		}
		return map[string]any{"id": r.URL.Query().Get("planName"), "modules": modules}
	}))
	mux.HandleFunc("POST /api/runner", answer(func(r *http.Request) any { return map[string]string{"id": r.URL.Query().Get("test")} }))
	mux.HandleFunc("POST /api/runner/{id}", answer(func(r *http.Request) any {
		s.started = append(s.started, r.PathValue("id"))
		s.ends[r.PathValue("id")]["status"] = "FINISHED"
		return nil
	}))
	mux.HandleFunc("DELETE /api/runner/{id}", answer(func(r *http.Request) any {
		s.canceled = append(s.canceled, r.PathValue("id"))
		s.ends[r.PathValue("id")]["status"] = "INTERRUPTED"
		return nil
	}))
	mux.HandleFunc("GET /api/info/{id}", answer(func(r *http.Request) any { return s.ends[r.PathValue("id")] }))
	mux.HandleFunc("GET /api/log/{id}", answer(func(r *http.Request) any { return json.RawMessage("[" + s.logs[r.PathValue("id")] + "]") }))
	s.Server = httptest.NewTLSServer(mux)
	t.Cleanup(s.Close)
	return s
}

// end says how a module ends.
func (s *standIn) end(module, status, result, log string) {
	s.modules = append(s.modules, module)
	s.ends[module] = map[string]string{"status": status, "result": result}
	s.logs[module] = log
}

// run measures the plan config against the stand-in, with these expectations.
func (s *standIn) run(t *testing.T, expected string, change func(*measure)) (string, error) {
	suite, err := openSuite(t.Context(), s.URL)
	if err != nil {
		t.Fatal(err)
	}
	list, err := parse(expected)
	if err != nil {
		t.Fatal(err)
	}
	var out strings.Builder
	m := measure{suite: suite, expectations: list, out: &out, patience: time.Second,
		told: func(p plan) map[string]any { return map[string]any{"alias": p.name} }}
	if change != nil {
		change(&m)
	}
	return out.String(), m.all(t.Context(), plans[:1])
}

func TestWhatEndsAsItMustIsPrintedAndIsNoError(t *testing.T) {
	s := newStandIn(t)
	s.end("one", "FINISHED", "PASSED", "")
	s.end("two", "FINISHED", "WARNING", `{"src": "Odd", "msg": "is odd", "result": "WARNING"}`)
	logs := t.TempDir()
	var out strings.Builder
	_, err := s.run(t, "config two WARNING=Odd it may be odd", func(m *measure) { m.logs, m.out = logs, &out })
	if err != nil {
		t.Error(err)
	}
	want := []string{
		"config               one                                                                    PASSED   expected",
		"config               two                                                                    WARNING  expected: it may be odd",
		"", "| plan | modules | passed | review | skipped | warnings | failed |", "|---|---|---|---|---|---|---|", "| `config` | 2 | 1 | 0 | 0 | 1 | 0 |", "",
	}
	if diff := cmp.Diff(want, strings.Split(out.String(), "\n")); diff != "" {
		t.Error(diff)
	}
	if s.told["alias"] != "config" {
		t.Errorf("the suite was told %v", s.told)
	}
	if kept, err := os.ReadFile(filepath.Join(logs, "config.two.json")); err != nil || !strings.Contains(string(kept), "is odd") {
		t.Errorf("kept %q, %v", kept, err)
	}
}

func TestWhatEndsOtherwiseIsToldInTheSuitesWordsAndIsAnError(t *testing.T) {
	s := newStandIn(t)
	s.end("one", "FINISHED", "FAILED", `{"src": "Check", "msg": "is wrong", "result": "FAILURE"}, {"src": "Fine", "msg": "is right", "result": "SUCCESS"}`)
	s.end("two", "FINISHED", "PASSED", "")
	var out strings.Builder
	_, err := s.run(t, "config two REVIEW a person looks\nconfig three SKIPPED not there", func(m *measure) { m.out = &out })
	if err == nil || err.Error() != "3 unexpected" {
		t.Errorf("got %v", err)
	}
	for _, want := range []string{
		"FAILED=Check UNEXPECTED (expected PASSED), see " + s.URL + "/log-detail.html?log=one\n\tFAILURE Check: is wrong\nconfig",
		"PASSED   UNEXPECTED (expected REVIEW: a person looks)",
		"expected.txt:2: no module three ran in config",
	} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("%q is not in\n%s", want, out.String())
		}
	}
}

func TestKeysAreRotatedBeforeTheModuleThatWaitsForItIsStarted(t *testing.T) {
	s := newStandIn(t)
	s.end("other", "FINISHED", "PASSED", "")
	s.end(rotates, "CONFIGURED", "PASSED", "")
	rotated := 0
	_, err := s.run(t, "", func(m *measure) {
		m.out = new(strings.Builder)
		m.rotate = func(context.Context) error { rotated++; return nil }
	})
	if err != nil || rotated != 1 || len(s.started) != 1 || s.started[0] != rotates {
		t.Errorf("%v; rotated %d times, started %q", err, rotated, s.started)
	}
}

func TestAModuleThatDoesNotEndIsCancelled(t *testing.T) {
	s := newStandIn(t)
	s.end("hangs", "WAITING", "UNKNOWN", "")
	var out strings.Builder
	_, err := s.run(t, "", func(m *measure) { m.out, m.patience = &out, 50*time.Millisecond })
	if err == nil || len(s.canceled) != 1 || !strings.Contains(out.String(), "INTERRUPTED UNEXPECTED") {
		t.Errorf("%v; cancelled %q\n%s", err, s.canceled, out.String())
	}
}

func TestASuiteThatDoesNotAnswerIsSaidSo(t *testing.T) {
	s := newStandIn(t)
	s.Close()
	if _, err := openSuite(t.Context(), s.URL); err == nil || !strings.HasPrefix(err.Error(), "no conformance suite answers at CONFORMANCE_SUITE: ") {
		t.Errorf("got %v", err)
	}
}
