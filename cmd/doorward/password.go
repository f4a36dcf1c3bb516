package main

import (
	"bytes"
	"io"
	"os"
	"unicode/utf8"
)

// passwordSource is where a command reads a password: never the command line, which other users of the machine see.
type passwordSource struct {
	PasswordFile string `required:"" placeholder:"FILE" help:"A file that holds the password, or - for standard input."`
}

// Lengths of a password in characters (house.md §9).
const (
	minPassword = 12
	maxPassword = 256
)

// password reads the password from the file or from standard input.
func (s passwordSource) password(stdin io.Reader) (string, error) {
	from := stdin
	if s.PasswordFile != "-" {
		file, err := os.Open(s.PasswordFile)
		if err != nil {
			return "", misuse("--password-file: %s", plain(err))
		}
		defer func() { _ = file.Close() }()
		from = file
	}
	text, err := io.ReadAll(io.LimitReader(from, 4<<10))
	if err != nil {
		return "", misuse("--password-file: %s", plain(err))
	}
	text = bytes.TrimSuffix(bytes.TrimSuffix(text, []byte("\n")), []byte("\r"))
	switch n := utf8.RuneCount(text); {
	case !utf8.Valid(text) || bytes.ContainsAny(text, "\n\x00"):
		return "", misuse("--password-file: the password must be one line of text")
	case n < minPassword || n > maxPassword:
		return "", misuse("--password-file: the password has %d characters; it must have %d to %d", n, minPassword, maxPassword)
	}
	return string(text), nil
}
