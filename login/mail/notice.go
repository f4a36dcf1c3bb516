package mail

import "time"

// Notice tells a person of something about their account that somebody else may have done.
type Notice struct {
	Addressee
	Subject         string // what happened, in one line
	Words           []string
	Browser, System string // of the visitor who did it; "" unknown
	Address         string // "" : it did not come from a browser
	Time            string // in words
	Alarm           string // the address behind “That wasn't me”
	Asked           bool   // an admin did it, whom the person may have asked to
}

// Letter writes it.
func (n Notice) Letter(t Voice) Letter {
	b := n.begin(t, n.Subject)
	for _, words := range n.Words {
		b.words(words)
	}
	if n.Address != "" {
		b.words(from(t, n.Browser, n.System, n.Address, n.Time))
	}
	question := "letter.notice-alarm"
	if n.Asked {
		question = "letter.notice-unasked"
	}
	b.alarm(t(question), t("letter.notice-advice"), t("letter.alarm"), n.Alarm)
	return n.letter(b, time.Time{})
}
