package main

import (
	"bytes"
	"database/sql"
	"fmt"
	"testing"

	_ "modernc.org/sqlite" // to read what the house has written, past the house
)

// dump is every value of every table of a SQLite file that nobody has open, each whole: in the file, a long one is cut
// into pages.
func dump(t *testing.T, path string) []byte {
	t.Helper()
	db, err := sql.Open("sqlite", "file:"+path+"?mode=ro")
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	var all bytes.Buffer
	tables := column(t, db, `select name from sqlite_master where type = 'table'`)
	for _, table := range tables {
		rows, err := db.Query(fmt.Sprintf("select * from %q", table))
		if err != nil {
			t.Fatal(err)
		}
		writeRows(t, &all, rows)
	}
	if len(tables) < 10 || all.Len() == 0 {
		t.Errorf("%d tables with %d bytes: that is not the house's database", len(tables), all.Len())
	}
	return all.Bytes()
}

func column(t *testing.T, db *sql.DB, query string) []string {
	t.Helper()
	rows, err := db.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	var list []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			t.Fatal(err)
		}
		list = append(list, s)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return list
}

func writeRows(t *testing.T, to *bytes.Buffer, rows *sql.Rows) {
	t.Helper()
	defer rows.Close()
	names, err := rows.Columns()
	if err != nil {
		t.Fatal(err)
	}
	for rows.Next() {
		values, into := make([]any, len(names)), make([]any, len(names))
		for i := range values {
			into[i] = &values[i]
		}
		if err := rows.Scan(into...); err != nil {
			t.Fatal(err)
		}
		for _, v := range values {
			if b, ok := v.([]byte); ok {
				v = string(b)
			}
			fmt.Fprintf(to, "%v\n", v)
		}
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}
