package storage

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"slices"
	"strconv"
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
	s.set(n)
	return nil
}

func (s stamp) set(micros int64) {
	*s.to = time.Time{}
	if micros != 0 {
		*s.to = time.UnixMicro(micros).UTC()
	}
}

// fieldEnd stands between the values of a packed column. No stored text has it: see clean.
const fieldEnd = "\x1f"

// packed is SQL that reads several columns (which are not null, or all null) as one text. The SQLite driver takes about a
// microsecond for each column of each answer; on the way of a token that is most of the whole look-up.
func packed(columns string) string { return `concat_ws('` + fieldEnd + `', ` + columns + `)` }

// fields scans what packed reads, value by value. Where all columns are null, all stay as they are.
type fields []any

// Scan implements sql.Scanner.
func (f fields) Scan(src any) error {
	s, err := text(src)
	if err != nil || s == "" {
		return err
	}
	values := strings.Count(s, fieldEnd) + 1
	if values != len(f) {
		return fmt.Errorf("a row has %d values, want %d", values, len(f))
	}
	for _, to := range f {
		value, rest, _ := strings.Cut(s, fieldEnd)
		if err := field(to, value); err != nil {
			return err
		}
		s = rest
	}
	return nil
}

// field sets one value from its text. A truth is 1 in SQLite and t in PostgreSQL.
func field(to any, value string) error {
	switch to := to.(type) {
	case *string:
		*to = value
	case *bool:
		*to = value == "1" || value == "t"
	case *int64:
		n, err := strconv.ParseInt(value, 10, 64)
		*to = n
		return err
	case stamp:
		n, err := strconv.ParseInt(value, 10, 64)
		to.set(n)
		return err
	case sql.Scanner:
		return to.Scan(value)
	default:
		return fmt.Errorf("no way to read a %T", to)
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
