package mail

import "time"

// Addressee is whom a letter goes to, and in which words.
type Addressee struct {
	To, Name string
	User     string // the id of the person
	Company  string
	Accent   string // of the company, that white words can be read on; "": our own
	Lang     string
}

// begin is a letter up to its greeting.
func (a Addressee) begin(t Voice, subject string) body {
	b := body{lang: a.Lang, title: subject, house: a.Company, accent: a.Accent}
	b.words(t("letter.hello", "name", a.Name))
	return b
}

func (a Addressee) letter(b body, expires time.Time) Letter {
	return Letter{To: a.To, User: a.User, Subject: b.title, Text: b.text(), HTML: b.html(), Expires: expires}
}

// Invitation tells a person that they have an account (S-11, S-12).
type Invitation struct {
	Addressee
	By      string // who invites, as the letter names them; "" the company
	URL     string
	Until   string // in words
	Google  bool   // it can be used to sign in
	Expires time.Time
}

// Letter writes it.
func (i Invitation) Letter(t Voice) Letter {
	by, subject := i.By, t("letter.invite-subject", "by", i.By, "company", i.Company)
	if by == "" {
		by, subject = i.Company, t("letter.invite-subject-ready", "company", i.Company)
	}
	b := i.begin(t, subject)
	b.words(t("letter.invite-who", "by", by, "company", i.Company))
	b.button(t("letter.invite-button"), i.URL)
	b.words(t("letter.invite-until", "time", i.Until))
	if i.Google {
		b.words(t("letter.invite-google"))
	} else {
		b.words(t("letter.invite-password"))
	}
	return i.letter(b, i.Expires)
}

// NewPassword is the letter with a link to a new password, or, where there is no password to replace, one that says so.
type NewPassword struct {
	Addressee
	URL             string // to the new password; of GoogleOnly, to the first page
	Browser, System string // of whoever asked; "" unknown
	Address         string
	Time            string // in words
	Alarmed         bool   // the person has told us that somebody else was there, and is not asked again whether it was they
	Theirs          bool   // whoever runs the house has it sent
	Expires         time.Time
}

// Letter writes it. Whoever did not ask for it need do nothing.
func (n NewPassword) Letter(t Voice) Letter {
	b := n.begin(t, t("letter.reset-subject", "company", n.Company))
	n.why(&b, t)
	b.button(t("letter.reset-button"), n.URL)
	b.words(t("letter.reset-valid"))
	n.calm(&b, t)
	return n.letter(b, n.Expires)
}

// GoogleOnly is the letter for a person who signs in with Google and has no password.
func (n NewPassword) GoogleOnly(t Voice) Letter {
	b := n.begin(t, t("letter.google-subject", "company", n.Company))
	if n.Alarmed {
		b.words(t("letter.alarmed-google"))
	} else {
		n.why(&b, t)
		b.words(t("letter.google-none"))
	}
	b.button(t("letter.google-button"), n.URL)
	n.calm(&b, t)
	return n.letter(b, n.Expires)
}

// why says what the letter is an answer to.
func (n NewPassword) why(b *body, t Voice) {
	if n.Alarmed {
		b.words(t("letter.alarmed"))
		return
	}
	if n.Theirs {
		b.words(t("letter.reset-theirs", "company", n.Company))
		return
	}
	b.words(t("letter.reset-who", "company", n.Company))
	b.words(from(t, n.Browser, n.System, n.Address, n.Time))
}

// calm tells whoever did not ask that nothing happens: of an alarm it would be false, since all has ended already.
func (n NewPassword) calm(b *body, t Voice) {
	switch {
	case n.Theirs:
		b.words(t("letter.reset-calm-theirs"))
	case !n.Alarmed:
		b.words(t("letter.reset-calm"))
	}
}
