package login

import (
	"cmp"
	"crypto/rand"
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
	"rsc.io/qr"
)

const (
	secretBytes = 20 // 160 bits (RFC 4226 §4, R6)
	enrolLife   = 10 * time.Minute
	deviceName  = 64 // characters at most
)

// enrolment is an authenticator app that is being set up. It travels sealed in the page's form and is nowhere else before the
// first right code: whoever turns back has changed nothing. It is for one session, and for the person as they were then.
type enrolment struct {
	Device  string `json:"i"` // the id that it will have
	User    string `json:"u"`
	Session string `json:"d"`
	Version int64  `json:"v"`
	Secret  []byte `json:"s"`
	Until   int64  `json:"t"` // Unix seconds
}

type authenticatorPage struct {
	Action string
	Sealed string
	Code   web.QR
	Key    string      // in groups of four
	Secret string      // the same, to be copied
	Link   web.AppLink // for an app on this phone
	Name   string
	More   []string // names of the devices that there are already
}

// askAuthenticator shows a new secret, in this page alone. Who was sent here and has an app by now, by another tab, goes on.
func (p *ownPage) askAuthenticator() error {
	if p.next != "" && p.person.ByApp(p.session.ACR) {
		return &elsewhere{p.next, p.lang}
	}
	return p.enrol()
}

// enrol shows a new secret, and what was wrong with a former one.
func (p *ownPage) enrol(faults ...*Refusal) error {
	e := enrolment{
		Device:  storage.NewID(),
		User:    p.person.ID,
		Session: p.session.ID,
		Version: p.person.Version,
		Secret:  make([]byte, secretBytes),
		Until:   p.Now().Add(enrolLife).Unix(),
	}
	rand.Read(e.Secret)
	return p.showEnrolment(e, p.t("authenticator.phone"), faults)
}

func (p *ownPage) showEnrolment(e enrolment, name string, faults []*Refusal) error {
	devices, err := p.Store.Authenticators(p.r.Context(), p.person.ID)
	if err != nil {
		return err
	}
	if len(devices) >= storage.MaxAuthenticators {
		return &stop{web.Failure{Status: http.StatusConflict, Text: "authenticator.most", Again: "/account", AgainText: "account.back"}, p.lang}
	}
	sealed, err := p.Keys.Box.Seal(keys.ForEnrolment, e)
	if err != nil {
		return err
	}
	address := keyAddress(p.totpIssuer(), p.person.Email, e.Secret)
	code, err := qr.Encode(address, qr.M)
	if err != nil {
		return err
	}
	shown := authenticatorPage{
		Action: withOnward(appPath, p.next),
		Sealed: sealed,
		Code:   web.QR{Size: code.Size, Black: code.Black},
		Key:    grouped(e.Secret),
		Secret: secretText(e.Secret),
		Link:   web.AppLink(address),
		Name:   name,
	}
	for _, device := range devices {
		shown.More = append(shown.More, device.Name)
	}
	view := web.View{Name: "authenticator", Title: p.t("authenticator.title"), Data: shown}
	for _, fault := range faults {
		view.Status = http.StatusUnprocessableEntity
		view.Errors = append(view.Errors, web.FieldError{Field: fault.Field, Text: p.t(fault.Text, fault.Pairs...)})
	}
	return p.writeView(view)
}

// totpIssuer is the name by which an app lists us. A colon would end it (Key URI format).
func (s *Server) totpIssuer() string {
	name := strings.TrimSpace(strings.ReplaceAll(s.Site.Company, ":", " "))
	if u, err := url.Parse(s.Site.Issuer); err == nil {
		name = cmp.Or(name, u.Hostname())
	}
	return name
}

// keyAddress is what an app reads from the QR code (Key URI format). It is not the library's, which leaves an & in the
// company's name as it is, and so ends the name there.
func keyAddress(issuer, account string, secret []byte) string {
	escaped := func(s string) string { return strings.ReplaceAll(url.QueryEscape(s), "+", "%20") }
	return "otpauth://totp/" + escaped(issuer) + ":" + escaped(account) + "?secret=" + secretText(secret) +
		"&issuer=" + escaped(issuer) + "&algorithm=SHA1&digits=" + strconv.Itoa(codeDigits) + "&period=" + strconv.Itoa(totpPeriod)
}

// grouped writes a key as it is typed from one screen into another.
func grouped(secret []byte) string {
	var groups []string
	for four := range slices.Chunk([]byte(secretText(secret)), 4) {
		groups = append(groups, string(four))
	}
	return strings.Join(groups, " ")
}

// activate takes the first right code of the device that is being set up, and with it the device.
func (p *ownPage) activate(form url.Values) error {
	e, living := p.openEnrolment(form.Get("enrolment"))
	if !living {
		return p.stale(e)
	}
	name, step, faults, err := p.firstCode(e, form)
	if err != nil {
		return err
	}
	if len(faults) > 0 {
		return p.showEnrolment(e, form.Get("name"), faults)
	}
	return p.add(e, name, step)
}

// openEnrolment reads an enrolment of this session, and says whether it still holds. The zero one where it is another's.
func (p *ownPage) openEnrolment(sealed string) (enrolment, bool) {
	var e enrolment
	err := p.Keys.Box.Open(keys.ForEnrolment, sealed, &e)
	if err != nil || e.User != p.person.ID || e.Session != p.session.ID {
		return enrolment{}, false
	}
	return e, e.Version == p.person.Version && p.Now().Before(time.Unix(e.Until, 0))
}

// stale begins again, unless the device is there: the form was sent twice, and the browser shows the second answer. Whoever
// has missed their recovery codes by that can make new ones where it leads.
func (p *ownPage) stale(e enrolment) error {
	devices, err := p.Store.Authenticators(p.r.Context(), p.person.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(devices, func(d storage.Authenticator) bool { return d.ID == e.Device }) {
		http.Redirect(p.w, p.r, withOnward("/account/recovery-codes", p.next), http.StatusSeeOther)
		return nil
	}
	again := p.ofAccount(p.freshOnward, func(p *ownPage) error { return p.enrol(&Refusal{Field: "code", Text: "authenticator.stale"}) })
	return again(p.w, p.r)
}

// firstCode reads the form: the device's name, and the time step of its first code.
func (p *ownPage) firstCode(e enrolment, form url.Values) (string, int64, []*Refusal, error) {
	var faults []*Refusal
	name, ok := nameOfDevice(form.Get("name"))
	if !ok {
		faults = append(faults, &Refusal{Field: "name", Text: "authenticator.name-wrong"})
	}
	if malformed := malformedTOTP(form.Get("code")); malformed != nil {
		return name, 0, append(faults, malformed), nil
	}
	now := timeStep(p.Now())
	steps, err := stepsOf(e.Secret, digits(form.Get("code")), now)
	if err != nil {
		return "", 0, nil, err
	}
	if len(steps) == 0 {
		return name, 0, append(faults, &Refusal{Field: "code", Text: "totp.wrong"}), nil
	}
	latest := steps[len(steps)-1]
	if off := latest - now; off < -totpWindow || off > totpWindow {
		return name, 0, append(faults, clockHint(off)), nil
	}
	return name, latest, faults, nil
}

// nameOfDevice is a name as typed, with plain spaces: telephones write others into theirs. Marks that cannot be seen are
// refused.
func nameOfDevice(typed string) (string, bool) {
	if strings.ContainsFunc(typed, unicode.IsControl) {
		return "", false
	}
	name := strings.Join(strings.Fields(typed), " ")
	hidden := func(c rune) bool { return !unicode.IsPrint(c) }
	n := utf8.RuneCountInString(name)
	return name, n >= 1 && n <= deviceName && !strings.ContainsFunc(name, hidden)
}

// add stores the device. However many send its first code at the same time, one adds it; its time step is used by that.
func (p *ownPage) add(e enrolment, name string, step int64) error {
	sealed, err := p.Keys.Box.SealRow(keys.ForTOTP, e.Secret, aboutDevice(e.User, e.Device))
	if err != nil {
		return err
	}
	added := storage.NewAuthenticator{
		Authenticator: storage.Authenticator{ID: e.Device, UserID: e.User, Name: name, Sealed: sealed, LastStep: step, Created: p.Now()},
		UserVersion:   e.Version,
		Keep:          p.session.ID,
	}
	var codes []string
	if !p.person.TOTP {
		codes, added.Recovery = p.newRecovery(e.User)
	}
	err = p.Store.AddAuthenticator(p.r.Context(), added, p.about(storage.AuthenticatorAdded, name))
	if errors.Is(err, storage.ErrNotFound) {
		return p.stale(e)
	}
	if err != nil {
		return err
	}
	p.tell(p.r, p.person, news{
		subject: "letter.authenticator-added",
		text:    "letter.authenticator-added-text",
		pairs:   []string{"device", name},
		added:   storage.Added{Authenticator: e.Device},
	})
	if err := p.raise(p.w, p.r, p.session, byTOTP); err != nil {
		return err
	}
	if codes == nil && p.next != "" {
		return p.goOn()
	}
	if codes == nil {
		return p.done(p.w, p.r, p.session, "authenticator")
	}
	return p.showRecovery(codes)
}

// about is an event of a change that the person makes of their own account, with the name of what it is about.
func (p *ownPage) about(kind, name string) storage.Event {
	e := event(p.r, tried{kind, "ok"}, p.person.ID)
	if name != "" {
		e.Data = map[string]string{"name": name}
	}
	return e
}
