package keys

import "time"

// SetupFor is how long a set-up link works.
const SetupFor = 30 * time.Minute

// SetupLink is what a set-up link says: whoever holds it makes an administrator. Its id is spent by that, so it works once.
type SetupLink struct {
	ID    string
	First bool // counts only while there is nobody yet
	Until time.Time
}

// SealSetup is the text of a set-up link.
func (b *Box) SealSetup(l SetupLink) (string, error) { return b.Seal(ForSetup, l) }

// OpenSetup reads the text of a set-up link. ErrRefused, also when its time is over, or was never as short as ours are.
func (b *Box) OpenSetup(text string, now time.Time) (SetupLink, error) {
	var l SetupLink
	if err := b.Open(ForSetup, text, &l); err != nil {
		return SetupLink{}, err
	}
	if l.ID == "" || !now.Before(l.Until) || l.Until.Sub(now) > SetupFor+time.Minute {
		return SetupLink{}, ErrRefused
	}
	return l, nil
}
