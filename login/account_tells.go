package login

import (
	"strings"

	"github.com/doorward/doorward/storage"
)

// telling is how the account tells a kind of events. Its texts may name {app}, {device}, {name} and {address}.
type telling struct {
	text     string            // key; "" and no other: it is left out
	withApp  string            // in its place where an application stands in the event
	theirs   string            // in its place where somebody else did it: whoever runs the house
	results  map[string]string // in its place, by how the result begins, or the kind of a link
	alarming bool              // “That wasn't me” stands beside it
}

// result is the key for a result, that of the longest beginning that fits; "" none.
func (t telling) result(of string) string {
	key, most := "", -1
	for begins, text := range t.results {
		if strings.HasPrefix(of, begins) && len(begins) > most {
			key, most = text, len(begins)
		}
	}
	return key
}

// tells are all kinds of events; a test finds one that is forgotten. Left out, with no text, is what nobody did to the person,
// and what the sentence beside it says already.
var tells = map[string]telling{
	storage.SignInRefused: {text: "activity.refused", alarming: true, results: map[string]string{
		"password_wrong":  "activity.wrong-password",
		"password_slowed": "activity.slowed",
		"code_":           "activity.wrong-code",
		"totp_":           "activity.wrong-totp",
		"recovery_":       "activity.wrong-recovery",
		"google_":         "activity.wrong-google",
		"disabled":        "activity.switched-off",
	}},
	passwordRight:  {},
	passwordChosen: {},
	codeRight:      {},
	totpRight:      {},
	googleRight:    {},
	codeSent:       {text: "activity.code-sent", alarming: true, results: map[string]string{"mail_down": "activity.code-unsent"}},

	storage.SessionStarted:  {text: "activity.signed-in", withApp: "activity.signed-in-to", alarming: true},
	storage.SessionRaised:   {text: "activity.raised", withApp: "activity.raised-for", alarming: true},
	storage.SessionReplaced: {text: "activity.replaced", theirs: "activity.replaced"},
	storage.SessionEnded: {text: "activity.signed-out", theirs: "activity.signed-out-theirs",
		results: map[string]string{"elsewhere": "activity.signed-out-there"}},
	storage.SessionsEnded: {text: "activity.signed-out-others", theirs: "activity.signed-out-theirs", alarming: true},

	storage.TrustGiven: {text: "activity.trusted-browser", alarming: true},
	storage.TrustEnded: {text: "activity.trust-ended", theirs: "activity.trust-ended-theirs",
		results: map[string]string{"crowded_out": "activity.trust-crowded"}},
	storage.TrustsEnded: {text: "activity.trusts-ended", theirs: "activity.trust-ended-theirs"},
	storage.TrustStolen: {text: "activity.trust-stolen", results: map[string]string{"cleared": "activity.trust-old"}, alarming: true},

	storage.ConsentGiven:       {text: "activity.consent", alarming: true},
	consentRefused:             {text: "activity.consent-refused"},
	storage.ConsentWithdrawn:   {text: "activity.consent-withdrawn"},
	storage.GrantRevoked:       {text: "activity.grant-revoked", theirs: "activity.grant-revoked"},
	storage.GrantCodeReplayed:  {text: "activity.grant-stopped", theirs: "activity.grant-stopped"},
	storage.GrantRefreshReused: {text: "activity.grant-stopped", theirs: "activity.grant-stopped"},
	storage.GrantCodeBurnt:     {}, // an application's own mistake: nothing was given

	storage.UserAdded:            {text: "activity.added", theirs: "activity.added"},
	storage.UserStateChanged:     {results: map[string]string{"active": "activity.on", "disabled": "activity.off", "invited": "activity.invited"}},
	storage.UserPasswordSet:      {text: "activity.password", theirs: "activity.password-theirs", alarming: true},
	storage.LinkSent:             {results: map[string]string{storage.LinkInvitation: "activity.link-invitation", storage.LinkReset: "activity.link-reset", storage.LinkAddress: "activity.link-address"}, alarming: true},
	storage.LinkUsed:             {results: map[string]string{storage.LinkInvitation: "activity.accepted", storage.LinkReset: "activity.password-link"}, alarming: true}, // EmailChanged tells of an address
	storage.EmailChanged:         {text: "activity.address", theirs: "activity.address-theirs", alarming: true},
	storage.ProfileChanged:       {text: "activity.profile", theirs: "activity.profile-theirs", alarming: true},
	storage.AuthenticatorAdded:   {text: "activity.totp-added", alarming: true},
	storage.AuthenticatorRemoved: {text: "activity.totp-removed", theirs: "activity.factors-reset", alarming: true},
	storage.RecoveryMade:         {text: "activity.recovery-made", alarming: true},
	storage.RecoveryUsed:         {text: "activity.recovery-used", alarming: true},
	storage.IdentityLinked:       {text: "activity.google-linked", alarming: true},
	googleAddressMoved:           {text: "activity.google-moved"},
	storage.IdentityUnlinked:     {text: "activity.google-unlinked", alarming: true},
	storage.FactorsReset:         {text: "activity.factors-reset"},
	storage.AlarmRaised:          {text: "activity.alarm"},
	storage.LetterFailed:         {text: "activity.letter-failed", theirs: "activity.letter-failed"},
	storage.LetterExpired:        {text: "activity.letter-failed", theirs: "activity.letter-failed"},

	storage.LogoutTold:    {}, // signing out has its own line
	storage.LogoutUntold:  {text: "activity.untold", theirs: "activity.untold"},
	storage.LogoutRetried: {}, // an operator's; what comes of it has the line above

	storage.UserChanged:     {text: "activity.changed", theirs: "activity.changed"},
	storage.UserRoleChanged: {text: "activity.role", theirs: "activity.role"},
	storage.GroupJoined:     {text: "activity.joined", theirs: "activity.joined"},
	storage.GroupLeft:       {text: "activity.left", theirs: "activity.left"},
	storage.LinkWithdrawn:   {}, // who never came has no account to read it in
	storage.UserRemoved:     {},
	storage.GrantEnded:      {}, // the sweep's copy of what has its own line, or just expired

	// About no person.
	storage.GroupAdded:       {},
	storage.GroupChanged:     {},
	storage.GroupRemoved:     {},
	storage.SettingsChanged:  {},
	storage.PeopleExported:   {},
	storage.ClientAdded:      {},
	storage.ClientRegistered: {},
	storage.ClientChanged:    {},
	storage.ClientRemoved:    {},
	storage.ClientDisabled:   {},
	storage.ClientEnabled:    {},
	storage.ClientRefused:    {},
	storage.ClientMisfit:     {},
	storage.LettersHurried:   {},
	storage.ClientDenied:     {},
	storage.ClientTested:     {},
	storage.KeysRewrapped:    {},
	storage.KeysChanged:      {},
	storage.EpochRaised:      {},
	storage.ChainRestarted:   {},
	storage.BackedUp:         {},
	storage.Restored:         {},
}
