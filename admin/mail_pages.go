package admin

import (
	"cmp"
	"errors"
	"net/url"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

const lettersShown = 50

// mailPage is how letters leave the house.
type mailPage struct {
	Done    string
	Health  MailHealth
	Oldest  string
	Error   string // the last failure in words
	Letters []letterRow
	Part    string // where this part of the outbox is read again: by itself, since the page may have looked up the sender, or been posted to
	More    string
	Sender  []SenderRecord // nil: not asked yet
	To      string
	Test    *MailTest
	May     bool
}

// Untaken says that no letter has gone out of this node yet, and that the one of this page was not taken.
func (p mailPage) Untaken() bool { return p.Health.Untried() && p.Test != nil && !p.Test.Sent }

// Untried says that no letter was tried yet, that of this page neither.
func (p mailPage) Untried() bool { return p.Health.Untried() && p.Test == nil }

type letterRow struct {
	Letter
	Words                 string
	Created, Due, Expires string
}

func (v *visit) mailPage() error {
	query, err := v.query()
	if err != nil {
		return err
	}
	page, err := v.mail(query)
	if err != nil {
		return err
	}
	return v.show("mail", v.t("console.mail"), page)
}

func (v *visit) mail(query url.Values) (mailPage, error) {
	page := mailPage{Done: v.done(), Health: v.Desk.House.Mail(), To: v.person.Email, May: v.by.May(KeepAll)}
	page.Error = v.mailFailed(page.Health.LastError)
	if page.Health.Oldest > 0 {
		page.Oldest = v.span(page.Health.Oldest)
	}
	waiting, err := v.Desk.Outbox(v.r.Context(), Part{query.Get("after"), lettersShown})
	if err != nil {
		return page, err
	}
	words := map[string]string{storage.LetterWaiting: v.t("house.letter-waiting"), storage.LetterSending: v.t("house.letter-sending"), storage.LetterAgain: v.t("house.letter-again")}
	for _, l := range waiting.Letters {
		l.Reply = v.mailReply(l.Reply)
		page.Letters = append(page.Letters, letterRow{l, words[l.State], v.at(l.Created), v.at(l.Due), v.at(l.Expires)})
	}
	page.Part = cmp.Or(more("/admin/mail", nil, query.Get("after")), "/admin/mail")
	page.More = more("/admin/mail", nil, waiting.Next)
	if query.Has("sender") && page.Health.Configured {
		page.Sender = spoken(v.t).records(v.Desk.House.Sender(v.r.Context()))
	}
	return page, nil
}

// testMail shows the dialogue on the page itself: it stands nowhere else.
func (v *visit) testMail() error {
	form, err := v.form()
	if err != nil {
		return err
	}
	page, err := v.mail(url.Values{})
	if err != nil {
		return err
	}
	page.To = form.Get("to")
	told, err := v.Desk.TestMail(v.r.Context(), v.by, page.To)
	if wrong := (*storage.Invalid)(nil); errors.As(err, &wrong) {
		return v.show("mail", v.t("console.mail"), page, web.FieldError{Field: "to", Text: v.t("house.mail-to-fault")})
	}
	if err != nil {
		return err
	}
	page.Test = spoken(v.t).inWords(told)
	return v.show("mail", v.t("console.mail"), page)
}

func (v *visit) hurryMail() error {
	if _, err := v.form(); err != nil {
		return err
	}
	if err := v.Desk.HurryMail(v.r.Context(), v.by); err != nil {
		return err
	}
	return v.to("/admin/mail", "hurried")
}
