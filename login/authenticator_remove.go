package login

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

type removalPage struct {
	Action string
	Name   string
	Last   bool // codes come by mail from then on, or not at all
}

// askRemoval shows the button that removes a device. Password and code, or recovery code, were given minutes ago (TP-10).
func (p *ownPage) askRemoval() error {
	return p.writeRemoval(0)
}

// writeRemoval is the page of the device that the query names.
func (p *ownPage) writeRemoval(status int) error {
	device, last, err := p.namedDevice()
	if err != nil {
		return err
	}
	here := "/account/authenticator/remove?id=" + url.QueryEscape(device.ID)
	return p.pages.Write(p.w, p.r, web.View{
		Status: status,
		Name:   "authenticator_remove",
		Lang:   p.lang,
		Title:  p.t("authenticator.remove-title"),
		Switch: here,
		Data:   removalPage{here, device.Name, last},
	})
}

// namedDevice is the person's own device that the query names, and says whether there is no other. One that is gone leads to
// the account.
func (p *ownPage) namedDevice() (storage.Authenticator, bool, error) {
	query, err := web.ParseQuery(p.r)
	if err != nil {
		return storage.Authenticator{}, false, err
	}
	devices, err := p.Store.Authenticators(p.r.Context(), p.person.ID)
	if err != nil {
		return storage.Authenticator{}, false, err
	}
	for _, device := range devices {
		if device.ID == query.Get("id") {
			return device, len(devices) == 1, nil
		}
	}
	return storage.Authenticator{}, false, &elsewhere{"/account", p.lang}
}

// removeAuthenticator takes a device away, and with the last one the second factor by app and its recovery codes. Only who was told
// that it is the last one removes the last one: another tab may have removed the other meanwhile, and then the page says so first.
func (p *ownPage) removeAuthenticator(form url.Values) error {
	device, _, err := p.namedDevice()
	if err != nil {
		return err
	}
	removed := p.about(storage.AuthenticatorRemoved, device.Name)
	goes := storage.Removal{UserID: p.person.ID, ID: device.ID, Last: form.Get("last") == "yes", Keep: p.session.ID}
	err = p.Store.RemoveAuthenticator(p.r.Context(), goes, removed)
	if errors.Is(err, storage.ErrConflict) {
		return p.writeRemoval(http.StatusConflict)
	}
	if errors.Is(err, storage.ErrNotFound) {
		return &elsewhere{"/account", p.lang}
	}
	if err != nil {
		return err
	}
	p.tell(p.r, p.person, news{subject: "letter.authenticator-removed", text: "letter.authenticator-removed-text", pairs: []string{"device", device.Name}})
	if err := p.renew(p.w, p.r, p.session); err != nil {
		return err
	}
	return p.done(p.w, p.r, p.session, "authenticator-removed")
}
