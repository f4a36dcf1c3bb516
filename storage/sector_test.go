package storage_test

// OIDC Core §8.1: the sector of a client with pairwise subjects.

import (
	"strings"
	"testing"

	"github.com/doorward/doorward/storage"
)

func TestAClientProvesItsSectorUnlessAnOperatorVouchesForIt(t *testing.T) {
	t.Parallel()
	one, two := []string{"https://rp.test/cb"}, []string{"https://rp.test/cb", "https://rp2.test/cb"}
	for name, c := range map[string]struct {
		owner, sector, uri string
		redirects          []string
		wrong              string
	}{
		"public":                            {"dynamic", "", "", two, ""},
		"the host of its redirect URIs":     {"dynamic", "rp.test", "", one, ""},
		"the host of its document":          {"dynamic", "corp.test", "https://corp.test/sector.json", two, ""},
		"a declared one, another host":      {"file", "corp.test", "", two, ""},
		"one made by command, another host": {"", "corp.test", "", one, ""},
		"a document without a sector":       {"", "", "https://corp.test/sector.json", one, "sector_identifier_uri"},
		"another's host":                    {"dynamic", "corp.test", "", one, "sector_identifier_uri"},
		"one of two hosts":                  {"dynamic", "rp.test", "", two, "sector_identifier_uri"},
		"a document elsewhere":              {"file", "corp.test", "https://rp.test/sector.json", one, "sector_identifier_uri"},
		"a document over plain http":        {"file", "corp.test", "http://corp.test/sector.json", one, "sector_identifier_uri"},
		"in capitals":                       {"file", "Corp.test", "", one, "sector"},
		"with a port":                       {"file", "corp.test:443", "", one, "sector"},
		"an address":                        {"file", "https://corp.test", "", one, "sector"},
		"too long":                          {"file", strings.Repeat("a.", 127) + "test", "", one, "sector"},
	} {
		record := storage.Client{
			ID: "app", Name: "App", Owner: c.owner, Type: "web", AuthMethod: "client_secret_basic", Secrets: [2][]byte{make([]byte, 32)},
			RedirectURIs: c.redirects, GrantTypes: []string{"authorization_code"}, IDTokenAlg: "ES256", Refresh: "never", TokenFormat: "opaque",
			Sector: c.sector, SectorURI: c.uri, Consent: true,
		}
		err := record.Check()
		if (err == nil) != (c.wrong == "") || err != nil && !strings.HasPrefix(err.Error(), c.wrong+": ") {
			t.Errorf("%s: %v", name, err)
		}
	}
}
