package admin

import (
	"strings"
	"unicode/utf8"
)

const (
	// formula are the characters with which a cell would be computed by whoever opens a list in a spreadsheet, also in full width.
	formula = "=+-@＝＋－＠\t\r\n"
	// between are the characters at which a spreadsheet begins another cell: German Excel does so at a semicolon, and takes quotes around
	// what holds commas for a part of it.
	between = ",;\t\r\n"
)

// computed says whether a cell that begins so would be a formula; spaces and quotes before it do not keep it from that.
func computed(text string) bool {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(text, ` "'`))
	return strings.ContainsRune(formula, first)
}

// cell is a value of a list that no spreadsheet computes, whatever it takes for the end of a cell (XS-09): an apostrophe stands before each
// formula.
func cell(value string) string {
	var b strings.Builder
	for begins, i := true, 0; i < len(value); i++ {
		if begins && computed(value[i:]) {
			b.WriteByte('\'')
		}
		b.WriteByte(value[i])
		begins = strings.IndexByte(between, value[i]) >= 0
	}
	return b.String()
}

// uncell is the value of a cell that cell has written.
func uncell(text string) string {
	var b strings.Builder
	for begins, i := true, 0; i < len(text); i++ {
		if !begins || text[i] != '\'' || !computed(text[i:]) {
			b.WriteByte(text[i])
		}
		begins = strings.IndexByte(between, text[i]) >= 0
	}
	return b.String()
}
