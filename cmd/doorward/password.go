package main

import (
	"bytes"
	"errors"
	"io"
	"os"
	"unicode/utf8"

	"github.com/doorward/doorward/admin"
	"github.com/doorward/doorward/storage"
)

// passwordSource is where a command reads a password: never the command line, which other users of the machine see.
type passwordSource struct {
	PasswordFile string `required:"" placeholder:"FILE" help:"A file that holds the password, or - for standard input."`
}

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
	if !utf8.Valid(text) || bytes.ContainsAny(text, "\n\x00") {
		return "", misuse("--password-file: the password must be one line of text")
	}
	return string(text), nil
}

// typed is the password of the operator, for the desk to judge.
func (f *foundation) typed(password, why string) admin.TypedPassword {
	return admin.TypedPassword{Text: password, Reason: why}
}

// judged is an error of the desk; that the password is a bad one is told by the flag.
func (passwordSource) judged(err error) error {
	if bad := (*storage.Invalid)(nil); errors.As(err, &bad) && bad.Field == "password" {
		return misuse("--password-file: the password cannot be set: %s", bad.Why)
	}
	return err
}
