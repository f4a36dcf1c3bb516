package admin

import (
	"errors"
	"strconv"
	"strings"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// importPage is the form of a list, and what would become of it.
type importPage struct {
	List    string
	Hashes  string // kinds that are taken
	Checked bool   // the table shows what would become of the list
	Done    bool   // the table shows what has become of it
	Summary string
	Good    string // how many would be added; "" nobody
	Rows    []importedRow
	More    string // how many lines are not shown; "" none
}

type importedRow struct {
	Line  int
	Email string
	Chip  chip
	Why   string
}

func (v *visit) importForm() error { return v.showImport(importPage{}) }

func (v *visit) showImport(page importPage, faults ...web.FieldError) error {
	page.Hashes = strings.Join(keys.Known(), "; ")
	return v.show("people-import", v.t("people.import-title"), page, faults...)
}

// importPeople checks a list; with the second button, which is there once it was checked, it reads it in.
func (v *visit) importPeople() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	page := importPage{List: form.Get("list"), Checked: !form.Has("import"), Done: form.Has("import")}
	ctx, done := patiently(v.w, v.r, importFor)
	defer done()
	report, err := v.importList(ctx, v.by, strings.NewReader(page.List), page.Checked)
	var invalid *storage.Invalid
	if errors.As(err, &invalid) {
		return v.showImport(importPage{List: page.List}, web.FieldError{Field: "list", Text: v.t("people.import-unread", "why", spoken(v.t).why(invalid.Why))})
	}
	if err != nil {
		return err
	}
	numbers := []string{"added", strconv.Itoa(report.Added), "exists", strconv.Itoa(report.Exists), "invalid", strconv.Itoa(report.Invalid)}
	page.Summary = v.t("people.import-would", numbers...)
	if page.Done {
		page.Summary, page.List = v.t("people.import-did", numbers...), ""
	} else if report.Added > 0 {
		page.Good = strconv.Itoa(report.Added)
	}
	good, others := 0, 0
	for _, r := range report.Rows {
		if r.Result == storage.ImportAdded {
			good++
		} else {
			others++
		}
		if r.Result == storage.ImportAdded && good > goodShown || r.Result != storage.ImportAdded && others > othersShown {
			continue
		}
		page.Rows = append(page.Rows, v.importedRow(r, page.Done))
	}
	if more := len(report.Rows) - len(page.Rows); more > 0 {
		page.More = v.t("people.import-more", "n", strconv.Itoa(more))
	}
	return v.showImport(page)
}

// How many lines of a list are shown: a page of fifty thousand is of use to nobody, and the numbers of all stand above.
const (
	goodShown   = 20
	othersShown = 100
	emailShown  = 100 // bytes of what stands where an address should
)

func (v *visit) importedRow(r ImportRow, done bool) importedRow {
	row := importedRow{Line: r.Line, Email: clipped(r.Email, emailShown)}
	switch r.Result {
	case storage.ImportAdded:
		if row.Chip = (chip{"tag", v.t("people.import-good")}); done {
			row.Chip.Text = v.t("people.import-added")
		}
	case storage.ImportExists:
		row.Chip, row.Why = chip{"tag plain", v.t("people.import-exists")}, v.t("people.import-taken", "field", spoken(v.t).label(r.Field))
	case "left":
		row.Chip, row.Why = chip{"tag care", v.t("people.import-left")}, v.t("people.import-again")
	default:
		row.Chip, row.Why = chip{"tag bad", v.t("people.import-invalid")}, v.importFault(r)
	}
	return row
}

// importFault is what is wrong with a line, in the visitor's language as far as it has a sentence for it.
func (v *visit) importFault(r ImportRow) string {
	if known := map[string]string{"email": v.t("person.fault-email"), "google_email": v.t("person.fault-email"), "link_email": v.t("person.fault-email"),
		"customer_number": v.t("person.fault-number"), "language": v.t("person.fault-language")}[r.Field]; known != "" {
		return known
	}
	return spoken(v.t).fault(&storage.Invalid{Field: r.Field, Why: r.Why})
}
