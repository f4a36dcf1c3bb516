package admin

import (
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// personForm is the form of somebody's record, also before there is one.
type personForm struct {
	Email, Name, Number, Google, Language, Groups string

	Languages []option
	Known     string // names of groups that there are, and that the visitor may move people in and out of
	Had       string // groups that the form began with: of these alone it takes somebody out
	Rest      string // groups of the person that others decide of
	Few       bool   // the visitor does not decide of all groups
	Own       bool   // the addresses are not changed here (AD-07)
	Updated   string
	Reason    string
	Back      string
}

type option struct {
	Value, Text string
	Chosen      bool
}

// shownGroups is how many names of groups a form reminds of.
const shownGroups = 30

// complete adds what a form offers.
func (v *visit) complete(f personForm) (personForm, error) {
	f.Languages = []option{{"", v.t("person.language-none"), f.Language == ""}}
	known := v.Site.Texts.Languages()
	for _, tag := range known {
		f.Languages = append(f.Languages, option{tag, v.Site.Texts.T(tag, "layout.language"), tag == f.Language})
	}
	if f.Language != "" && !slices.Contains(known, f.Language) {
		f.Languages = append(f.Languages, option{f.Language, f.Language, true}) // one that was imported stays
	}
	page, err := v.Desk.Groups(v.r.Context(), Part{Limit: maxRows})
	f.Few = !v.by.May(KeepAll)
	var names []string
	for _, g := range page.Groups {
		if (g.Helpdesk || !f.Few) && len(names) < shownGroups {
			names = append(names, g.Name)
		}
	}
	f.Known = strings.Join(names, ", ")
	return f, err
}

// typed is what stands in a posted form.
func typed(form url.Values) personForm {
	return personForm{Email: form.Get("email"), Name: form.Get("name"), Number: form.Get("customer_number"), Google: form.Get("google_email"),
		Language: form.Get("language"), Groups: form.Get("groups"), Had: form.Get("had"), Updated: form.Get("updated"), Reason: form.Get("reason")}
}

// listOf are the parts of a list that is typed with commas or lines.
func listOf(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ';' || r == '\n' || r == '\r' })
}

func (v *visit) showPerson(page, title string, f personForm, faults ...web.FieldError) error {
	f, err := v.complete(f)
	if err != nil {
		return err
	}
	return v.show(page, title, f, faults...)
}

func (v *visit) inviteForm() error {
	return v.showPerson("person-invite", v.t("person.invite-title"), personForm{})
}

func (v *visit) invite() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	f := typed(form)
	welcome, err := v.Desk.Invite(v.r.Context(), v.by, NewPerson{Email: f.Email, Name: f.Name, CustomerNumber: f.Number,
		GoogleEmail: f.Google, Language: f.Language, Groups: listOf(f.Groups)})
	if faults, err := v.personFaults(err); err != nil || faults != nil {
		if err != nil {
			return err
		}
		return v.showPerson("person-invite", v.t("person.invite-title"), f, faults...)
	}
	if !welcome.Letter {
		return v.to(v.pathOf(welcome.ID), "added-unwritten")
	}
	return v.to(v.pathOf(welcome.ID), "invited")
}

// touched reads whom a form is about. ErrForbidden.
func (v *visit) touched() (Person, error) {
	p, _, err := v.touchedOwn()
	return p, err
}

// touchedOwn is touched, and says whether their addresses are theirs alone to change.
func (v *visit) touchedOwn() (Person, bool, error) {
	u, err := v.Desk.whom(v.r.Context(), v.by, v.id("id"))
	return personOf(u), v.Desk.ownAddress(u), err
}

func (v *visit) changeForm() error {
	p, own, err := v.touchedOwn()
	if err != nil {
		return err
	}
	groups, rest, err := v.parted(p)
	if err != nil {
		return err
	}
	return v.showPerson("person-change", v.t("person.change-title", "name", p.Called()), personForm{Email: p.Email, Name: p.Name,
		Number: p.CustomerNumber, Google: p.elsewhere(), Language: p.Language, Groups: groups, Had: groups, Rest: rest,
		Own: own, Updated: version(p.Updated), Back: v.pathOf(p.ID)})
}

func (v *visit) changePerson() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	p, own, err := v.touchedOwn()
	if err != nil {
		return err
	}
	f := typed(form)
	groups := f.groupsOf(p)
	if _, f.Rest, err = v.parted(p); err != nil {
		return err
	}
	f.Own, f.Back = own, v.pathOf(p.ID)
	change := PersonChange{Name: &f.Name, CustomerNumber: &f.Number, Language: &f.Language, Groups: &groups, Reason: f.Reason, Updated: versionOf(f.Updated)}
	if form.Has("email") { // which the page of somebody with a role does not have
		change.Email = &f.Email
	}
	if form.Has("google_email") {
		change.GoogleEmail = f.google(p)
	}
	_, err = v.Desk.ChangePerson(v.r.Context(), v.by, p.ID, change)
	if errors.Is(err, storage.ErrConflict) {
		f.Updated = version(p.Updated)
		if f, err = v.complete(f); err != nil {
			return err
		}
		return v.late("person-change", v.t("person.change-title", "name", p.Called()), v.t("person.late"), f)
	}
	if faults, err := v.personFaults(err); err != nil || faults != nil {
		if err != nil {
			return err
		}
		return v.showPerson("person-change", v.t("person.change-title", "name", p.Called()), f, faults...)
	}
	return v.to(v.pathOf(p.ID), "changed")
}

// elsewhere is the address at Google where it is another one than the person's.
func (p Person) elsewhere() string {
	if p.GoogleEmail == p.Email {
		return ""
	}
	return p.GoogleEmail
}

// google is the address at Google that a form wants: an empty field means the person's own, unless none was connected by its address.
func (f personForm) google(p Person) *string {
	switch {
	case f.Google != "":
		return &f.Google
	case p.GoogleEmail == "":
		return nil
	}
	return &f.Email
}

// version is a time by which a form says what it was made from.
func version(t time.Time) string { return strconv.FormatInt(t.UnixMicro(), 10) }

func versionOf(s string) time.Time {
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return time.Time{} // which is nobody's
	}
	return time.UnixMicro(n)
}

// rolePage is the form of a role.
type rolePage struct {
	Roles   []option
	Methods []line // ways in of the person, which others may have prepared (AD-07)
	Doubt   string // why that is likely; "" nothing is known of it
	Updated string
	Reason  string
	Back    string
}

func (v *visit) roleWords(role string) string {
	switch role {
	case "admin":
		return v.t("person.role-admin")
	case "viewer":
		return v.t("person.role-viewer")
	case "helpdesk":
		return v.t("person.role-helpdesk")
	}
	return v.t("person.role-none")
}

func (v *visit) roleForm() error {
	p, err := v.Desk.Person(v.r.Context(), v.id("id"))
	if err == nil && p.ID == v.by.ID {
		err = ErrOwn
	}
	if err != nil {
		return err
	}
	page := rolePage{Methods: v.methods(p, false), Doubt: v.doubt(p), Updated: version(p.Updated), Back: v.pathOf(p.ID)}
	for _, role := range append([]string{""}, Roles...) {
		page.Roles = append(page.Roles, option{role, v.roleWords(role), role == p.Role})
	}
	return v.show("person-role", v.t("person.role-title", "name", p.Called()), page)
}

func (v *visit) setRole() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	before, err := v.Desk.Person(v.r.Context(), v.id("id"))
	if err != nil {
		return err
	}
	p, err := v.Desk.SetRole(v.r.Context(), v.by, before.ID, RoleChange{Role: form.Get("role"), Reason: form.Get("reason"), Updated: versionOf(form.Get("updated"))})
	if err != nil {
		return err
	}
	after, err := v.Desk.Person(v.r.Context(), p.ID)
	if err != nil {
		return err
	}
	return v.to(v.pathOf(p.ID), roleDone(before, after))
}

// roleDone is what has become of somebody with another role.
func roleDone(before, after PersonDetail) string {
	switch {
	case before.Role == after.Role || !isInvited(after) || !invitationUp(before):
		return "role-set"
	case invitationUp(after):
		return "role-set-invited"
	}
	return "role-set-uninvited"
}

// personFaults are the faults of a person's record by field, in the visitor's language; other errors come back.
func (v *visit) personFaults(err error) ([]web.FieldError, error) {
	found := invalids(err)
	if len(found) == 0 {
		return nil, err
	}
	var list []web.FieldError
	for _, i := range found {
		list = append(list, web.FieldError{Field: i.Field, Text: v.personFault(i)})
	}
	return list, nil
}

func (v *visit) personFault(i *storage.Invalid) string {
	if i.Why == takenWhy {
		return v.t("person.fault-taken")
	}
	switch i.Field {
	case "email", "google_email":
		return v.t("person.fault-email")
	case "customer_number":
		return v.t("person.fault-number")
	case "name":
		return v.t("person.fault-name")
	case "groups":
		return v.t("person.fault-groups", "why", spoken(v.t).why(i.Why))
	case "language":
		return v.t("person.fault-language")
	}
	return spoken(v.t).fault(i)
}
