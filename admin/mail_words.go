package admin

import "strings"

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
	if numbered && text != class {
		text += " (" + number + ")"
	}
	return text
}
