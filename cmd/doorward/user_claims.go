package main

import (
	"encoding/json"
	"os"
)

// claimsSource is where a command reads what applications may learn of a person besides name, address and groups.
type claimsSource struct {
	ClaimsFile string `placeholder:"FILE" help:"A JSON object of further claims for applications, like given_name, birthdate, phone_number, address (OpenID Connect Core 5.1)."`
}

// add puts the file's claims beside those that flags have set, which it may not name. The person's record judges them all.
func (s claimsSource) add(claims map[string]any) error {
	if s.ClaimsFile == "" {
		return nil
	}
	text, err := os.ReadFile(s.ClaimsFile)
	if err != nil {
		return misuse("--claims-file: %s", plain(err))
	}
	var more map[string]any
	if err := json.Unmarshal(text, &more); err != nil {
		return misuse("--claims-file: it is no JSON object: %s", err)
	}
	for name, value := range more {
		if _, set := claims[name]; set {
			return misuse("--claims-file: %s is set by its own flag", name)
		}
		claims[name] = value
	}
	return nil
}
