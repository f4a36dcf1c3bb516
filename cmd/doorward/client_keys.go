package main

import (
	"os"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
)

// keyFlags are the keys by which an application signs.
type keyFlags struct {
	JWKSFile string `name:"jwks-file" placeholder:"FILE" help:"Its public keys, as a JSON Web Key Set (RFC 7517): for private_key_jwt and signed requests."`
	JWKSURI  string `name:"jwks-uri" placeholder:"URI" help:"Where they lie instead: fetched when they are needed, and again for a key that is not known."`
	AuthAlg  string `name:"auth-alg" default:"" enum:",RS256,PS256,ES256,EdDSA" placeholder:"ALG" help:"The one algorithm by which it proves itself with private_key_jwt; default: any of RS256, PS256, ES256, EdDSA."`
}

// declare adds them to a declaration.
func (f keyFlags) declare(c ClientConfig) ClientConfig {
	c.JWKSFile, c.JWKSURI, c.AuthAlg = f.JWKSFile, f.JWKSURI, f.AuthAlg
	return c
}

// keyed is the record of the declaration with its keys, which may stand in a file. *storage.Invalid where it cannot be read.
func (c ClientConfig) keyed() (storage.Client, error) {
	record := c.client()
	switch {
	case c.JWKS != "" && c.JWKSFile != "":
		return record, &storage.Invalid{Field: "jwks_file", Why: "is given beside jwks; one of both is enough"}
	case c.JWKS != "":
		record.JWKS = []byte(c.JWKS)
		return record, nil
	case c.JWKSFile == "":
		return record, nil
	}
	data, err := os.ReadFile(c.JWKSFile)
	if err != nil {
		return record, &storage.Invalid{Field: "jwks_file", Why: plain(err)}
	}
	record.JWKS = data
	return record, nil
}

// judge applies every rule for a client's record. The error joins *storage.Invalid values.
func judge(record storage.Client) error {
	if err := record.Check(); err != nil {
		return err
	}
	return keys.CheckSet(record.JWKS, record.AuthAlg, record.RequestAlg)
}
