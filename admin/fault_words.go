package admin

import (
	"regexp"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// sentence is something that is said in English, and the text that says the same.
type sentence struct {
	says *regexp.Regexp
	text string
}

// faultWords are the faults that a form of the console can have, as storage and the configuration tell them (in English, for commands, files
// and programs), and the text that says the same in the visitor's language. What a pattern names is filled into it. What stands in none of
// the rows is shown as it is.
var faultWords = []sentence{
	{regexp.MustCompile(`^(are|is) missing\b`), "fault.missing"},
	{regexp.MustCompile(`^must be given$`), "fault.missing"},
	{regexp.MustCompile(`^wants 1 to 64 letters, digits, dots, hyphens or underscores$`), "fault.id"},
	{regexp.MustCompile(`^(?:name |given_name |family_name )?wants? (?:names of |one line of )?1 to (?P<n>\d+) (?:printable )?characters(?: in one line)?$`), "fault.line"},
	{regexp.MustCompile(`^wants one line of characters that can be seen$`), "fault.line-seen"},
	{regexp.MustCompile(`^wants more than dots$`), "fault.dots"},
	{regexp.MustCompile(`^wants no comma and no semicolon$`), "fault.comma"},
	{regexp.MustCompile(`^is taken by another application$`), "fault.taken-app"},
	{regexp.MustCompile(`^belongs to somebody else$`), "person.fault-taken"},
	{regexp.MustCompile(`^is not (?:an email address|in canonical form)`), "person.fault-email"},
	{regexp.MustCompile(`^wants 4 to 20 digits$`), "person.fault-number"},
	{regexp.MustCompile(`^there is no group (?P<what>.+)$`), "fault.no-group"},
	{regexp.MustCompile(`^holds no key for (?P<list>.+)$`), "fault.no-key"},
	{regexp.MustCompile(`^(?:there is nobody whose id is|nobody is called) (?P<what>.+)$`), "fault.nobody"},
	{regexp.MustCompile(`^are more than (?P<n>\d+)`), "fault.many"},
	{regexp.MustCompile(`^(?:is not a number|wants a whole number, 0 or more|is less than 0)$`), "fault.number"},
	{regexp.MustCompile(`^(?:wants|must be) (?P<least>\d+) to (?P<most>\d+)\b`), "fault.between"},
	{regexp.MustCompile(`^want https, or http on localhost`), "fault.https"},
	{regexp.MustCompile(`^wants an https URL\b`), "fault.https"},
	{regexp.MustCompile(`^want https URLs\b`), "fault.https"},
	{regexp.MustCompile(`^want https; a scheme of one's own`), "fault.scheme"},
	{regexp.MustCompile(`^want absolute URIs\b`), "fault.address"},
	{regexp.MustCompile(`^want a scheme, in lower case$`), "fault.address"},
	{regexp.MustCompile(`^want a host of letters\b`), "fault.host"},
	{regexp.MustCompile(`^must have no fragment\b`), "fault.fragment"},
	{regexp.MustCompile(`^must have no wildcard$`), "fault.wildcard"},
	{regexp.MustCompile(`^must have no user name$`), "fault.user"},
	{regexp.MustCompile(`^must have no \. or \.\. in its path`), "fault.path"},
	{regexp.MustCompile(`^is the only one: add another one first$`), "fault.only"},
	{regexp.MustCompile(`^must be typed again with a change of\b`), "fault.again"},
	{regexp.MustCompile(`^must be a number$`), "fault.number"},
	{regexp.MustCompile(`^must be (?P<list>25, 465, 587 or 2525), or 0 for the usual one\b`), "fault.port"},
	{regexp.MustCompile(`^must be a name like Europe/Berlin, or UTC$`), "fault.zone-none"},
	{regexp.MustCompile(`^(?:is none of|want to be of|must be) (?P<list>[^" ,]+(?:(?:, | or )[^" ,]+)*)(?:, not ".*")?$`), "fault.one-of"},
	{regexp.MustCompile(`^is given by the file, and is changed there$`), "fault.given-file"},
	{regexp.MustCompile(`^is given by the environment, and is changed there$`), "fault.given-environment"},
	{regexp.MustCompile(`^can only be made longer here than the (?P<n>\d+) days`), "fault.longer"},
	{regexp.MustCompile(`^"(?P<what>.*)" is not a colour`), "fault.colour"},
	{regexp.MustCompile(`^(?:"(?P<what>.*)" )?is not an address like login@`), "person.fault-email"},
	{regexp.MustCompile(`^"(?P<what>.*)" is not the name or address of a machine`), "fault.machine"},
	{regexp.MustCompile(`^"(?P<what>.*)" is not a name like Europe/Berlin`), "fault.zone"},
	{regexp.MustCompile(`^"(?P<what>.*)" is not a time from (?P<from>\S+?)(?: to (?P<to>\S+?))?, like\b`), "fault.time"},
	{regexp.MustCompile(`^must not be longer than login\.session_max$`), "fault.idle"},
	{regexp.MustCompile(`^none is for a server on this machine only`), "fault.unsealed"},
	{regexp.MustCompile(`^is given, but mail\.smtp\.username is not$`), "fault.no-user"},
	{regexp.MustCompile(`^is not a domain like example\.com`), "fault.domain"},
	{regexp.MustCompile(`^stands twice$`), "fault.twice"},
}

// spoken is the language of a visitor: the text of a key, with its placeholders filled.
type spoken func(key string, pairs ...string) string

// fault says what is wrong, and with what, by the name that the visitor knows it by.
func (t spoken) fault(i *storage.Invalid) string {
	return t("console.fault", "field", t.label(i.Field), "why", t.why(i.Why))
}

// why is a fault in the visitor's language.
func (t spoken) why(says string) string {
	return t.one(slices.Concat(faultWords, recordWords, listWords), says)
}

// one is the text of the first of these sentences that is said; what none of them says is shown as it is.
func (t spoken) one(list []sentence, says string) string {
	for _, w := range list {
		found := w.says.FindStringSubmatch(says)
		if found == nil {
			continue
		}
		values := map[string]string{}
		for i, name := range w.says.SubexpNames() {
			if name == "list" { // its last comma is a word
				name, found[i] = "what", strings.ReplaceAll(found[i], " or ", ", ")
			}
			if name != "" && values[name] == "" {
				values[name] = found[i]
			}
		}
		var pairs []string
		for name, value := range values {
			pairs = append(pairs, name, value)
		}
		return t(w.text, pairs...)
	}
	return says
}

// fieldLabels are the labels of fields of applications and people, by what storage calls them.
var fieldLabels = map[string]string{
	"client_id": "fault.field-id", "client_name": "app.name", "name": "app.name", "redirect_uris": "fault.field-redirect",
	"post_logout_redirect_uris": "fault.field-logout", "backchannel_logout_uri": "fault.field-backchannel",
	"frontchannel_logout_uri": "fault.field-frontchannel", "initiate_login_uri": "fault.field-initiate", "resources": "fault.field-resources",
	"scope": "fault.field-scope", "groups": "fault.field-groups", "people": "fault.field-people", "client_uri": "fault.field-home",
	"policy_uri": "fault.field-policy", "tos_uri": "fault.field-terms", "default_max_age": "fault.field-max-age",
	"email": "fault.field-email", "customer_number": "fault.field-number", "state": "fault.field-state", "role": "fault.field-role",
	"type": "fault.field-type", "jwks": "app.jwks", "uses": "fault.field-uses", "days": "fault.field-days",
	"link_email": "person.google-address", "google_email": "person.google-address", "language": "person.language", "claims": "fault.field-claims",
	"password_hash": "fault.field-hash",
}

// label is what the visitor knows a field by: that of an application, a setting, or what it is called.
func (t spoken) label(field string) string {
	for _, labels := range []map[string]string{fieldLabels, settingLabels} {
		if key := labels[field]; key != "" {
			return t(key)
		}
	}
	return field
}
