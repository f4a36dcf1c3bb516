package login

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/doorward/doorward/keys"
	"github.com/doorward/doorward/web"
	"github.com/zitadel/oidc/v3/pkg/client/rp"
	"golang.org/x/oauth2"
)

// GoogleIssuer is Google as an OpenID Provider. Its ID tokens once named it without https://; that name is not taken.
const GoogleIssuer = "https://accounts.google.com"

// googleHosts are where Google's own document leads to besides its issuer.
var googleHosts = []string{"oauth2.googleapis.com", "www.googleapis.com"}

const (
	documentGood  = time.Hour        // how long the provider's document is believed without asking again
	documentRetry = 10 * time.Second // after a question that failed, for which nobody else waits meanwhile
)

var errProvider = errors.New("the provider does not answer")

// provider is Google as its own document describes it, which is fetched when it is first needed: who does not sign in by
// it never waits for it, least of all the start of the house. Safe for concurrent use.
type provider struct {
	Google
	back   string // our redirect URI
	client *http.Client
	now    func() time.Time
	log    *slog.Logger

	mutex   sync.Mutex
	party   *party // by the last good document; nil: none has come yet
	fetched time.Time
	failed  time.Time
	under   chan struct{} // closed when the question under way ends; nil: none is
}

func newProvider(g Google, site *web.Site, now func() time.Time) *provider {
	return &provider{Google: g, back: site.Issuer + googleCallback, client: newClient(), now: now, log: site.Log}
}

// party is the provider as we deal with it. The library's own would fetch the document by itself, unchecked, and its keys
// at every name that somebody invents.
type party struct {
	rp.RelyingParty
	issuer   string
	verifier *rp.IDTokenVerifier
	keysAt   string
	keys     *keys.Foreign
	namesIt  bool // its answers name it (RFC 9207)
}

func (p *party) Issuer() string                       { return p.issuer }
func (p *party) IsOAuth2Only() bool                   { return false }
func (p *party) IDTokenVerifier() *rp.IDTokenVerifier { return p.verifier }

// ready gives the provider. While its document is old it is fetched behind everybody's back, by one; who comes before there
// is any waits for the one. A bad document never takes the place of a good one.
func (p *provider) ready(ctx context.Context) (*party, error) {
	known, under := p.look()
	if known != nil {
		return known, nil
	}
	if under == nil {
		return nil, errProvider
	}
	select {
	case <-under:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	if known, _ = p.look(); known == nil {
		return nil, errProvider
	}
	return known, nil
}

func (p *provider) look() (*party, chan struct{}) {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	now := p.now()
	old := p.party == nil || now.Sub(p.fetched).Abs() >= documentGood
	if old && p.under == nil && now.Sub(p.failed).Abs() >= documentRetry {
		p.under = make(chan struct{})
		go p.fetch(p.under)
	}
	return p.party, p.under
}

// fetch asks for the document, whoever waits for it, in the time that the client has.
func (p *provider) fetch(done chan struct{}) {
	found, err := p.discover(context.Background())
	p.mutex.Lock()
	defer p.mutex.Unlock()
	if err != nil {
		p.failed = p.now()
		p.log.Warn("the provider for signing in cannot be used", "issuer", p.Google.Issuer, "error", err)
	} else {
		p.party, p.fetched = found, p.now()
	}
	p.under = nil
	close(done)
}

// Reach asks the provider for its document, and checks it as signing in does.
func (g Google) Reach(ctx context.Context) error {
	p := newProvider(g, &web.Site{}, time.Now)
	_, err := p.discover(ctx)
	return err
}

// document is what we read of OIDC Discovery §3.
type document struct {
	Issuer                string   `json:"issuer"`
	AuthorizationEndpoint string   `json:"authorization_endpoint"`
	TokenEndpoint         string   `json:"token_endpoint"`
	JWKSURI               string   `json:"jwks_uri"`
	AuthMethods           []string `json:"token_endpoint_auth_methods_supported"`
	NamesIssuer           bool     `json:"authorization_response_iss_parameter_supported"` // RFC 9207 §3
}

// discover reads and checks the document (OIDC Discovery §4).
func (p *provider) discover(ctx context.Context) (*party, error) {
	data, err := fetch(ctx, p.client, strings.TrimSuffix(p.Google.Issuer, "/")+"/.well-known/openid-configuration")
	if err != nil {
		return nil, err
	}
	var d document
	if err := json.Unmarshal(data, &d); err != nil {
		return nil, errors.New("its document is not JSON as OIDC Discovery wants it")
	}
	if err := d.check(p.Google.Issuer); err != nil {
		return nil, err
	}
	return p.dealWith(d)
}

// check demands that the document is of this issuer and leads nowhere else: our secret and people's codes go there.
func (d document) check(issuer string) error {
	if d.Issuer != issuer {
		return errors.New("its document is of another issuer")
	}
	home, err := url.Parse(issuer)
	if err != nil {
		return err
	}
	for _, endpoint := range []string{d.AuthorizationEndpoint, d.TokenEndpoint, d.JWKSURI} {
		u, err := url.Parse(endpoint)
		if err != nil || u.Host == "" || u.Scheme != home.Scheme || u.User != nil || u.Fragment != "" {
			return errors.New("its document names an address that is none, or not as safe as the issuer's")
		}
		if u.Host != home.Host && (issuer != GoogleIssuer || !slices.Contains(googleHosts, u.Host)) {
			return fmt.Errorf("its document leads to another host, %s", u.Host)
		}
	}
	return nil
}

// dealWith makes the party; keys that are known stay known while they are at the same address.
func (p *provider) dealWith(d document) (*party, error) {
	style := oauth2.AuthStyleInHeader // what is not said is this one; never probed, since a code is good for one try
	if len(d.AuthMethods) > 0 && !slices.Contains(d.AuthMethods, "client_secret_basic") {
		style = oauth2.AuthStyleInParams
	}
	config := &oauth2.Config{
		ClientID:     p.ClientID,
		ClientSecret: string(p.ClientSecret),
		RedirectURL:  p.back,
		Scopes:       []string{"openid", "email"},
		Endpoint:     oauth2.Endpoint{AuthURL: d.AuthorizationEndpoint, TokenURL: d.TokenEndpoint},
	}
	base, err := rp.NewRelyingPartyOAuth(config, rp.WithHTTPClient(p.client), rp.WithAuthStyle(style))
	if err != nil {
		return nil, err
	}
	made := &party{RelyingParty: base, issuer: d.Issuer, keysAt: d.JWKSURI, namesIt: d.NamesIssuer}
	if former := p.former(); former != nil && former.keysAt == made.keysAt {
		made.keys = former.keys
	} else {
		made.keys = &keys.Foreign{Now: p.now, Fetch: func(ctx context.Context) ([]byte, error) { return fetch(ctx, p.client, made.keysAt) }}
	}
	made.verifier = rp.NewIDTokenVerifier(d.Issuer, p.ClientID, made.keys, rp.WithNonce(nonceOf),
		rp.WithSupportedSigningAlgorithms(keys.ForeignAlgorithms...))
	return made, nil
}

func (p *provider) former() *party {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.party
}
