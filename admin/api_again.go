package admin

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"net/http"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// A call that makes something may be sent again when its answer got lost: with the same Idempotency-Key it is answered as the first time,
// and makes nothing more. The answer, which may hold a secret, rests sealed, for a day.

const (
	againHeader = "Idempotency-Key"
	againFor    = 24 * time.Hour
	maxAgainKey = 128
)

// onceOnly answers a call with an Idempotency-Key. Of those that come at the same moment one does it; the others get 409. What the
// caller says to have read is judged by whoever does it alone: it is another since, by this very call.
func (v *apiVisit) onceOnly() error {
	i := storage.Idempotent{Actor: v.sender, Key: v.r.Header.Get(againHeader), Expires: v.Desk.Now().Add(againFor)}
	if len(v.r.Header.Values(againHeader)) > 1 || len(i.Key) > maxAgainKey {
		return &problem{status: http.StatusBadRequest, detail: "Idempotency-Key is sent twice, or is longer than 128 characters"}
	}
	sum := sha256.Sum256(append([]byte(v.r.Method+" "+v.r.URL.RequestURI()+"\n"), v.body...))
	i.Request = sum[:]
	v.ctx = context.WithoutCancel(v.ctx) // whoever hangs up now is who sends it again: it is done, and answered, to its end
	known, ours, err := v.Desk.Store.BeginIdempotent(v.ctx, i)
	if errors.Is(err, storage.ErrConflict) { // whatever If-Match says: nothing was changed by anybody else
		return &problem{status: http.StatusConflict, detail: "the same call is being answered: send it again a moment later"}
	}
	if err != nil {
		return err
	}
	about := "idempotency:" + i.Actor + ":" + i.Key
	if !ours {
		return v.answerAgain(known, about)
	}
	answer, err := v.done()
	if err != nil && !v.problemOf(v.r, err).unknown {
		return errors.Join(err, v.Desk.Store.DropIdempotent(v.ctx, i)) // it was refused, and made nothing
	}
	if err != nil {
		return err // nobody knows how far it came: sent again, it is answered with 409 until its row is gone
	}
	if err := v.keep(i, answer, about); err != nil {
		return err
	}
	return v.write(answer)
}

// kept is an answer as it is remembered.
type kept struct {
	Tag  string          `json:"etag"` // of the state that it tells; "" none
	Body json.RawMessage `json:"body"`
}

// keep remembers an answer.
func (v *apiVisit) keep(i storage.Idempotent, answer any, about string) error {
	text, err := json.Marshal(answer)
	if err != nil {
		return err
	}
	plain, err := json.Marshal(kept{tagOf(answer), text})
	if err != nil {
		return err
	}
	if i.Status = v.call.status; i.Status == 0 {
		i.Status = http.StatusOK
	}
	if i.Body, err = v.Desk.Keys.Box.SealRow(keys.ForConsole, plain, about); err != nil {
		return err
	}
	return v.Desk.Store.FinishIdempotent(v.ctx, i)
}

func (v *apiVisit) answerAgain(known storage.Idempotent, about string) error {
	plain, err := v.Desk.Keys.Box.OpenRow(keys.ForConsole, known.Body, about)
	if err != nil {
		return err
	}
	var was kept
	if err := json.Unmarshal(plain, &was); err != nil {
		return err
	}
	if was.Tag != "" {
		v.w.Header().Set("Etag", was.Tag)
	}
	if known.Status == http.StatusNoContent {
		return v.write(nil)
	}
	return web.WriteJSON(v.w, known.Status, was.Body)
}

// againStore keeps answers.
type againStore interface {
	BeginIdempotent(ctx context.Context, i storage.Idempotent) (storage.Idempotent, bool, error)
	FinishIdempotent(ctx context.Context, i storage.Idempotent) error
	DropIdempotent(ctx context.Context, i storage.Idempotent) error
}
