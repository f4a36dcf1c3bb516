package main_test

import (
	"bytes"
	"io"
	"mime"
	"mime/multipart"
	"net/mail"
	"regexp"
	"strings"
)

var (
	// unquoted undoes of quoted-printable what can stand in an address.
	unquoted     = strings.NewReplacer("=\r\n", "", "=\n", "", "=3D", "=")
	fetched      = regexp.MustCompile(`(?i)<(img|link|script|iframe|object|video|audio|source)\b|url\(|@import|\bbackground=`)
	toInvitation = regexp.MustCompile(`/invite\?`)
)

// heaviestLetter is the most bytes of a letter as it travels (behaviours.md 3.0).
const heaviestLetter = 30_000

// code is the newest code that this person was mailed.
func (g *guide) code() string {
	g.visitor.t.Helper()
	return strings.ReplaceAll(g.inLetter(g.email, inSubject), " ", "")
}

// inLetter waits for a letter to somebody that has this in subject or text, and gives what the newest one has.
func (g *guide) inLetter(to string, what *regexp.Regexp) string {
	g.visitor.t.Helper()
	found := ""
	g.until("a letter to "+to, func() bool {
		for _, r := range g.post.Received() {
			if here := what.FindString(g.readable(r.Parse(g.visitor.t))); r.To[0] == to && here != "" {
				found = here
			}
		}
		return found != ""
	})
	return found
}

func (g *guide) readable(m *mail.Message) string {
	g.visitor.t.Helper()
	subject, err := new(mime.WordDecoder).DecodeHeader(m.Header.Get("Subject"))
	g.must(err)
	body, err := io.ReadAll(m.Body)
	g.must(err)
	return subject + "\n" + unquoted.Replace(string(body))
}

// html is that part of the newest such letter.
func (g *guide) html(to string, what *regexp.Regexp) []byte {
	g.visitor.t.Helper()
	g.inLetter(to, what)
	var page []byte
	for _, r := range g.post.Received() {
		if r.To[0] != to || !what.MatchString(g.readable(r.Parse(g.visitor.t))) {
			continue
		}
		m := r.Parse(g.visitor.t)
		_, params, err := mime.ParseMediaType(m.Header.Get("Content-Type"))
		g.must(err)
		parts := multipart.NewReader(m.Body, params["boundary"])
		for part, err := parts.NextPart(); err == nil; part, err = parts.NextPart() {
			if strings.HasPrefix(part.Header.Get("Content-Type"), "text/html") {
				page, err = io.ReadAll(part)
				g.must(err)
			}
		}
	}
	return bytes.TrimSpace(page)
}

// weighLetters holds all letters of the house against their budget: 30 kB, a text beside the HTML, and nothing that is fetched, since
// that tells the sender who has read.
func (g *guide) weighLetters() {
	t := g.visitor.t
	t.Helper()
	for _, r := range g.post.Received() {
		text := unquoted.Replace(string(r.Data))
		if len(r.Data) > heaviestLetter {
			t.Errorf("a letter of %d bytes:\n%.300s", len(r.Data), text)
		}
		if !strings.Contains(text, "text/plain") || !strings.Contains(text, "text/html") {
			t.Errorf("a letter in one voice:\n%.300s", text)
		}
		if what := fetched.FindString(text); what != "" {
			t.Errorf("a letter fetches something by %s", what)
		}
	}
}
