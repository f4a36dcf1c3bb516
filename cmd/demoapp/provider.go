package demoapp

import (
	"context"
	"fmt"
	"net/http"
	"sync"
	"time"

	"github.com/coreos/go-oidc/v3/oidc"
	"golang.org/x/oauth2"
)

// client speaks to the provider. It takes no proxy from the environment and follows no redirect: none of the
// provider's endpoints answers with one.
var client = &http.Client{
	Timeout:       10 * time.Second,
	Transport:     &http.Transport{Proxy: nil},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
}

// provider is what discovery told, once somebody needed it.
type provider struct {
	issuer string
	mu     sync.Mutex
	found  *oidc.Provider
	sayIss bool // it promises iss in its answers (RFC 9207 §3)

	endSession string // where it ends a session, "" where it does not
}

// get discovers the provider (OIDC Discovery §4); a failure is tried again the next time.
func (p *provider) get() (*oidc.Provider, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.found != nil {
		return p.found, nil
	}
	// The context stays with the key set, which fetches keys later: it must not end with a request.
	found, err := oidc.NewProvider(oidc.ClientContext(context.Background(), client), p.issuer)
	if err != nil {
		return nil, fmt.Errorf("discover the provider: %w", err)
	}
	var extra struct {
		Iss        bool   `json:"authorization_response_iss_parameter_supported"`
		EndSession string `json:"end_session_endpoint"`
	}
	if err := found.Claims(&extra); err != nil {
		return nil, fmt.Errorf("read the provider's metadata: %w", err)
	}
	p.found, p.sayIss, p.endSession = found, extra.Iss, extra.EndSession
	return found, nil
}

// config is the client's half of the protocol, for one of the app's addresses. The secret goes into the header
// (client_secret_basic): trying both ways would spend the code on the first.
func (a *app) config(found *oidc.Provider, redirect string, scopes ...string) *oauth2.Config {
	endpoint := found.Endpoint()
	endpoint.AuthStyle = oauth2.AuthStyleInHeader
	return &oauth2.Config{
		ClientID: a.ClientID, ClientSecret: a.ClientSecret,
		Endpoint: endpoint, RedirectURL: redirect, Scopes: scopes,
	}
}
