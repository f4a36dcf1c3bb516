package admin

import (
	"context"
	"time"
)

// House is what only the program knows of itself and of the world around it. It is cmd.
type House interface {
	Version() string
	// Certificate is when the certificate ends; zero where something in front ends TLS.
	Certificate() time.Time
	Mail() MailHealth
	// TestMail sends one letter at once, without the outbox, and tells the dialogue with the mail server.
	TestMail(ctx context.Context, to string) MailTest
	// Sender asks what the world's name servers say of the sender's domain.
	Sender(ctx context.Context) []SenderRecord
}

// MailHealth is how mail stands.
type MailHealth struct {
	Configured bool          `json:"configured"`
	From       string        `json:"from"` // as people read it: "Käßler GmbH <login@example.com>"
	Server     string        `json:"server"`
	Waiting    int           `json:"waiting"` // letters of all nodes
	Oldest     time.Duration `json:"-"`       // the age of the oldest of them
	Sent       int64         `json:"sent"`    // by this node since its start
	Failed     int64         `json:"failed"`
	LastError  string        `json:"last_error"` // the class of the last failure; "" when a letter was taken after it
	Down       bool          `json:"down"`       // no letter is taken from anybody
}

// Untried says whether this node knows nothing yet of whether its mail server takes letters: "works" would be a guess. Where there is no server
// (letters stay in a mailbox) there is nothing to try.
func (h MailHealth) Untried() bool {
	return h.Server != "" && h.Sent == 0 && h.Failed == 0 && h.LastError == "" && !h.Down
}

// MailTest is what came of a test letter.
type MailTest struct {
	Dialogue []string `json:"dialogue"` // line by line, without the password
	Sent     bool     `json:"sent"`
	Where    string   `json:"where,omitempty"`  // in which phase it failed, in a sentence
	What     string   `json:"what,omitempty"`   // what happened
	Remedy   string   `json:"remedy,omitempty"` // what to do
}

// SenderRecord is one thing that others look up about letters from our sender.
type SenderRecord struct {
	Name  string `json:"name"`  // MX, SPF, DKIM, DMARC
	Grade string `json:"grade"` // ok, hint, wrong
	Found string `json:"found"` // what there is, in words
	// Said is the same, sentence by sentence, with what to do.
	Said []string `json:"-"`
	Host string   `json:"host,omitempty"`
	Line string   `json:"line,omitempty"` // a TXT record to copy where there is none
}

// houseStore is what the pages about the house read.
type houseStore interface {
	keyStore
	mailStore
}
