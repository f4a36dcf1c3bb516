package admin

import (
	"errors"
	"net/http"
	"net/url"
	"regexp"
	"strconv"
	"strings"

	"github.com/doorward/doorward/storage"
)

// receiptPage tells what has ended, and how far applications know.
type receiptPage struct {
	Ended   Ended
	Told    []toldRow
	Waiting bool   // somebody is still to be told
	Again   string // path by which those who did not answer are told again; "" none, or not by this visitor
	Person  string // path of their page; "" they are gone
	Whom    string // name and address, as far as they are known
}

type toldRow struct {
	Name, Text string
	Chip       chip
}

// receiptPage shows what a request has ended, again while applications are being told.
func (v *visit) receiptPage() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	ended, err := v.Desk.Receipt(v.r.Context(), v.id("id"), query.Get("of"))
	if err != nil {
		return err
	}
	page, may := receiptPage{Ended: ended, Person: v.pathOf(v.id("id"))}, v.by.May(KeepPeople)
	if u, err := v.Desk.Store.User(v.r.Context(), v.id("id")); err == nil {
		page.Whom = personOf(u).Called() + " – " + u.Email
		may = v.mayTouch(personOf(u))
	} else if errors.Is(err, storage.ErrNotFound) {
		page.Person, page.Whom = "", ended.Email
	} else if err != nil {
		return err
	}
	for _, t := range ended.Apps {
		row := v.told(t)
		page.Waiting = page.Waiting || t.State == storage.LogoutWaiting
		if may && t.State == storage.LogoutFailed && t.Why != storage.LogoutGone {
			page.Again = receiptPath(v.pathOf(v.id("id"), "receipt"), ended.Receipt)
		}
		page.Told = append(page.Told, row)
	}
	return v.show("person-receipt", v.t("person.receipt-title"), page)
}

// told is how far an application knows, in words.
func (v *visit) told(t Told) toldRow {
	row := toldRow{Name: t.Name}
	switch t.State {
	case storage.LogoutDelivered:
		row.Chip, row.Text = chip{"tag", v.t("person.told-yes")}, v.t("person.told-yes-text")
	case storage.LogoutFailed:
		row.Chip, row.Text = chip{"tag bad", v.t(refusedOrSilent(t.Why))}, v.t("person.told-no-text", "why", spoken(v.t).one(toldWords, t.Why))
	case storage.LogoutBrowser:
		row.Chip, row.Text = chip{"tag care", v.t("person.told-browser")}, v.t("person.told-browser-text")
	default:
		row.Chip, row.Text = chip{"tag plain", v.t("person.told-waiting")}, v.t("person.told-waiting-text", "n", strconv.Itoa(t.Tries))
	}
	return row
}

// toldWords are why an application was not told, as its sender has it, and the texts that say the same.
var toldWords = []sentence{
	{regexp.MustCompile(`^it answers (?P<n>\d+)$`), "person.told-answers"},
	{regexp.MustCompile(`^` + storage.LogoutGone + `$`), "person.told-gone"},
	{regexp.MustCompile(`^it has no backchannel_logout_uri any more$`), "person.told-nowhere"},
	{regexp.MustCompile(`^it could not be tried$`), "person.told-untried"},
	{regexp.MustCompile(`^` + storage.NoAnswer + `.*: add its origin to (?P<what>\S+)$`), "person.told-barred"},
	{regexp.MustCompile(`^` + storage.NoAnswer + `it does not answer in time`), "person.told-late"},
	{regexp.MustCompile(`^` + storage.NoAnswer), "person.told-silent"},
}

// refusedOrSilent is the text of the chip: who has answered is not called silent.
func refusedOrSilent(why string) string {
	if strings.HasPrefix(why, "it answers ") {
		return "person.told-refused"
	}
	if strings.HasPrefix(why, storage.NoAnswer) {
		return "person.told-no"
	}
	return "person.told-not"
}

// toReceipt ends a change that has ended something: its page is found by the request's reference.
func (v *visit) toReceipt(id string) error {
	http.Redirect(v.w, v.r, receiptPath(v.pathOf(id, "receipt"), v.by.Reference), http.StatusSeeOther)
	return nil
}

func receiptPath(path, reference string) string { return path + "?of=" + url.QueryEscape(reference) }

// tellAgain has applications told again that did not answer. The receipt's reference stands in the address, so that whoever has to prove
// themselves first comes back to the receipt.
func (v *visit) tellAgain() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	form, err := v.form()
	if err != nil {
		return err
	}
	id, of := v.id("id"), query.Get("of")
	if _, err := v.Desk.TellAgain(v.r.Context(), v.by, id, of, form.Get("reason")); err != nil {
		return err
	}
	http.Redirect(v.w, v.r, receiptPath(v.pathOf(id, "receipt"), of), http.StatusSeeOther)
	return nil
}
