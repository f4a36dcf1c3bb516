package mail

import (
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"
	"time"
	"unicode"

	"github.com/doorward/doorward/storage"
	gomail "github.com/wneessen/go-mail"
)

// Post is a letter on its way. ID is the same for every try, and the Message-ID is made of it.
type Post struct {
	ID      string
	Written time.Time
	Letter  Letter
}

// ParseFrom reads mail.from: an address, with a name before it or without.
func ParseFrom(text string) (netmail.Address, error) {
	from, err := netmail.ParseAddress(text)
	if err != nil {
		return netmail.Address{}, errors.New("is not an address like login@example.com or Login <login@example.com>")
	}
	if from.Address, err = plainAddress(from.Address); err != nil {
		return netmail.Address{}, err
	}
	return *from, nil
}

// plainAddress takes an address of plain words on both sides of one "@". Quotes, brackets, commas and line breaks, with which one
// address can become two or a header, have no place in one; nor has a name in other letters, which the server may not know
// how to carry (a domain has a spelling in ASCII, xn--…).
func plainAddress(text string) (string, error) {
	address, err := storage.NormalEmail(text)
	if err != nil {
		return "", fmt.Errorf("%q is not an address that mail is sent to: name@example.com, in ASCII", oneLine(text, 60))
	}
	return address, nil
}

// check says what keeps a letter from travelling. A subject of one line cannot begin another header.
func (l Letter) check() error {
	if _, err := plainAddress(l.To); err != nil {
		return err
	}
	if l.Subject == "" || strings.ContainsFunc(l.Subject, unicode.IsControl) {
		return errors.New("the subject is not one line of text")
	}
	return nil
}

// message is the post as it travels, to exactly one recipient.
func (s *Server) message(p Post) (*gomail.Msg, error) {
	if err := p.Letter.check(); err != nil {
		return nil, err
	}
	m := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	m.FromMailAddress(&s.From)
	m.ToMailAddress(&netmail.Address{Address: p.Letter.To})
	m.Subject(p.Letter.Subject)
	m.SetDateWithValue(p.Written)
	m.SetMessageIDWithValue(p.ID + "@" + s.domain())
	m.SetGenHeader("Auto-Submitted", "auto-generated") // nobody's holiday answers it (RFC 3834 §5)
	m.SetBodyString(gomail.TypeTextPlain, p.Letter.Text)
	m.AddAlternativeString(gomail.TypeTextHTML, p.Letter.HTML)
	return m, nil
}

// domain is that of mail.from, the name by which we greet and the one of every Message-ID.
func (s *Server) domain() string {
	return s.From.Address[strings.LastIndexByte(s.From.Address, '@')+1:]
}
