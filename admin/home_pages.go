package admin

import (
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
)

var homeRoutes = []route{
	{path: "/admin", look: LookPeople, get: (*visit).home, place: "home", query: []string{"done"}},
	{path: "/admin/search", look: LookPeople, get: (*visit).search, place: "home", query: []string{"q"}},
}

// homePage is the overview.
type homePage struct {
	Done     string
	Chart    chart
	Ways     []wayRow
	Failures []failureRow
	All      bool // the visitor may see what is not about people
	Mail     MailHealth
	// MailError is its last failure in words; "" none.
	MailError string
	Oldest    string
	Facts     []factRow
	Lacks     []link // what is still to do in a new house
}

type wayRow struct {
	Way, N string
	Bad    bool
}

type failureRow struct{ Path, Client, Words, N, Last string }

// factRow is a line about the house; Care marks what wants a hand.
type factRow struct {
	Name, Text string
	Care       bool
}

type link struct{ Path, Text string }

func (v *visit) home() error {
	o, err := v.Desk.Overview(v.r.Context())
	if err != nil {
		return err
	}
	page := homePage{Done: v.done(), Chart: v.chart(o.SignIns, v.Desk.Now()), Ways: v.ways(o.SignIns), All: v.by.May(LookAll), Mail: o.Mail, MailError: v.mailFailed(o.Mail.LastError)}
	if o.Mail.Oldest > 0 {
		page.Oldest = v.span(o.Mail.Oldest)
	}
	if page.All {
		page.Facts = v.facts(o)
		for _, f := range o.Failures {
			page.Failures = append(page.Failures, failureRow{"/admin/apps/" + f.Client + "/problems", f.Client, v.refusedClient(f.Result), strconv.FormatInt(f.N, 10), v.at(f.Last)})
		}
		if page.Lacks, err = v.lacks(o); err != nil {
			return err
		}
	}
	return v.show("home", v.t("console.home"), page)
}

// refusedClient is in words why an application could not prove itself.
func (v *visit) refusedClient(result string) string {
	key := "home.refused-" + strings.ReplaceAll(result, "_", "-")
	if !v.Site.Texts.Has(key) {
		return result
	}
	return v.t(key)
}

// ways are the sign-ins of the last day by how they were done, and the refused ones by why.
func (v *visit) ways(counts []SignInCount) []wayRow {
	type of struct {
		words string
		bad   bool
	}
	sums := map[of]int64{}
	var order []of
	for _, c := range counts {
		kind := of{v.way(c), c.Kind == storage.SignInRefused}
		if sums[kind] == 0 {
			order = append(order, kind)
		}
		sums[kind] += c.N
	}
	rows := []wayRow{}
	for _, bad := range []bool{false, true} {
		for _, kind := range order {
			if kind.bad == bad {
				rows = append(rows, wayRow{kind.words, strconv.FormatInt(sums[kind], 10), bad})
			}
		}
	}
	return rows
}

// way is how somebody signed in, or why not, in words; what has none yet is shown as it is stored.
func (v *visit) way(c SignInCount) string {
	if c.Kind == storage.SignInRefused {
		return v.refusedSignIn(c.Result)
	}
	var words []string
	for part := range strings.FieldsSeq(c.Method) {
		key := "home.way-" + part
		if v.Site.Texts.Has(key) {
			part = v.t(key)
		}
		words = append(words, part)
	}
	if len(words) == 0 {
		return v.t("home.way-other")
	}
	return strings.Join(words, " + ")
}

// refusedSignIn is in words why somebody was not let in.
func (v *visit) refusedSignIn(result string) string {
	key := "home.no-" + strings.ReplaceAll(result, "_", "-")
	if !v.Site.Texts.Has(key) {
		return result
	}
	return v.t(key)
}

// Ages from which something wants a hand.
const (
	backupOld       = 7 * 24 * time.Hour
	certificateSoon = 14 * 24 * time.Hour
)

func (v *visit) facts(o Overview) []factRow {
	now := v.Desk.Now()
	rows := []factRow{{Name: v.t("home.version"), Text: o.Version}}
	for _, a := range v.ages() {
		rows = append(rows, factRow{v.t("home.key", "alg", a.Alg), v.t("home.key-age", "age", v.span(now.Sub(a.Since)), "next", v.dayOr(a.Successor)), a.Successor.Before(now)})
	}
	backup := factRow{v.t("home.backup"), v.t("home.backup-never"), true}
	if !o.Backup.IsZero() {
		age := now.Sub(o.Backup)
		backup.Text, backup.Care = v.t("home.ago", "span", v.span(age)), age > backupOld
	}
	rows = append(rows, backup)
	if !o.Certificate.IsZero() {
		left := o.Certificate.Sub(now)
		text := v.t("home.certificate-ended")
		if left > 0 {
			text = v.t("home.left", "span", v.span(left))
		}
		rows = append(rows, factRow{v.t("home.certificate"), text, left < certificateSoon})
	}
	return rows
}

// lacks is what a new house still wants.
func (v *visit) lacks(o Overview) ([]link, error) {
	var list []link
	apps, _, err := v.Desk.Apps(v.r.Context(), AppFilter{}, Part{Limit: 1})
	if err != nil {
		return nil, err
	}
	if len(apps) == 0 && v.by.May(KeepAll) {
		list = append(list, link{"/admin/new-app", v.t("home.lacks-app")})
	}
	people, err := v.Desk.People(v.r.Context(), storage.PeopleFilter{}, Part{Limit: 2})
	if err != nil {
		return nil, err
	}
	if len(people.People) < 2 && v.by.May(KeepPeople) {
		list = append(list, link{"/admin/people/invite", v.t("home.lacks-people")})
	}
	if !o.Mail.Configured && v.by.May(KeepAll) {
		list = append(list, link{"/admin/settings/mail", v.t("home.lacks-mail")})
	}
	alone, err := v.passwordAlone(o)
	if err != nil {
		return nil, err
	}
	if alone && v.by.May(KeepAll) {
		list = append(list, link{"/admin/settings/sign-in", v.t("home.lacks-code")})
	}
	if !v.person.TOTP {
		list = append(list, link{v.Desk.Issuer + "/account/authenticator?next=/admin", v.t("home.lacks-totp")})
	}
	return list, nil
}

// passwordAlone says whether nobody is asked for a mailed code though letters leave the house, as a set-up without mail leaves it. Who wants
// that for good says so in the configuration: what the console holds may be the set-up's, and a house must not stay so unseen.
func (v *visit) passwordAlone(o Overview) (bool, error) {
	if !o.Mail.Configured || o.Mail.Down || o.Mail.LastError != "" {
		return false, nil
	}
	set, _, err := v.Desk.set(v.r.Context())
	return set[emailCode].Value == "never" && !set[emailCode].Fixed(), err
}

// searchPage is what was found by one field over everything.
type searchPage struct {
	Typed  string
	People []link
	Apps   []link
	More   string // list of people who are not shown, or not looked at yet; "" all are
}

const foundShown = 10

// search looks among people and applications; a reference that the log knows leads there at once. Who may not see applications finds none.
func (v *visit) search() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	page := searchPage{Typed: strings.TrimSpace(query.Get("q"))}
	if page.Typed == "" {
		return v.show("search", v.t("home.search"), page)
	}
	if e, err := v.Desk.Reference(v.r.Context(), v.by, page.Typed); err != nil {
		return err
	} else if e {
		http.Redirect(v.w, v.r, "/admin/log?reference="+url.QueryEscape(strings.ToUpper(page.Typed)), http.StatusSeeOther)
		return nil
	}
	people, err := v.Desk.People(v.r.Context(), storage.PeopleFilter{Search: page.Typed}, Part{Limit: foundShown})
	if err != nil {
		return err
	}
	for _, p := range people.People {
		page.People = append(page.People, link{"/admin/people/" + p.ID, p.Called() + " – " + p.Email})
	}
	page.More = more("/admin/people", narrowed(storage.PeopleFilter{Search: page.Typed}), people.Next)
	if v.by.May(LookAll) {
		apps, _, err := v.Desk.Apps(v.r.Context(), AppFilter{Search: page.Typed}, Part{Limit: foundShown})
		if err != nil {
			return err
		}
		for _, a := range apps {
			page.Apps = append(page.Apps, link{appAt(a.ID, ""), a.Name})
		}
	}
	return v.show("search", v.t("home.search"), page)
}
