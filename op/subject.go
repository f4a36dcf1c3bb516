package op

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"log/slog"
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// subjectTypes are the kinds of sub that a client may have (OIDC Core §8), in the order in which discovery lists them.
var subjectTypes = []string{"public", "pairwise"}

// subject is the sub by which a client knows a person, everywhere: in ID tokens, userinfo, access tokens, introspection and
// logout tokens. It is the person's id, or for a client with a sector an alias that only clients of the same sector share
// (OIDC Core §8.1): nobody can tell from two aliases that they are of one person, nor from an alias of whom it is. "" stays "".
func (p *Provider) subject(client storage.Client, userID string) string {
	if client.Sector == "" || userID == "" {
		return userID
	}
	return p.alias("person", client.Sector, userID)
}

// sessionOf is the sid by which a client knows a session. Clients of different sectors know it by different ones, since they
// could else compare who was signed in in which (OIDC Core §8). "" stays "".
func (p *Provider) sessionOf(client storage.Client, sessionID string) string {
	if client.Sector == "" || sessionID == "" {
		return sessionID
	}
	return p.alias("session", client.Sector, sessionID)
}

func (p *Provider) alias(what, sector, id string) string {
	return base64.RawURLEncoding.EncodeToString(p.keys.Box.Alias(keys.ForSubject, what, sector, id))
}

// sectorOf is the sector of a client that wants pairwise subjects: the host of its sector_identifier_uri, where each of its
// redirect URIs must be listed, or the one host of all its redirect URIs (OIDC Core §8.1). Where there is none, or it is not
// its own, *storage.Invalid.
func (p *Provider) sectorOf(ctx context.Context, client storage.Client) (string, error) {
	if client.SectorURI == "" {
		sector, ok := storage.CommonHost(client.RedirectURIs)
		if !ok {
			return "", noSector("is missing: the redirect URIs do not share one host of their own (OIDC Core §8.1)")
		}
		return sector, nil
	}
	u, err := url.Parse(client.SectorURI)
	if err != nil {
		return "", noSector("wants an https URL (OIDC Core §8.1)")
	}
	body, err := p.fetcher(client).Get(ctx, client.SectorURI, "application/json")
	if err != nil { // nobody learns by us what stands there, nor where a name leads to in our network: the log tells it
		web.Note(ctx, slog.String("sector_identifier_uri", err.Error()))
		return "", noSector("cannot be fetched as application/json")
	}
	var listed []string
	if json.Unmarshal(body, &listed) != nil {
		return "", noSector("leads to something else than a JSON array of redirect URIs (OIDC Core §8.1)")
	}
	for _, uri := range client.RedirectURIs {
		if !slices.Contains(listed, uri) {
			return "", noSector("leads to a list without one of the redirect URIs (OIDC Core §8.1)")
		}
	}
	return strings.ToLower(u.Hostname()), nil
}

func noSector(why string) error {
	return &storage.Invalid{Field: "sector_identifier_uri", Why: why}
}
