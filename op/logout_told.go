package op

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
	"time"

	"github.com/doorward/doorward/storage"
	"github.com/doorward/doorward/web"
)

// Told is an application that was signed on to in a session that has ended, and how far it knows.
type Told struct {
	ClientID string
	Name     string
	State    string // one of the words below
	Frame    string // address that the person's browser opens in a frame to tell it (OIDC Front-Channel Logout §2); "" none
}

// How far an application knows.
const (
	ToldDone    = "done"    // it has said that it signed the person out
	ToldTrying  = "trying"  // it has not answered yet, and is told again
	ToldBrowser = "browser" // the person's browser tells it
	ToldFailed  = "failed"  // it could not be told
)

// SignedOut is what a sign-out ends with.
type SignedOut struct {
	Session storage.Session
	To      string   // where the browser goes on to, with what belongs there; "" nowhere
	Locales []string // ui_locales, best first
}

// toldStore knows who is told.
type toldStore interface {
	Logouts(ctx context.Context, sessionID string) ([]storage.Logout, error)
}

const (
	toldPatience = 500 * time.Millisecond // that a page waits for answers, so that it can tell of them
	toldEvery    = 25 * time.Millisecond
)

// Told lists by name the applications that are told of a session's end. It gives those that are told at this moment a while to answer.
func (p *Provider) Told(ctx context.Context, session storage.Session) ([]Told, error) {
	p.Hurry()
	late := time.NewTimer(toldPatience)
	defer late.Stop()
	tick := time.NewTicker(toldEvery)
	defer tick.Stop()
	for {
		list, err := p.store.Logouts(ctx, session.ID)
		if err != nil {
			return nil, fmt.Errorf("who is told: %w", err)
		}
		if !slices.ContainsFunc(list, func(l storage.Logout) bool { return l.State == storage.LogoutWaiting && l.Why == "" }) {
			return p.toldOf(ctx, list)
		}
		select {
		case <-tick.C:
		case <-late.C:
			return p.toldOf(ctx, list)
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

func (p *Provider) toldOf(ctx context.Context, list []storage.Logout) ([]Told, error) {
	var all []Told
	for _, l := range list {
		client, err := p.store.Client(ctx, l.ClientID)
		if errors.Is(err, storage.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, fmt.Errorf("who is told: %w", err)
		}
		t := Told{ClientID: client.ID, Name: client.Name, State: ToldFailed, Frame: p.frame(client, l.SessionID)}
		switch {
		case l.State == storage.LogoutDelivered:
			t.State = ToldDone
		case t.Frame != "":
			t.State = ToldBrowser
		case l.State == storage.LogoutWaiting:
			t.State = ToldTrying
		}
		all = append(all, t)
	}
	return all, nil
}

// frame is the address that a browser opens to tell a client (OIDC Front-Channel Logout §2). Issuer and session stand in it whether
// the client demands them or not, as discovery says. None of a client that is disabled: perhaps for what its page does.
func (p *Provider) frame(client storage.Client, sessionID string) string {
	if client.Disabled || client.FrontchannelURI == "" || !web.Framed(client.FrontchannelURI) {
		return ""
	}
	return withQuery(client.FrontchannelURI, []field{{"iss", p.site.Issuer}, {"sid", p.sessionOf(client, sessionID)}})
}

// frames says whether the browser has an application to tell. That this cannot be read keeps nobody from going on, who is signed out.
func (p *Provider) frames(ctx context.Context, session storage.Session) bool {
	list, err := p.store.Logouts(ctx, session.ID)
	var told []Told
	if err == nil {
		told, err = p.toldOf(ctx, list)
	}
	if err != nil {
		web.Note(ctx, slog.String("error", err.Error()))
	}
	return slices.ContainsFunc(told, func(t Told) bool { return t.Frame != "" })
}

// farewell leads a browser on whose session has just ended by GET: at once where an application waits for it and no other wants to
// be told by the browser, else by the face's page, which tells who knows.
func (p *Provider) farewell(w http.ResponseWriter, r *http.Request, l logout, session storage.Session) error {
	p.Hurry()
	if l.to != "" && !p.frames(r.Context(), session) {
		seeOther(w, l.goesTo())
		return nil
	}
	return p.signIn.SignedOut(w, r, l.signedOut(session))
}

// farewellByPost is farewell after our own form, which cannot be answered by a redirect away from us.
func (p *Provider) farewellByPost(w http.ResponseWriter, r *http.Request, l logout, session storage.Session) error {
	p.Hurry()
	if l.to != "" && !p.frames(r.Context(), session) {
		return p.leave(w, r, l)
	}
	return p.signIn.SignedOut(w, r, l.signedOut(session))
}

func (l logout) signedOut(session storage.Session) SignedOut {
	out := SignedOut{Session: session, Locales: l.Locales}
	if l.to != "" {
		out.To = l.goesTo()
	}
	return out
}
