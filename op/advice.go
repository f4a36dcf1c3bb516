package op

import (
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/web"
)

// What a page tells of a request that fits no client (behaviours.md 3.13). A page is shown to anybody, so it repeats what
// was sent, and says no more of what is registered than one more guess would: a scheme, a slash, an upper-case letter.
// What is registered, and which client was probably meant, the page tells an insider alone; the log has it under the
// page's reference.

// shown quotes what somebody sent: it names what could deceive the eye (controls, marks of direction, look-alikes) or does
// not belong into a description, and cuts what is long.
func shown(sent string) string {
	const most = 200
	var b strings.Builder
	for i, r := range sent {
		if i >= most {
			b.WriteString("...")
			break
		}
		if r < ' ' || r > '~' || strings.ContainsRune("\"'\\", r) {
			fmt.Fprintf(&b, "<U+%04X>", r)
			continue
		}
		b.WriteRune(r)
	}
	return "'" + b.String() + "'"
}

// difference is a part in which two addresses differ.
type difference struct{ part, sent, registered string }

// String leaves out the values of parts that may hold a secret, so that it may be logged.
func (d difference) String() string {
	if slices.Contains([]string{"user", "query", "fragment"}, d.part) {
		return d.part
	}
	if d.sent == "" && d.registered == "" {
		return d.part
	}
	return fmt.Sprintf("%s %s is not %s", d.part, shown(d.sent), shown(d.registered))
}

// Differences that are not of one part of a URL.
const (
	noURL       = "what was sent is not a URL"
	letterCase  = "upper-case and lower-case letters"
	slashAtEnd  = "slash at the end"
	spelledElse = "spelling (addresses must be equal byte for byte)"
)

// differs are the differences in words for pages: the keys of texts. The log names the parts.
var differs = map[string]string{
	"scheme":    "error.differs-scheme",
	"user":      "error.differs-user",
	"host":      "error.differs-host",
	"port":      "error.differs-port",
	"path":      "error.differs-path",
	"query":     "error.differs-query",
	"fragment":  "error.differs-fragment",
	noURL:       "error.differs-no-url",
	letterCase:  "error.differs-case",
	slashAtEnd:  "error.differs-slash",
	spelledElse: "error.differs-spelling",
}

// differences names the parts in which two addresses differ.
func differences(sent, registered string) []difference {
	a, err := url.Parse(sent)
	b, registeredErr := url.Parse(registered)
	switch {
	case err != nil || registeredErr != nil:
		return []difference{{part: noURL}}
	case strings.TrimSuffix(sent, "/") == strings.TrimSuffix(registered, "/"):
		return []difference{{part: slashAtEnd}}
	case strings.EqualFold(sent, registered) && isASCII(sent):
		return []difference{{part: letterCase}}
	}
	var parts []difference
	for _, d := range []difference{
		{"scheme", a.Scheme, b.Scheme},
		{"user", a.User.String(), b.User.String()},
		{"host", a.Hostname(), b.Hostname()},
		{"port", a.Port(), b.Port()},
		{"path", a.EscapedPath() + a.Opaque, b.EscapedPath() + b.Opaque},
		{"query", a.RawQuery, b.RawQuery},
		{"fragment", a.EscapedFragment(), b.EscapedFragment()},
	} {
		if d.sent != d.registered {
			parts = append(parts, d)
		}
	}
	if len(parts) == 0 {
		return []difference{{part: spelledElse}}
	}
	return parts
}

func isASCII(s string) bool { return !strings.ContainsFunc(s, func(r rune) bool { return r > '~' }) }

// mismatch is an address that is not registered, beside the one that is most like it.
type mismatch struct {
	sent    string
	nearest string // "" where none is registered
	parts   []difference
}

// compare finds the registered address that is most like the one that was sent.
func compare(sent string, registered []string) mismatch {
	m := mismatch{sent: sent}
	for _, one := range registered {
		if d := differences(sent, one); m.nearest == "" || len(d) < len(m.parts) {
			m.nearest, m.parts = one, d
		}
	}
	return m
}

// String is for the log: without a query that was sent, which may hold anything.
func (m mismatch) String() string {
	if m.nearest == "" {
		return "none is registered"
	}
	sent := "what is no URL"
	if u, err := url.Parse(m.sent); err == nil {
		u.User, u.RawQuery, u.Fragment, u.RawFragment = nil, "", "", ""
		sent = shown(u.String())
	}
	return fmt.Sprintf("sent %s; registered %s; the difference: %s", sent, shown(m.nearest), joined(m.parts, difference.String))
}

func joined(parts []difference, text func(difference) string) string {
	return strings.Join(names(parts, text), ", ")
}

// only is the part in which the addresses differ, where it is one.
func (m mismatch) only() string {
	if len(m.parts) != 1 {
		return ""
	}
	return m.parts[0].part
}

// causes are what a difference usually comes from: the keys of texts.
var causes = map[string]string{
	"host":     "error.cause-host",
	"port":     "error.cause-port",
	"path":     "error.cause-path",
	slashAtEnd: "error.cause-slash",
	letterCase: "error.cause-case",
}

// cause is the usual one of the only difference; "" where none is known. Who sends https for a registered http has no proxy to mend.
func (m mismatch) cause() string {
	if m.only() != "scheme" {
		return causes[m.only()]
	}
	switch d := m.parts[0]; {
	case d.sent == "http" && d.registered == "https":
		return "error.cause-scheme"
	case d.sent == "https" && d.registered == "http":
		return "error.cause-registered"
	}
	return ""
}

// forAll are the facts that any visitor may see. A near miss is named, because whoever sent it needs one more guess to
// know: http for https, the slash at the end, letter case.
func (m mismatch) forAll() []web.Fact {
	facts := []web.Fact{{Label: "error.sent", Text: shown(m.sent)}}
	near := slices.Contains([]string{slashAtEnd, letterCase}, m.only()) ||
		m.only() == "scheme" && m.parts[0].sent == "http" && m.parts[0].registered == "https"
	if near {
		facts = append(facts, m.explained()...)
	}
	return append(facts, web.Fact{Label: "error.fix", Key: "error.fix-address"})
}

// forInsiders are the facts that name what is registered.
func (m mismatch) forInsiders() []web.Fact {
	facts := []web.Fact{{Label: "error.sent", Text: shown(m.sent)}}
	if m.nearest == "" {
		return append(facts, web.Fact{Label: "error.registered", Key: "error.registered-none"})
	}
	facts = append(facts, web.Fact{Label: "error.registered", Text: shown(m.nearest)})
	return append(facts, m.explained()...)
}

func (m mismatch) explained() []web.Fact {
	var facts []web.Fact
	for _, d := range m.parts {
		facts = append(facts, web.Fact{Label: "error.difference", Key: differs[d.part], Pairs: []string{"sent", shown(d.sent), "registered", shown(d.registered)}})
	}
	if cause := m.cause(); cause != "" {
		facts = append(facts, web.Fact{Label: "error.cause", Key: cause})
	}
	return facts
}
