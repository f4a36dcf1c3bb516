package admin

import "net/url"

// Part is the part of a list that is wanted.
type Part struct {
	After string // the cursor behind which it begins, which is Next of the part before; "": the beginning
	Limit int    // of rows, 1 to 200; what is outside is moved there (BF-14)
}

const (
	pageRows = 50  // of a page of the console
	maxRows  = 200 // of any part
)

func (p Part) rows() int { return min(max(p.Limit, 1), maxRows) }

// more is the address of the page behind a cursor, narrowed as narrow says, where "" narrows nothing; "" without a cursor: there is none.
func more(path string, narrow map[string]string, next string) string {
	if next == "" {
		return ""
	}
	query := url.Values{"after": {next}}
	for name, value := range narrow {
		if value != "" {
			query.Set(name, value)
		}
	}
	return path + "?" + query.Encode()
}
