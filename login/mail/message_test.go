package mail

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"mime/quotedprintable"
	netmail "net/mail"
	"strings"
	"testing"

	"github.com/doorward/doorward/login/mail/mailtest"
)

// parts reads both parts of a letter.
func parts(t *testing.T, m *netmail.Message) map[string]string {
	t.Helper()
	kind, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
	if err != nil || kind != "multipart/alternative" {
		t.Fatalf("the letter is %s, %v", kind, err)
	}
	found := map[string]string{}
	for r := multipart.NewReader(m.Body, params["boundary"]); ; {
		part, err := r.NextRawPart()
		if errors.Is(err, io.EOF) {
			return found
		}
		if err != nil {
			t.Fatal(err)
		}
		if encoding := part.Header.Get("Content-Transfer-Encoding"); encoding != "quoted-printable" {
			t.Errorf("a part is %s", encoding)
		}
		text, err := io.ReadAll(quotedprintable.NewReader(part))
		if err != nil {
			t.Fatal(err)
		}
		found[part.Header.Get("Content-Type")] = strings.ReplaceAll(string(text), "\r\n", "\n")
	}
}

func wantLetter(t *testing.T, got mailtest.Received, want Letter) {
	t.Helper()
	m := got.Parse(t)
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	if err != nil || subject != want.Subject {
		t.Errorf("subject %q, %v", subject, err)
	}
	from, err := m.Header.AddressList("From")
	if err != nil || len(from) != 1 || *from[0] != (netmail.Address{Name: "Zürich AG", Address: "login@house.test"}) {
		t.Errorf("from %v, %v", from, err)
	}
	to, err := m.Header.AddressList("To")
	if err != nil || len(to) != 1 || to[0].Address != want.To {
		t.Errorf("to %v, %v", to, err)
	}
	if date, err := m.Header.Date(); err != nil || !date.Equal(written) {
		t.Errorf("date %v, %v", date, err)
	}
	for name, value := range map[string]string{"Message-Id": "<letter1@house.test>", "Auto-Submitted": "auto-generated", "Mime-Version": "1.0", "Bcc": "", "User-Agent": "", "X-Mailer": ""} {
		if m.Header.Get(name) != value {
			t.Errorf("%s is %q", name, m.Header.Get(name))
		}
	}
	for _, line := range bytes.Split(got.Data, []byte("\n")) {
		if len(line) > 998 || bytes.ContainsFunc(line, func(r rune) bool { return r > 126 }) {
			t.Errorf("a line of %d bytes: %.40q", len(line), line)
		}
	}
	found := parts(t, m)
	if len(found) != 2 || found["text/plain; charset=UTF-8"] != want.Text || found["text/html; charset=UTF-8"] != want.HTML {
		t.Errorf("parts %q", found)
	}
}

// go-mail CVE-2025-59937 and its like: an address that is two, or a header.
func TestALetterHasExactlyOneRecipientAndNoHeaderOfAVisitor(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{TLS: "none"}
	s := mailtest.New(t, o)
	s.Hook(func(step mailtest.Step, _ string) error { t.Errorf("the server came as far as %s", step); return nil })
	server := serverOf(t, s, o)
	for _, to := range []string{
		"", "anna", "anna@", "@example.com", "anna@example.com\r\nBcc: eve@evil.test", "anna@example.com\nBcc: eve@evil.test",
		"anna@example.com>\r\nRCPT TO:<eve@evil.test", "anna@example.com,eve@evil.test", "anna@example.com, eve@evil.test",
		"anna@example.com eve@evil.test", "anna@example.com;eve@evil.test", "Anna <anna@example.com>", "<anna@example.com>",
		`"anna"@example.com`, `"a\"@x"@example.com`, `"anna@example.com> eve"@evil.test`, "anna@[127.0.0.1]", "anna@[IPv6:::1]",
		"anna@example.com\x00", "änna@example.com", "anna@exämple.com", "anna@example.com (eve)", "anna@localhost", "anna@-example.com",
		"@evil.test:anna@example.com", "anna%evil.test@", "group:anna@example.com;", "anna@example.com@evil.test", " anna@example.com",
		strings.Repeat("a", 65) + "@example.com",
	} {
		if f := failureOf(t, server, postTo(to)); f.Class() != "letter" || !f.Final() || !f.Alone() {
			t.Errorf("%q: %v", to, f)
		}
	}
	for _, subject := range []string{"", "Code\r\nBcc: eve@evil.test", "Code\nX: y", "Code\rX: y", "Code\x00", "Code\u0085"} {
		p := postTo("anna@example.com")
		p.Letter.Subject = subject
		if f := failureOf(t, server, p); f.Class() != "letter" {
			t.Errorf("%q: %v", subject, f)
		}
	}
}

func TestANameOfTheHouseIsEncoded(t *testing.T) {
	t.Parallel()
	o := mailtest.Options{TLS: "none"}
	s := mailtest.New(t, o)
	server := serverOf(t, s, o)
	for _, name := range []string{"A\r\nBcc: eve@evil.test", `A" <eve@evil.test>, "B`, "A, B", "a@b"} {
		server.From.Name = name
		if err := server.Deliver(t.Context(), postTo("anna@example.com")); err != nil {
			t.Errorf("%q: %v", name, err)
			continue
		}
		got := s.Received()
		m := got[len(got)-1].Parse(t)
		from, err := m.Header.AddressList("From")
		if err != nil || len(from) != 1 || from[0].Address != "login@house.test" || m.Header.Get("Bcc") != "" || len(got[len(got)-1].To) != 1 {
			t.Errorf("%q: %v, %v in %v", name, from, err, m.Header)
		}
	}
}

func TestMailFromIsOneAddress(t *testing.T) {
	t.Parallel()
	for text, want := range map[string]netmail.Address{
		"login@example.com":              {Address: "login@example.com"},
		"Login <Login@Example.com>":      {Name: "Login", Address: "login@example.com"},
		`"Acme, Inc." <a.b@example.com>`: {Name: "Acme, Inc.", Address: "a.b@example.com"},
	} {
		if got, err := ParseFrom(text); err != nil || got != want {
			t.Errorf("%q: %+v, %v", text, got, err)
		}
	}
	for _, text := range []string{"", "login", "login@localhost", "a@example.com, b@example.com", "a@example.com\r\nBcc: b@example.com", "<@x:a@example.com>", `"a b"@example.com`} {
		if got, err := ParseFrom(text); err == nil {
			t.Errorf("%q is taken as %+v", text, got)
		}
	}
}
