package admin

import (
	"regexp"
	"strings"
)

// mailFailures are the phases in which a letter failed, as the outbox names them.
var mailFailures = map[string]string{
	"letter": "house.failed-letter", "connect": "house.failed-connect", "greeting": "house.failed-greeting", "tls": "house.failed-tls", "auth": "house.failed-auth",
	"sender": "house.failed-sender", "recipient": "house.failed-recipient", "content": "house.failed-content", "void": "house.failed-void",
}

// mailFailed is the class of a failure in words, with the server's number where it gave one: "recipient_550". "" for none.
func (v *visit) mailFailed(class string) string {
	phase, number, numbered := strings.Cut(class, "_")
	text := class
	if key := mailFailures[phase]; key != "" {
		text = v.t(key)
	}
	if number == "timeout" {
		number = v.t("house.failed-timeout")
	}
	if numbered && text != class {
		text += " (" + number + ")"
	}
	return text
}

// mailReply is what a try came to, "recipient: 550 no such user": the phase in words, and what the server or the network said.
func (v *visit) mailReply(told string) string {
	phase, said, found := strings.Cut(told, ": ")
	if key := mailFailures[phase]; found && key != "" {
		return v.t(key) + ": " + said
	}
	return told
}

// mailSentences are what the program says of a test letter and of the sender's domain (in English, for commands and programs), and the text
// that says the same on a page, by the labels of its fields. What a pattern names is filled into it.
var mailSentences = []sentence{
	{regexp.MustCompile(`^Mail is not configured\.$`), "house.test-unset"},
	{regexp.MustCompile(`^The settings of mail are wrong\.$`), "house.test-wrong"},
	{regexp.MustCompile(`^The letter was not sent\.$`), "house.test-unsent"},
	{regexp.MustCompile(`^It cannot travel\.$`), "house.test-letter"},
	{regexp.MustCompile(`^The mail server cannot be reached\.$`), "house.test-connect"},
	{regexp.MustCompile(`^The server did not greet\.$`), "house.test-greeting"},
	{regexp.MustCompile(`^There is no connection that others cannot read\.$`), "house.test-tls"},
	{regexp.MustCompile(`^The server did not take user name and password\.$`), "house.test-auth"},
	{regexp.MustCompile(`^The server does not let letters come from this address\.$`), "house.test-sender"},
	{regexp.MustCompile(`^The server does not take letters for this address\.$`), "house.test-recipient"},
	{regexp.MustCompile(`^The server did not take the letter itself\.$`), "house.test-content"},

	{regexp.MustCompile(`^Set the sender and the mail server first\.$`), "house.fix-unset"},
	{regexp.MustCompile(`^give another address\b`), "house.fix-address"},
	{regexp.MustCompile(`^check mail\.smtp\.host and mail\.smtp\.port \((?P<address>\S+)\)`), "house.fix-connect"},
	{regexp.MustCompile(`^check mail\.smtp\.port; if the server wants TLS at once\b`), "house.fix-implicit"},
	{regexp.MustCompile(`^if it is your company's own authority\b`), "house.fix-authority"},
	{regexp.MustCompile(`^set mail\.smtp\.host to a name that stands in the certificate; it is "(?P<host>.*)" now$`), "house.fix-name"},
	{regexp.MustCompile(`^use the server's submission port\b`), "house.fix-submission"},
	{regexp.MustCompile(`^check mail\.smtp\.port; if the server wants STARTTLS\b`), "house.fix-starttls"},
	{regexp.MustCompile(`^leave mail\.smtp\.username out\b`), "house.fix-no-user"},
	{regexp.MustCompile(`^check mail\.smtp\.username and its password\b`), "house.fix-auth"},
	{regexp.MustCompile(`^check mail\.from \((?P<from>.*?)\)`), "house.fix-sender"},
	{regexp.MustCompile(`^check the address; if the server says that it does not relay\b`), "house.fix-recipient"},
	{regexp.MustCompile(`^the server's words above say why\b`), "house.fix-content"},
	{regexp.MustCompile(`^try again in some minutes\b`), "house.fix-later"},

	{regexp.MustCompile(`^could not ask for (?P<name>.+?): (?P<why>.+)$`), "house.dns-unasked"},
	{regexp.MustCompile(`^see whether this machine reaches a name server$`), "house.dns-reach"},
	{regexp.MustCompile(`^(?P<domain>\S+) takes mail \(MX (?P<host>\S+)\)$`), "house.dns-mx"},
	{regexp.MustCompile(`^(?P<domain>\S+) has neither MX nor address\b`), "house.dns-nowhere"},
	{regexp.MustCompile(`^send from a domain of yours\b`), "house.dns-own-domain"},
	{regexp.MustCompile(`^(?P<domain>\S+) has no MX record$`), "house.dns-no-mx"},
	{regexp.MustCompile(`^give it an MX record$`), "house.dns-give-mx"},
	{regexp.MustCompile(`^(?P<domain>\S+) has an SPF record$`), "house.dns-spf"},
	{regexp.MustCompile(`^(?P<domain>\S+) has no SPF record\b`), "house.dns-no-spf"},
	{regexp.MustCompile(`^(?P<domain>\S+) has (?P<n>\d+) SPF records\b`), "house.dns-many-spf"},
	{regexp.MustCompile(`^(?P<domain>\S+) lets the whole world send letters in its name: (?P<line>.+)$`), "house.dns-open-spf"},
	{regexp.MustCompile(`^publish one TXT record "v=spf1\b`), "house.dns-give-spf"},
	{regexp.MustCompile(`^(?P<domain>\S+) has a DMARC record$`), "house.dns-dmarc"},
	{regexp.MustCompile(`^(?P<domain>\S+) has no DMARC record$`), "house.dns-no-dmarc"},
	{regexp.MustCompile(`^publish a TXT record "v=DMARC1; p=quarantine" at (?P<name>\S+)`), "house.dns-give-dmarc"},
	{regexp.MustCompile(`^(?P<domain>\S+) publishes a DKIM key \((?P<name>\S+)\)$`), "house.dns-dkim"},
	{regexp.MustCompile(`^(?P<domain>\S+) has no DKIM key under a usual name\b`), "house.dns-no-dkim"},
	{regexp.MustCompile(`^see in the source of a letter of yours\b`), "house.dns-see-dkim"},
}

// MailWords is what House says of a test letter, or of one of a sender's records, in the language of t. What stands in none of the rows
// comes back as it is.
func MailWords(t func(key string, pairs ...string) string, says string) string {
	return spoken(t).one(mailSentences, says)
}

// inWords is a test letter as a page tells of it. What the server or the network said stays, without the phase, which Where tells.
func (t spoken) inWords(told MailTest) *MailTest {
	if phase, said, _ := strings.Cut(strings.TrimPrefix(told.What, "mail: "), ": "); mailFailures[phase] != "" {
		told.What = said
	}
	told.Where, told.Remedy = MailWords(t, told.Where), MailWords(t, told.Remedy)
	return &told
}

// records are those of a sender as a page tells of them.
func (t spoken) records(list []SenderRecord) []SenderRecord {
	for i, r := range list {
		if len(r.Said) == 0 {
			continue
		}
		words := make([]string, len(r.Said))
		for j, says := range r.Said {
			words[j] = MailWords(t, says)
		}
		list[i].Found = strings.Join(words, " ")
	}
	return list
}
