package admin

import (
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

// Bounds of a list of people that is read in.
const (
	MaxImport     = 8 << 20 // bytes
	maxImportRows = 50_000
)

// importColumns are what a list may name; all else is refused by name, so that nobody believes in what was not read (AD-04).
var importColumns = map[string]func(*storage.ImportedUser, string){
	"email":           func(p *storage.ImportedUser, s string) { p.User.Email = canonicalEmail(s) },
	"name":            func(p *storage.ImportedUser, s string) { claim(p.User.Claims, "name", s) },
	"given_name":      func(p *storage.ImportedUser, s string) { claim(p.User.Claims, "given_name", s) },
	"family_name":     func(p *storage.ImportedUser, s string) { claim(p.User.Claims, "family_name", s) },
	"customer_number": func(p *storage.ImportedUser, s string) { p.User.CustomerNumber = canonicalNumber(s) },
	"google_address":  func(p *storage.ImportedUser, s string) { p.User.LinkEmail = canonicalEmail(s) },
	"language":        func(p *storage.ImportedUser, s string) { claim(p.User.Claims, "locale", s) },
	"groups":          func(p *storage.ImportedUser, s string) { p.User.Groups = groupNames(strings.Split(s, ";")) },
	"password_hash":   func(p *storage.ImportedUser, s string) { p.Hash = strings.TrimSpace(s) },
}

// passedOver are columns of a list that was written here, which nobody sets by a file.
var passedOver = []string{"role", "state", "authenticator_app", "email_verified", "created", "first_sign_in"}

// ImportReport is what has become of a list, or would.
type ImportReport struct {
	Dry     bool        `json:"dry_run"`
	Added   int         `json:"added"`
	Exists  int         `json:"exists"`
	Invalid int         `json:"invalid"`
	Left    int         `json:"left"` // of which nothing is known, since it ended early: read the list in again
	Rows    []ImportRow `json:"rows"`
}

// ImportRow is what has become of a line.
type ImportRow struct {
	Line   int    `json:"line"` // of the file
	Email  string `json:"email"`
	Result string `json:"result"` // "added", "exists", "invalid", "left"
	Field  string `json:"field,omitempty"`
	Why    string `json:"why,omitempty"`
	ID     string `json:"id,omitempty"`
}

// ImportPeople adds the people of a CSV list (RFC 4180; the first line names its columns), or says what would become of it when dry. Who
// exists already is left as they are. Groups that do not exist are made. Whoever has no password_hash is invited, but is sent nothing;
// a hash is judged and sealed, and is made anew when its person signs in. *storage.Invalid: the list cannot be read.
func (d *Desk) ImportPeople(ctx context.Context, by Actor, list io.Reader, dry bool) (ImportReport, error) {
	rows, err := readPeople(list)
	if err != nil {
		return ImportReport{}, err
	}
	report := ImportReport{Dry: dry, Rows: make([]ImportRow, len(rows))}
	var good []storage.ImportedUser
	var places []int
	for i, r := range rows {
		report.Rows[i] = ImportRow{Line: r.line, Email: r.person.User.Email}
		if r.fault = d.sealHash(&r.person, r.fault); r.fault != nil {
			report.Rows[i].fail(r.fault)
			continue
		}
		good, places = append(good, r.person), append(places, i)
	}
	results, err := d.Store.ImportUsers(ctx, good, dry, by.event("import"))
	for n, result := range results { // what is said is done, also where it ended early
		report.Rows[places[n]].become(result)
	}
	report.count()
	return report, err
}

// sealHash judges a hash of a password, and makes of it what is stored.
func (d *Desk) sealHash(p *storage.ImportedUser, fault error) error {
	if p.Hash == "" || fault != nil {
		return fault
	}
	sealed, err := d.Keys.Passwords.Import(p.Hash)
	if err != nil {
		return &storage.Invalid{Field: "password_hash", Why: err.Error()}
	}
	p.Hash = sealed
	return nil
}

func (r *ImportRow) fail(err error) {
	r.Result, r.Why = storage.ImportInvalid, err.Error()
	if found := invalids(err); len(found) > 0 {
		r.Field, r.Why = found[0].Field, found[0].Why
	}
}

func (r *ImportRow) become(result storage.ImportResult) {
	if result.Err != nil {
		r.fail(result.Err)
		return
	}
	r.Result, r.Field, r.ID = result.Result, result.Field, result.ID
	if r.Result == storage.ImportExists {
		r.Why = takenWhy
	}
}

func (r *ImportReport) count() {
	for _, row := range r.Rows {
		switch row.Result {
		case storage.ImportAdded:
			r.Added++
		case storage.ImportExists:
			r.Exists++
		case storage.ImportInvalid:
			r.Invalid++
		}
	}
}

// leave names the lines of which nothing is known.
func (r *ImportReport) leave() {
	for i := range r.Rows {
		if r.Rows[i].Result == "" {
			r.Rows[i].Result = "left"
			r.Left++
		}
	}
}

// importFor is how long a list may take: 50,000 people take half a minute, and several where others write too.
const importFor = 5 * time.Minute

// importList is Desk.ImportPeople for who waits for the report, which they have also where an error came after somebody was added: the
// list is half in, and they must know which half.
func (c *Console) importList(ctx context.Context, by Actor, list io.Reader, dry bool) (ImportReport, error) {
	report, err := c.Desk.ImportPeople(ctx, by, list, dry)
	if err == nil || dry || report.Added == 0 {
		return report, err
	}
	c.Site.Log.ErrorContext(ctx, "an import ended early", "reference", by.Reference, "added", report.Added, "error", err)
	report.leave()
	return report, nil
}

// readRow is a line of a list.
type readRow struct {
	line   int
	person storage.ImportedUser
	fault  error
}

// readPeople reads a list strictly.
func readPeople(list io.Reader) ([]readRow, error) {
	bad := func(why string, a ...any) ([]readRow, error) {
		return nil, &storage.Invalid{Field: "list", Why: fmt.Sprintf(why, a...)}
	}
	in := csv.NewReader(io.LimitReader(list, MaxImport+1))
	in.ReuseRecord = true
	header, err := in.Read()
	if err != nil {
		return bad("wants a first line that names its columns")
	}
	columns, err := columnsOf(header)
	if err != nil {
		return nil, err
	}
	var rows []readRow
	for {
		record, err := in.Read()
		switch {
		case errors.Is(err, io.EOF) && in.InputOffset() > MaxImport:
			return bad("is larger than 8 MiB")
		case errors.Is(err, io.EOF):
			return rows, nil
		case errors.Is(err, csv.ErrFieldCount):
			return bad("has another number of cells in line %d than in its first", lineOf(err))
		case err != nil:
			return bad("is not CSV near line %d", lineOf(err))
		case len(rows) == maxImportRows:
			return bad("has more than %d people", maxImportRows)
		}
		line, _ := in.FieldPos(0)
		rows = append(rows, rowOf(line, columns, record))
	}
}

// lineOf is where a list could not be read; 0 nobody knows.
func lineOf(err error) int {
	var fault *csv.ParseError
	if errors.As(err, &fault) {
		return fault.Line
	}
	return 0
}

// columnsOf are the columns that the first line of a list names.
func columnsOf(header []string) ([]string, error) {
	columns := make([]string, len(header))
	for i, name := range header {
		name = strings.ToLower(strings.TrimSpace(strings.TrimPrefix(name, "\ufeff"))) // which some programs write before it
		_, ok := importColumns[name]
		switch {
		case !ok && !slices.Contains(passedOver, name):
			return nil, &storage.Invalid{Field: "list", Why: fmt.Sprintf("has a column %q, which is not known", clipped(name, 40))}
		case slices.Contains(columns, name):
			return nil, &storage.Invalid{Field: "list", Why: "names the column " + name + " twice"}
		}
		columns[i] = name
	}
	if !slices.Contains(columns, "email") {
		return nil, &storage.Invalid{Field: "list", Why: "has no column email"}
	}
	return columns, nil
}

// groupsNamed refuses names that AddGroup refuses: a person's form, which parts them there, could not be sent.
func groupsNamed(names []string) error {
	if slices.ContainsFunc(names, func(name string) bool { return strings.ContainsAny(name, ",;") || strings.Trim(name, ".") == "" }) {
		return &storage.Invalid{Field: "groups", Why: "wants names without commas, parted by semicolons"}
	}
	return nil
}

// rowOf is a line of a list, with what is wrong in it beyond what a record's own check finds.
func rowOf(line int, columns, record []string) readRow {
	r := readRow{line: line, person: storage.ImportedUser{User: storage.User{Claims: map[string]any{}, EmailVerified: true}}} // who reads a list in vouches for it
	for i, name := range columns {
		text := strings.Clone(uncell(record[i])) // the record is used again
		if set := importColumns[name]; set != nil && text != "" {
			set(&r.person, text)
		}
	}
	name, _ := r.person.User.Claims["name"].(string)
	r.fault = errors.Join(oneLine("name", &name), groupsNamed(r.person.User.Groups))
	return r
}
