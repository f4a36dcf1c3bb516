package storage

import (
	"net/url"
	"strings"
)

// checkSector: a client with pairwise subjects has a sector of its own. Whoever shares it knows people by the same subjects, so
// a client that registers itself proves it: by the host of all its redirect URIs, or by a document on the sector's host that
// lists them, which is fetched before the record is made (OIDC Core §8.1). Where an operator writes the record, the operator
// vouches for the sector.
func (c Client) checkSector(f *faults) {
	if c.Sector == "" {
		f.unless(c.SectorURI == "", "sector_identifier_uri", "has a use with pairwise subjects only")
		return
	}
	f.unless(dotAtom(c.Sector, isHost) && c.Sector == strings.ToLower(c.Sector) && len(c.Sector) <= 253, "sector",
		"wants to be a host name in lower case (OIDC Core §8.1)")
	if c.SectorURI != "" {
		u, err := url.Parse(c.SectorURI)
		f.unless(err == nil && webLink(c.SectorURI, true) && strings.EqualFold(u.Hostname(), c.Sector), "sector_identifier_uri",
			"wants an https URL on the sector's host (OIDC Core §8.1)")
		return
	}
	host, ok := CommonHost(c.RedirectURIs)
	f.unless(c.Owner != "dynamic" || ok && host == c.Sector, "sector_identifier_uri",
		"is missing: the sector is not the one host of the redirect URIs (OIDC Core §8.1)")
}

// CommonHost is the host, without its port, that all URIs share, in lower case. False where they have several or none, or the
// machine itself, which everybody has. Only https leads to a host: in an app's own scheme anybody may write one.
func CommonHost(uris []string) (string, bool) {
	common := ""
	for _, uri := range uris {
		u, err := url.Parse(uri)
		if err != nil || u.Scheme != "https" || u.Hostname() == "" || loopback(u.Hostname()) {
			return "", false
		}
		host := strings.ToLower(u.Hostname())
		if common != "" && host != common {
			return "", false
		}
		common = host
	}
	return common, common != ""
}
