package admin_test

import (
	"time"

	"github.com/doorward/doorward/storage"
)

// full adds somebody who has everything that a person can have: password, app, recovery codes, a Google account, a session, a trusted
// browser, and an application that is told of the session's end.
func (h *house) full(email string) storage.User {
	h.t.Helper()
	ctx, now := h.t.Context(), h.db.Now()
	u := storage.User{ID: storage.NewID(), Email: email, CustomerNumber: "1000009", Claims: map[string]any{"name": "Anna Berg"},
		Groups: []string{"flock"}, State: "active"}
	h.must(h.db.AddUser(ctx, u, "hash-of-a-password", storage.Event{}))
	_, err := h.db.AddIdentity(ctx, storage.NewIdentity{Identity: storage.Identity{Issuer: "https://accounts.google.com", Subject: "sub-" + u.ID,
		UserID: u.ID, Email: email}, UserVersion: h.versionNow(u.ID)}, storage.Event{})
	h.must(err)
	var macs [][]byte
	for i := range 8 {
		macs = append(macs, []byte(u.ID+string(rune('a'+i))))
	}
	h.must(h.db.AddAuthenticator(ctx, storage.NewAuthenticator{Authenticator: storage.Authenticator{ID: storage.NewID(), UserID: u.ID, Name: "Phone",
		Sealed: []byte("sealed-secret")}, UserVersion: h.versionNow(u.ID), Recovery: macs}, storage.Event{}))
	h.opensWiki(h.signedIn(u.ID, &storage.Trust{ID: storage.NewID(), Expires: now.Add(week)}))
	u, err = h.db.User(ctx, u.ID)
	h.must(err)
	return u
}

// versionNow is the present version of somebody.
func (h *house) versionNow(id string) int64 {
	h.t.Helper()
	u, err := h.db.User(h.t.Context(), id)
	h.must(err)
	return u.Version
}

// session is the one of somebody that was seen last; whoever has none signs in.
func (h *house) session(id string) storage.Session {
	h.t.Helper()
	living, err := h.db.SessionsOf(h.t.Context(), id)
	h.must(err)
	if len(living) > 0 {
		return living[0]
	}
	return h.signedIn(id, nil)
}

// signedIn gives somebody a session; trust may be nil.
func (h *house) signedIn(id string, trust *storage.Trust) storage.Session {
	h.t.Helper()
	now := h.db.Now()
	s, err := h.db.Finish(h.t.Context(), storage.SignIn{UserVersion: h.versionNow(id), Until: now.Add(time.Hour), Trust: trust, Session: storage.Session{
		Cookie: []byte(storage.NewID()), UserID: id, Attempt: storage.NewID(), AuthTime: now, ACR: storage.TwoFactors, AMR: []string{"pwd", "otp", "mfa"},
		Agent: "Firefox on Linux", Address: "192.0.2.7", IdleUntil: now.Add(time.Hour), Expires: now.Add(week)}}, storage.Event{})
	h.must(err)
	return s
}

// opensWiki signs a session on to an application that is told of its end.
func (h *house) opensWiki(s storage.Session) {
	h.t.Helper()
	h.wiki()
	now := h.db.Now()
	_, err := h.db.RedeemCode(h.t.Context(), storage.Grant{ID: storage.NewID(), Kind: "code", ClientID: "wiki", UserID: s.UserID, SessionID: s.ID,
		CodeID: storage.NewID(), CodeIssued: now, Scopes: []string{"openid", "profile"}, AuthTime: now, Expires: now.Add(week), Created: now, Tell: storage.TellByUs})
	h.must(err)
}

// wiki is an application that is told of the end of sessions.
func (h *house) wiki() {
	h.t.Helper()
	if _, err := h.db.Client(h.t.Context(), "wiki"); err == nil {
		return
	}
	h.must(h.db.AddClient(h.t.Context(), storage.Client{
		ID: "wiki", Name: "Wiki", Type: "web", AuthMethod: "client_secret_basic", Secrets: [2][]byte{make([]byte, 32)},
		RedirectURIs: []string{"https://wiki.test/cb"}, GrantTypes: []string{"authorization_code", "refresh_token"}, RequirePKCE: true,
		IDTokenAlg: "RS256", Refresh: "session", TokenFormat: "opaque", BackchannelURI: "https://wiki.test/logout",
	}, storage.Event{}))
}

// updated is when somebody was changed last, as forms say it.
func (h *house) updated(id string) time.Time {
	h.t.Helper()
	u, err := h.db.User(h.t.Context(), id)
	h.must(err)
	return u.Updated
}
