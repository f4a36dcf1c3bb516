package admin

import (
	"cmp"
	"context"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

var logRoutes = []route{
	{path: "/admin/log", look: LookPeople, get: (*visit).logPage, place: "log", query: append([]string{"after", "live"}, logFields...)},
	{path: "/admin/log/export", look: LookPeople, get: (*visit).exportLog, place: "log", query: append([]string{"format"}, logFields...)},
	{path: "/admin/log/verify", look: LookAll, keep: LookAll, get: (*visit).askVerify, post: (*visit).verifyLog, place: "log"},
	{path: "/admin/log/{id}", look: LookPeople, get: (*visit).inspectPage, place: "log"},
}

const eventsShown = 50

// logPage is a part of the log.
type logPage struct {
	Typed   map[string]string // the filter as it was typed, by field
	Kinds   []options
	Results []options
	Events  []eventRow
	More    string
	Narrow  bool   // something narrows the list
	Live    string // path of the list that renews itself; "" it does
	Still   string // path of the list that does not
	NDJSON  string // address of the list as a file
	CSV     string
	All     bool // the visitor may see what is not about people
}

// eventRow is an event in words.
type eventRow struct {
	Path, Time, What, Result string
	Who, On, From, Reference string
	WhoPath, OnPath          string
	Bad                      bool
}

// logFields are the fields that narrow the log.
var logFields = []string{"who", "app", "kind", "result", "reference", "address", "from", "until"}

func (v *visit) logPage() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	f, faults, err := v.logFilter(query)
	if err != nil {
		return err
	}
	page := logPage{All: v.by.May(LookAll), Typed: map[string]string{}, Kinds: v.kinds(query.Get("kind")), Results: v.results(query.Get("result"))}
	narrow := url.Values{}
	for _, name := range logFields {
		if page.Typed[name] = query.Get(name); page.Typed[name] != "" {
			narrow.Set(name, page.Typed[name])
		}
	}
	page.Narrow, page.Still = len(narrow) > 0, "/admin/log?"+narrow.Encode()
	page.NDJSON, page.CSV = exportPath(NDJSON, narrow), exportPath(CSV, narrow)
	if !query.Has("live") {
		narrow.Set("live", "1")
		page.Live = "/admin/log?" + narrow.Encode()
		narrow.Del("live")
	}
	if len(faults) == 0 {
		read, err := v.Desk.Log(v.r.Context(), v.by, f, Part{query.Get("after"), eventsShown})
		if err != nil {
			return err
		}
		if page.Events, err = v.rows(read.Events); err != nil {
			return err
		}
		page.More = more("/admin/log", page.Typed, read.Next)
	}
	return v.show("log", v.t("console.log"), page, faults...)
}

// exportPath is written here: a query that a page puts behind another one loses its = (html/template), and with it all that narrows the list.
func exportPath(format string, narrow url.Values) string {
	query := maps.Clone(narrow)
	query.Set("format", format)
	return "/admin/log/export?" + query.Encode()
}

// logFilter reads what narrows the log. A person is named by address, number or id, and one who is removed by their last address or id.
func (v *visit) logFilter(query url.Values) (storage.LogFilter, []web.FieldError, error) {
	f := storage.LogFilter{Client: query.Get("app"), Kind: query.Get("kind"), Result: query.Get("result"),
		Reference: strings.ToUpper(query.Get("reference")), Address: query.Get("address")}
	var faults []web.FieldError
	if who := strings.TrimSpace(query.Get("who")); who != "" {
		u, _, err := v.Desk.Store.Login(v.r.Context(), who)
		f.User = u.ID
		if errors.Is(err, storage.ErrNotFound) {
			f.User, err = v.Desk.former(v.r.Context(), who)
		}
		if err != nil {
			return f, nil, err
		}
		f.User = cmp.Or(f.User, who)
	}
	for _, end := range []struct {
		field string
		at    *time.Time
		add   time.Duration
	}{{"from", &f.From, 0}, {"until", &f.Until, 24 * time.Hour}} {
		if typed := query.Get(end.field); typed != "" {
			day, err := v.Site.Texts.ReadDay(typed)
			if err != nil {
				faults = append(faults, web.FieldError{Field: end.field, Text: v.t("log.day-fault")})
				continue
			}
			*end.at = day.Add(end.add)
		}
	}
	return f, faults, nil
}

// actor is who did it, where that is no person.
func (v *visit) actor(id string) string {
	key := "log.actor-" + id
	if v.Site.Texts.Has(key) {
		return v.t(key)
	}
	return strings.TrimPrefix(id, "client:")
}

// bad says whether an event tells of something that did not go well.
func bad(e Event) bool {
	return e.Kind == storage.SignInRefused || badKinds[e.Kind]
}

var badKinds = map[string]bool{
	storage.ClientRefused: true, storage.ClientMisfit: true, storage.ClientDenied: true, storage.GrantCodeBurnt: true, storage.GrantCodeReplayed: true, storage.GrantRefreshReused: true,
	storage.TrustStolen: true, storage.AlarmRaised: true, storage.LetterFailed: true, storage.LetterExpired: true,
}

// kindWords is what happened; a kind without words is shown as it is stored.
func (v *visit) kindWords(kind string) string {
	key := "log." + strings.NewReplacer(".", "-", "_", "-").Replace(kind)
	if !v.Site.Texts.Has(key) {
		return kind
	}
	return v.t(key)
}

// exportLog sends the log as a file.
func (v *visit) exportLog() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	f, faults, err := v.logFilter(query)
	if err != nil {
		return err
	}
	format := query.Get("format")
	types := map[string]string{NDJSON: "application/x-ndjson", CSV: "text/csv; charset=utf-8"}
	if types[format] == "" || len(faults) > 0 {
		return &web.Refused{Status: http.StatusBadRequest, Why: "format is neither ndjson nor csv, or a day is none"}
	}
	return download{"doorward-log." + format, types[format]}.send(v.w, v.r, func(ctx context.Context, w io.Writer) error {
		return v.Desk.ExportLog(ctx, v.by, f, format, w)
	})
}

// verifyPage is whether the log is as it was written.
type verifyPage struct {
	Told   *Verification
	Begun  string
	Clean  bool
	Faults []factRow
}

func (v *visit) askVerify() error { return v.show("verify", v.t("log.verify"), verifyPage{}) }

func (v *visit) verifyLog() error {
	if _, err := v.form(); err != nil {
		return err
	}
	ctx, done := patiently(v.w, v.r, verifyFor)
	defer done()
	told, err := v.Desk.VerifyLog(ctx, v.by)
	if err != nil {
		return err
	}
	page := verifyPage{Told: &told, Begun: v.at(told.Report.Begun), Clean: !told.Cut && told.Report.Faults == 0}
	for _, f := range told.Faults {
		page.Faults = append(page.Faults, factRow{Name: f.Event, Text: v.faultWords(f.What)})
	}
	return v.show("verify", v.t("log.verify"), page)
}

func (v *visit) faultWords(what string) string {
	if key := "log.fault-" + strings.ReplaceAll(what, "_", "-"); v.Site.Texts.Has(key) {
		return v.t(key)
	}
	return what
}
