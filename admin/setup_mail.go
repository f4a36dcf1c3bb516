package admin

import (
	"errors"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// The third page of the set-up sends a letter before it sets anything: a mail server that takes none would ask the new administrator, who
// has nothing but a password yet, for a code that never comes.

// allTheSame is pressed by who sets what no letter went out by. Then nobody is asked for a mailed code, as where mail is skipped.
const allTheSame = "anyway"

// tryFor is how long a mail server may take over a letter while somebody waits for the page.
const tryFor = 30 * time.Second

// tryMail sends a letter to the new administrator by what was typed; nil where there is nothing to try, or it was tried before.
func (v *setupVisit) tryMail(u storage.User) (*MailTest, []web.FieldError, error) {
	if v.form.Has(skipMail) || v.form.Has(allTheSame) {
		return nil, nil, nil
	}
	set, _, err := v.Desk.set(v.r.Context())
	if err != nil || strings.TrimSpace(v.form.Get("mail.smtp.host"))+set["mail.smtp.host"].Value == "" {
		return nil, nil, err
	}
	change, _, err := v.typed(mailSettings, nil)
	if err != nil {
		return nil, nil, err
	}
	ctx, done := patiently(v.w, v.r, tryFor)
	defer done()
	by := v.by()
	by.ID = u.ID
	told, err := v.Desk.TryMail(ctx, by, change, u.Email)
	if soon := (*TooSoon)(nil); errors.As(err, &soon) {
		return nil, []web.FieldError{{Text: v.t("setup.mail-soon", "n", strconv.Itoa(soon.Minutes))}}, nil
	}
	if faults := v.faults(err); len(faults) > 0 {
		return nil, faults, nil
	}
	return &told, nil, err
}

// askMailAgain shows what the mail server said, and the form as it was typed. The password is not shown: it comes back sealed.
func (v *setupVisit) askMailAgain(s settingUp, u storage.User, told *MailTest) error {
	s.Tried = map[string]string{}
	for _, path := range mailSettings {
		s.Tried[path] = strings.TrimSpace(v.form.Get(path))
	}
	token, err := v.Desk.Keys.Box.Seal(keys.ForSetup, s)
	if err != nil {
		return err
	}
	page, err := v.mailFields(token, v.form)
	if err != nil {
		return err
	}
	page.Test = spoken(v.t).inWords(*told)
	for i, f := range page.Fields {
		if f.Path == mailPassword && s.Tried[mailPassword] != "" {
			page.Fields[i].Hint = v.t("setup.mail-password-kept")
		}
	}
	return v.show("setup-mail", v.t("setup.mail-title"), page, web.FieldError{Text: v.t("setup.mail-unsent", "email", u.Email)})
}

const mailPassword = "mail.smtp.password"

// recall lays the password of the try before into the form where none was typed, and where it would go to the same server by the same
// lock: whoever finds the page sends it nowhere else (AD-08).
func (v *setupVisit) recall(s settingUp) {
	same := !slices.ContainsFunc([]string{"mail.smtp.host", "mail.smtp.port", "mail.smtp.tls", "mail.smtp.username"}, func(path string) bool {
		return strings.TrimSpace(v.form.Get(path)) != s.Tried[path]
	})
	if v.form.Get(mailPassword) == "" && same {
		v.form.Set(mailPassword, s.Tried[mailPassword])
	}
}
