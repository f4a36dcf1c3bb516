package mail

import "time"

// NewAddress is the letter by which a new address of an account is confirmed. Nobody has proved that the mailbox is theirs,
// so it says nothing that whoever asked could have written: a name would be a way to send anything to anybody.
type NewAddress struct {
	To, User        string
	Company, Lang   string
	URL             string
	Browser, System string // of whoever asked; "" unknown
	Address         string
	Time            string // in words
	Expires         time.Time
}

// Letter writes it.
func (n NewAddress) Letter(t Voice) Letter {
	b := body{lang: n.Lang, title: t("letter.address-subject", "company", n.Company), house: n.Company}
	b.words(t("letter.address-who", "company", n.Company))
	b.words(from(t, n.Browser, n.System, n.Address, n.Time))
	b.button(t("letter.address-button"), n.URL)
	b.words(t("letter.address-valid"))
	b.words(t("letter.address-calm"))
	return Addressee{To: n.To, User: n.User}.letter(b, n.Expires)
}
