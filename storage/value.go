package storage

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"
)

// micros is how a time stands in a column: Unix microseconds, 0 for none.
func micros(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMicro()
}

// stamp scans a time column.
type stamp struct{ to *time.Time }

func at(t *time.Time) stamp { return stamp{t} }

// Scan implements sql.Scanner.
func (s stamp) Scan(src any) error {
	n, ok := src.(int64)
	if !ok {
		return fmt.Errorf("a time is stored as %T", src)
	}
	*s.to = time.Time{}
	if n != 0 {
		*s.to = time.UnixMicro(n).UTC()
	}
	return nil
}

// joined is how a list of words (scopes, amr, resource) stands in a column.
func joined(list []string) string { return strings.Join(list, " ") }

// words scans a list of words.
type words struct{ to *[]string }

func list(l *[]string) words { return words{l} }

// Scan implements sql.Scanner.
func (w words) Scan(src any) error {
	s, err := text(src)
	if err != nil {
		return err
	}
	*w.to = nil
	if s != "" {
		*w.to = strings.Split(s, " ")
	}
	return nil
}

// union is a with what b has besides, in a's order.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// encoded is how a value stands in a JSON column; an empty one is "".
func encoded(v any, empty bool) (string, error) {
	if empty {
		return "", nil
	}
	b, err := json.Marshal(v)
	return string(b), err
}

// parsed scans a JSON column.
type parsed struct{ to any }

// Scan implements sql.Scanner.
func (p parsed) Scan(src any) error {
	s, err := text(src)
	if err != nil || s == "" {
		return err
	}
	return json.Unmarshal([]byte(s), p.to)
}

// raw scans a JSON column that is handed on unparsed.
type raw struct{ to *json.RawMessage }

// Scan implements sql.Scanner.
func (r raw) Scan(src any) error {
	s, err := text(src)
	if err != nil {
		return err
	}
	*r.to = nil
	if s != "" {
		*r.to = json.RawMessage(s)
	}
	return nil
}

func text(src any) (string, error) {
	switch s := src.(type) {
	case string:
		return s, nil
	case []byte:
		return string(s), nil
	}
	return "", fmt.Errorf("a text is stored as %T", src)
}
