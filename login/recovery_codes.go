package login

import (
	"errors"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

type recoveryCodesPage struct {
	Action string
	Next   string // where the person wanted to go; "" nowhere
	Left   int
	Codes  []string // nil: they are still to be made
}

// askRecoveryCodes shows the button that makes new recovery codes, and how many of the old ones are left: never themselves.
func (p *ownPage) askRecoveryCodes() error {
	if !p.person.TOTP {
		return &elsewhere{"/account", p.lang}
	}
	left, err := p.Store.RecoveryLeft(p.r.Context(), p.person.ID)
	if err != nil {
		return err
	}
	return p.writeView(web.View{Name: "recovery_codes", Title: p.t("recovery.new"), Data: recoveryCodesPage{
		Action: withOnward("/account/recovery-codes", p.next), Next: p.place(p.next), Left: left,
	}})
}

// makeRecoveryCodes puts new recovery codes in the place of all that there are (TP-12).
func (p *ownPage) makeRecoveryCodes() error {
	if !p.person.TOTP {
		return &elsewhere{"/account", p.lang}
	}
	codes, macs := p.newRecovery(p.person.ID)
	err := p.Store.PutRecovery(p.r.Context(), p.person.ID, macs, p.about(storage.RecoveryMade, ""))
	if errors.Is(err, storage.ErrNotFound) { // the last app was removed at this very moment
		return &elsewhere{"/account", p.lang}
	}
	if err != nil {
		return err
	}
	p.tell(p.r, p.person, news{subject: "letter.recovery-made", text: "letter.recovery-made-text"})
	return p.showRecovery(codes)
}

// showRecovery shows recovery codes this once: only what recognises them is kept. So the page has no links to another language:
// who followed one would never see them again.
func (p *ownPage) showRecovery(codes []string) error {
	shown := recoveryCodesPage{Next: p.next, Codes: codes, Action: withOnward("/account/onward", p.next)}
	return p.pages.Write(p.w, p.r, web.View{Name: "recovery_codes", Lang: p.lang, Title: p.t("recovery.save"), Data: shown})
}
