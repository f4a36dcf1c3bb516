package op

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strings"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// untold is why a client was not told, in a few words for operators. It names no address, and nothing that stands there.
type untold struct {
	why  string
	last bool // no other try would fare better
}

func (e *untold) Error() string { return e.why }

// tellOf tells a client that a session has ended, or says what becomes of it. ctx ends when the house can wait no longer. It tells
// whether there is nothing to hold against the client, which may be asked again: false when it did not answer.
func (p *Provider) tellOf(ctx context.Context, l storage.Logout) bool {
	err := p.tryLogout(ctx, l)
	now := p.now()
	var u *untold
	switch {
	case err == nil:
		p.settled(ctx, l, "delivered", p.store.DeliverLogout(ctx, l))
		return true
	case ctx.Err() != nil: // broken off by ourselves, which says nothing of the client
		p.settled(ctx, l, "retried", p.store.ReturnLogout(ctx, l, now))
		return true
	case errors.As(err, &u):
		l.Why = u.why
	default: // the database, or a key: nothing of the client's
		l.Why = "it could not be tried"
		p.site.Log.Error("an application cannot be told of a sign-out", "client", l.ClientID, "session", l.SessionID, "error", err)
	}
	if u != nil && (u.last || l.Tries >= logoutMost || !now.Before(l.Since().Add(logoutWithin))) {
		p.settled(ctx, l, "failed", p.store.FailLogout(ctx, l))
	} else {
		p.settled(ctx, l, "retried", p.store.ReturnLogout(ctx, l, now.Add(logoutWait(l.Tries))))
	}
	return !strings.HasPrefix(l.Why, storage.NoAnswer)
}

// settled tells log and metrics what a try came to. Where it could not be written down, another try follows the end of the lease.
func (p *Provider) settled(ctx context.Context, l storage.Logout, result string, err error) {
	p.told(result)
	log := p.site.Log.With("client", l.ClientID, "session", l.SessionID, "tries", l.Tries)
	switch {
	case err != nil:
		log.ErrorContext(ctx, "what an application was told cannot be written down", "result", result, "error", err)
	case result == "delivered":
		log.InfoContext(ctx, storage.LogoutTold)
	case result == "failed":
		log.WarnContext(ctx, storage.LogoutUntold, "why", l.Why)
	default:
		log.InfoContext(ctx, "logout.postponed", "why", l.Why)
	}
}

// tryLogout posts a logout token (OIDC Back-Channel Logout §2.5). 200 and 204 say that the client has ended its session; 400, that
// it refuses, and would again (§2.8). A client that was switched off is told all the same: people may be signed in there.
func (p *Provider) tryLogout(ctx context.Context, l storage.Logout) error {
	client, err := p.store.Client(ctx, l.ClientID)
	switch {
	case errors.Is(err, storage.ErrNotFound):
		return &untold{storage.LogoutGone, true}
	case err != nil:
		return fmt.Errorf("read client: %w", err)
	case client.BackchannelURI == "":
		return &untold{"it has no backchannel_logout_uri any more", true}
	}
	token, err := p.logoutToken(client, l)
	if err != nil {
		return fmt.Errorf("logout token: %w", err)
	}
	status, err := p.fetcher(client).PostForm(ctx, client.BackchannelURI, url.Values{"logout_token": {token}})
	switch {
	case err != nil:
		return &untold{storage.NoAnswer + strings.TrimPrefix(err.Error(), web.ErrOutbound.Error()+": "), false}
	case status == http.StatusOK, status == http.StatusNoContent:
		return nil
	}
	return &untold{fmt.Sprintf("it answers %d", status), status == http.StatusBadRequest}
}
