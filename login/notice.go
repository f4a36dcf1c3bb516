package login

import (
	"log/slog"
	"net/http"

	"github.com/doorward/doorward/login/mail"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// news is a change that the person is told of by mail: somebody else may have made it.
type news struct {
	subject, text string   // keys; {company} and {name} are known to them
	pairs         []string // what else their texts name
}

// tell mails a person what has changed, with “That wasn't me”. The change is made already, so a letter that cannot leave is
// only noted in the log.
func (s *Server) tell(r *http.Request, person storage.User, n news) {
	s.tellWith(r, person, n, func(lang string) (string, error) { return s.alarmLink(person, lang) })
}

// tellWith is tell with another alarm behind “That wasn't me”.
func (s *Server) tellWith(r *http.Request, person storage.User, n news, alarmIn func(lang string) (string, error)) {
	if s.Mail == nil || person.Email == "" {
		return
	}
	from := originOf(r, "")
	to := s.addressee(person, from.lang)
	alarm, err := alarmIn(to.Lang)
	if err == nil {
		voice, pairs := s.voice(to.Lang), append([]string{"company", s.Site.Company, "name", person.Name()}, n.pairs...)
		err = s.Mail.Send(r.Context(), mail.Notice{
			Addressee: to,
			Subject:   voice(n.subject, pairs...),
			Words:     []string{voice(n.text, pairs...)},
			Browser:   from.browser,
			System:    from.system,
			Address:   from.address,
			Time:      s.Site.Texts.Date(to.Lang, s.Now()),
			Alarm:     alarm,
		}.Letter(voice))
	}
	if err != nil {
		web.Note(r.Context(), slog.String("letter_not_sent", err.Error()))
	}
}

// tellPasswordChanged tells a person that their password is another one.
func (s *Server) tellPasswordChanged(r *http.Request, person storage.User) {
	s.tell(r, person, news{subject: "letter.password-subject", text: "letter.password-text"})
}
