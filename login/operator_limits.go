package login

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"
)

// TooSoon says that operators have had a mailbox written to as often as it can bear; Wait is how long until the next letter.
type TooSoon struct{ Wait time.Duration }

// Error says it in minutes.
func (e *TooSoon) Error() string {
	return fmt.Sprintf("a letter was sent already: wait %d minutes", e.Minutes())
}

// Minutes is the wait, rounded up.
func (e *TooSoon) Minutes() int { return roundUp(e.Wait, time.Minute) }

// ChargeOperatorsLetter counts a letter that an operator asks for in the console, before it is made: a *TooSoon when the mailbox has had
// enough. The counter is the mailbox's, whoever has it: to remove somebody and add them again makes no fresh one. It is not that of
// those who ask by themselves, whom strangers could stand in the way of the helpdesk by.
func (s *Server) ChargeOperatorsLetter(ctx context.Context, address string) error {
	if s.Site.Dev {
		return nil
	}
	sum := sha256.Sum256([]byte(address))
	mailbox := "operator:" + hex.EncodeToString(sum[:16])
	wait, err := s.Store.Charge(ctx, "letters:"+mailbox, lettersPerMailbox)
	if err == nil && wait == 0 {
		wait, err = s.Store.Spend(ctx, "letters-day:"+mailbox, lettersPerDay)
	}
	if err != nil || wait == 0 {
		return err
	}
	return &TooSoon{wait}
}
