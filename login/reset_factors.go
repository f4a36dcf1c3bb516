package login

import (
	"context"
	"log/slog"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// ResetFactors is an operator's answer to a lost phone: apps, recovery codes, trust and sessions of the person end, and the
// password stays. It says whether a letter tells the person, since whoever asks an operator for this may be somebody else. That one
// could not be sent is noted in the log, and no error: the reset is done.
func (s *Server) ResetFactors(ctx context.Context, person storage.User, e storage.Event) (bool, error) {
	if err := s.Store.ResetFactors(ctx, person.ID, e); err != nil {
		return false, err
	}
	if s.Mail == nil || person.Email == "" {
		return false, nil
	}
	if err := s.notify(ctx, person, news{subject: "letter.factors-reset", text: "letter.factors-reset-text", asked: true}, origin{}); err != nil {
		web.Note(ctx, slog.String("letter_not_sent", err.Error()))
		return false, nil
	}
	return true, nil
}
