package login

import (
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"log/slog"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

type addressPage struct{ Email, New string }

// askAddress is the page on which a person gives a new address. It is asked for fresh proofs: the address is where codes and
// links to new passwords go.
func (p *ownPage) askAddress() error {
	return p.writeAddress("", nil)
}

func (p *ownPage) writeAddress(typed string, refusal *Refusal) error {
	return p.refused(refusal, web.View{Name: "account_address", Title: p.t("account.address-title"), Data: addressPage{p.person.Email, typed}})
}

// refused writes a page, with what was refused on it.
func (p *ownPage) refused(refusal *Refusal, v web.View) error {
	if refusal != nil {
		v.Errors = []web.FieldError{{Field: refusal.Field, Text: p.t(refusal.Text, refusal.Pairs...)}}
		if v.Status = refusal.Status; v.Status == 0 {
			v.Status = http.StatusUnprocessableEntity
		}
	}
	return p.writeView(v)
}

// changeAddress mails a link to the new address. Whether somebody has it is not looked up, so the answer cannot tell (EN-01):
// whoever opens the link has the mailbox, and hears it then.
func (p *ownPage) changeAddress(form url.Values) error {
	typed := form.Get("email")
	email, _, _ := storage.Identifier(typed)
	err := p.mailNewAddress(email)
	var refusal *Refusal
	if errors.As(err, &refusal) {
		return p.writeAddress(typed, refusal)
	}
	if err != nil {
		return err
	}
	return p.write("account_address_sent", p.t("account.address-sent"), addressPage{p.person.Email, email})
}

// mailNewAddress sends the link. *Refusal where it cannot.
func (p *ownPage) mailNewAddress(email string) error {
	switch {
	case email == "":
		return &Refusal{Field: "email", Text: "account.address-malformed"}
	case email == p.person.Email:
		return &Refusal{Field: "email", Text: "account.address-same"}
	case p.Mail == nil:
		return &Refusal{Field: "email", Text: "code.mail-down", Status: http.StatusServiceUnavailable}
	}
	if err := p.spendAddressLetter(email); err != nil {
		return err
	}
	link, address, err := p.newLink(p.r.Context(), storage.Link{Kind: storage.LinkAddress, Email: email}, p.person, event(p.r, tried{}, p.person.ID))
	if errors.Is(err, storage.ErrNotFound) { // the person has changed at this very moment
		return &elsewhere{"/account", p.lang}
	}
	if err != nil {
		return err
	}
	from := originOf(p.r, p.lang)
	err = p.Mail.Send(p.r.Context(), mail.NewAddress{
		To:      email,
		User:    p.person.ID,
		Company: p.Site.Company,
		Lang:    p.lang,
		URL:     address,
		Browser: from.browser,
		System:  from.system,
		Address: from.address,
		Time:    p.Site.Texts.Date(p.lang, p.Now()),
		Expires: link.Expires,
	}.Letter(p.voice(p.lang)))
	if err != nil {
		web.Note(p.r.Context(), slog.String("letter_not_sent", err.Error()))
		return &Refusal{Field: "email", Text: "code.mail-down", Status: http.StatusServiceUnavailable}
	}
	return nil
}

// spendAddressLetter charges the quotas of these letters, which go to mailboxes that nobody has proved to be theirs: of the
// mailbox first, then of who asks. They are counted apart from all others, so that nobody's codes run out by them.
func (p *ownPage) spendAddressLetter(email string) error {
	if p.Site.Dev {
		return nil
	}
	ctx, sum := p.r.Context(), sha256.Sum256([]byte(email))
	wait, err := p.Store.Charge(ctx, "letters:address:"+hex.EncodeToString(sum[:16]), lettersPerMailbox)
	if err == nil && wait <= 0 {
		wait, err = p.Store.Spend(ctx, "letters-day:address:"+p.person.ID, lettersPerDay)
	}
	if err != nil || wait <= 0 {
		return err
	}
	return p.slowed(&visit{w: p.w, attempt: &Attempt{Lang: p.lang}}, "email", "account.address-quota", wait)
}

// askAddressLink shows the button that makes the address the person's. It changes nothing, and only they may press it: the
// mailbox alone is not enough, so a letter that went astray opens nothing.
func (p *ownPage) askAddressLink() error {
	query, err := web.ParseQuery(p.r)
	if err != nil {
		return err
	}
	token := query.Get("token")
	link, err := p.addressLink(token)
	if err != nil {
		return err
	}
	return p.write("account_address_confirm", p.t("account.address-confirm"), confirmAddressPage{p.person.Email, link.Email, token})
}

type confirmAddressPage struct{ Email, New, Token string }

// addressLink is a living link of the person who is signed in; every other ends with a page that says why.
func (p *ownPage) addressLink(token string) (storage.Link, error) {
	link, owner, err := p.Store.LinkByToken(p.r.Context(), keys.HashSecret(token))
	if err != nil && !errors.Is(err, storage.ErrNotFound) {
		return link, err
	}
	dead := func(text string, status int) (storage.Link, error) {
		return link, &stop{web.Failure{Status: status, Text: text, Again: "/account", AgainText: "account.back"}, p.lang}
	}
	switch {
	case err != nil, link.Kind != storage.LinkAddress:
		return dead("account.address-dead", http.StatusNotFound)
	case owner.ID != p.person.ID:
		return dead("account.address-other", http.StatusForbidden)
	case !link.Used.IsZero():
		return dead("account.address-used", http.StatusGone)
	case link.Replaced, link.UserVersion != p.person.Version, !p.Now().Before(link.Expires):
		return dead("account.address-dead", http.StatusGone)
	}
	return link, nil
}

// confirmAddress makes the new address the person's (PR-15: nothing that was begun for another version of them counts). The
// old address is told, with a way to take it back.
func (p *ownPage) confirmAddress(form url.Values) error {
	link, err := p.addressLink(form.Get("token"))
	if err != nil {
		return err
	}
	e := event(p.r, tried{storage.EmailChanged, "ok"}, p.person.ID)
	person, err := p.Store.ConfirmAddress(p.r.Context(), link.ID, e)
	var taken *storage.Invalid
	switch {
	case errors.Is(err, storage.ErrConflict):
		return &stop{web.Failure{Status: http.StatusGone, Text: "account.address-dead", Again: "/account", AgainText: "account.back"}, p.lang}
	case errors.As(err, &taken):
		return &stop{web.Failure{Status: http.StatusConflict, Text: "account.address-taken", Again: "/account", AgainText: "account.back"}, p.lang}
	case err != nil:
		return err
	}
	p.Observe(Outcome{Kind: storage.EmailChanged, Result: "ok"})
	p.tellAddressChanged(p.r, p.person, person)
	p.forgetTrust(p.w, person.ID)
	if err := p.know(p.w, person); err != nil {
		return err
	}
	return p.done(p.w, p.r, p.session, "address")
}

// tellAddressChanged tells the old address.
func (s *Server) tellAddressChanged(r *http.Request, former, present storage.User) {
	s.tell(r, former, news{
		subject: "letter.moved-subject",
		text:    "letter.moved-text",
		pairs:   []string{"address", masked(present.Email)},
		moved:   true,
	})
}
