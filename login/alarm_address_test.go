package login_test

import (
	"net/url"
	"testing"

	"github.com/doorward/doorward/storage"
)

// The address of the owner, and those that a thief moves the account to.
const (
	owners = "anna@example.com"
	first  = "eve1@evil.example"
	second = "eve2@evil.example"
)

// stolen moves Anna's account from address to address in a browser with fresh proofs. The result is the alarms of letters: of
// the sign-in before by "before", of the notice to each former address by that.
func (h *house) stolen(addresses ...string) map[string]string {
	h.t.Helper()
	thief := h.signedIn()
	alarms := map[string]string{"before": linkIn(h.t, h.letterTo(owners), "/alarm?token=")}
	from := owners
	for _, to := range addresses {
		movesTo(thief, to)
		thief.Go(linkIn(h.t, h.letterTo(to), confirmPath)).Press("confirm").Sees("Your address is changed.")
		alarms[from] = linkIn(h.t, h.letterTo(from), "/alarm?token=")
		from = to
	}
	return alarms
}

// raises presses an alarm and says where the letter went by which its person gets in again; "" nowhere.
func (h *house) raises(alarm string) string {
	h.t.Helper()
	before, version := len(h.mailbox.Letters()), h.present(h.anna).Version
	b := h.blank().Go(alarm).Check().Press("confirm").Check()
	if h.present(h.anna).Version != version+1 || len(h.sessions(h.anna)) != 0 {
		h.t.Error("the alarm has not ended everything")
	}
	letters := h.mailbox.Letters()
	if len(letters) == before {
		b.Status(409).Sees("We signed you out everywhere, but").Sees("help@acme.test")
		return ""
	}
	b.Sees("Check your email")
	if addressIn(letters[0].Letter, "/reset") == "" {
		h.t.Errorf("the letter is %s", letters[0].Text)
	}
	return letters[0].To
}

func TestNoAlarmMailsALinkToAnotherAddressThanItsLetters(t *testing.T) { // S-41
	t.Parallel()
	for name, c := range map[string]struct {
		moves  []string
		raised []string // alarms, one after the other
		mailed []string // where their links go
		ends   string   // address in the end
	}{
		"an earlier letter, one change":        {[]string{first}, []string{"before"}, []string{""}, first},
		"the notice of one change":             {[]string{first}, []string{owners}, []string{owners}, owners},
		"both":                                 {[]string{first}, []string{"before", owners}, []string{"", owners}, owners},
		"an earlier letter after the notice's": {[]string{first}, []string{owners, "before"}, []string{owners, owners}, owners},
		"an earlier letter, two changes":       {[]string{first, second}, []string{"before"}, []string{""}, second},
		"the first notice of two":              {[]string{first, second}, []string{owners}, []string{owners}, owners},
		"the second notice of two":             {[]string{first, second}, []string{first}, []string{""}, second},
		"the thief's notice, then the owner's": {[]string{first, second}, []string{first, owners}, []string{"", owners}, owners},
		"the owner's notice, then the thief's": {[]string{first, second}, []string{owners, first}, []string{owners, ""}, owners},
		"there and back, and away again":       {[]string{first, owners, second}, []string{first}, []string{""}, second},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := open(t)
			alarms := h.stolen(c.moves...)
			for i, which := range c.raised {
				if got := h.raises(alarms[which]); got != c.mailed[i] {
					t.Errorf("the alarm of %q mails a link to %q, want %q", which, got, c.mailed[i])
				}
			}
			if got := h.present(h.anna).Email; got != c.ends {
				t.Errorf("in the end the address is %s, want %s", got, c.ends)
			}
		})
	}
}

func TestTheThiefsLettersAreWorthNothingOnceTheAddressIsGivenBack(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		alarms := h.stolen(first)
		h.in(h.browser(), first)
		thiefs := linkIn(t, h.letterTo(first), "/alarm?token=") // of a code that went to the thief
		forget(h.blank(), first)
		reset := addressIn(h.letters(first, 3)[0].Letter, "/reset")
		if got := h.raises(alarms[owners]); got != owners {
			t.Errorf("the link goes to %q", got)
		}
		h.blank().Go(reset).Status(410)
		if got := h.raises(thiefs); got != "" {
			t.Errorf("the thief's alarm mails a link to %q", got)
		}
		if got := h.present(h.anna).Email; got != owners {
			t.Errorf("the address is %s", got)
		}
	})
}

func TestAnAddressThatIsTakenMeanwhileIsNotGivenBackAndNothingIsMailed(t *testing.T) {
	t.Parallel()
	each(t, func(t *testing.T, h *house) {
		alarms := h.stolen(first)
		h.add(storage.User{Email: owners})
		if got := h.raises(alarms[owners]); got != "" {
			t.Errorf("a link goes to %q", got)
		}
		if got := h.present(h.anna).Email; got != first {
			t.Errorf("the address is %s", got)
		}
		h.sees("alarm.raised ok", 1)
		h.blank().Go(alarms[owners]).Status(409).Sees("You have told us already")
	})
}

func TestAnAlarmSaysBeforeThatNothingIsSentToAnotherAddress(t *testing.T) {
	t.Parallel()
	h := open(t)
	b := h.blank().Go(h.stolen(first)["before"]).Check().Sees("a•••@example.com").Sees("so we send nothing").SeesNot("evil.example")
	h.site.Contact = ""
	b.Press("confirm").Status(409).Check().Sees("your account has another address now").SeesNot("evil.example").SeesNot("ask .")
	u, err := url.Parse(b.URL())
	if h.must(err); u.RawQuery != "" {
		t.Errorf("the address is %s", u)
	}
}
