package login

import (
	"cmp"
	"context"
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

	added storage.Added // way in that “That wasn't me” takes away again
	asked bool          // an admin did it, whom the person may have asked to
	moved bool          // the address is another one now: the person as they were gets the letter, and may have their address back
}

// tell mails a person what has changed, with “That wasn't me”. The change is made already, so a letter that cannot leave is
// only noted in the log.
func (s *Server) tell(r *http.Request, person storage.User, n news) {
	if s.Mail == nil || person.Email == "" {
		return
	}
	if err := s.notify(r.Context(), person, n, originOf(r, s.Site.LanguageOf(r))); err != nil {
		web.Note(r.Context(), slog.String("letter_not_sent", err.Error()))
	}
}

// notify mails the news; the zero origin is that of an operator's command.
func (s *Server) notify(ctx context.Context, person storage.User, n news, from origin) error {
	to := s.addressee(person, cmp.Or(s.languageOf(person), from.lang)) // whoever made the change does not choose the language of its news
	alarm, err := s.newsLink(ctx, person, n, to.Lang)
	if err != nil {
		return err
	}
	voice, pairs := s.voice(to.Lang), append([]string{"company", s.Site.Company, "name", person.Name()}, n.pairs...)
	return s.Mail.Send(ctx, mail.Notice{
		Addressee: to,
		Subject:   voice(n.subject, pairs...),
		Words:     []string{voice(n.text, pairs...)},
		Browser:   from.browser,
		System:    from.system,
		Address:   from.address,
		Time:      s.Site.Texts.Date(to.Lang, s.Now()),
		Alarm:     alarm,
		Asked:     n.asked,
	}.Letter(voice))
}

// tellPasswordChanged tells a person that their password is another one.
func (s *Server) tellPasswordChanged(r *http.Request, person storage.User) {
	s.tell(r, person, news{subject: "letter.password-subject", text: "letter.password-text"})
}

// TellPasswordSet tells it to a person whose password an operator has replaced. mail.ErrDown.
func (s *Server) TellPasswordSet(ctx context.Context, person storage.User) error {
	return s.tellFromOperator(ctx, person, news{subject: "letter.password-subject", text: "letter.password-text"})
}
