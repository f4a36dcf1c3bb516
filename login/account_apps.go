package login

import (
	"errors"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/doorward/doorward/storage"
)

// connected are the applications that may do something on behalf of the person, those that were never asked about included.
func (p *ownPage) connected() (section, error) {
	out := section{Name: "apps", Title: p.t("account.apps"), Empty: p.t("account.apps-none")}
	apps, err := p.apps()
	if err != nil {
		return out, err
	}
	day := p.Site.Texts.Day
	for i, app := range apps {
		one := row{
			Title:  app.Name,
			Hints:  []string{p.t("account.app-since", "since", day(p.lang, app.Since), "used", day(p.lang, latest(app.Since, app.Used)))},
			Action: &action{Path: "/account/apps/remove", Text: p.t("account.app-remove"), ID: app.ClientID, Danger: true},
		}
		if words := p.mayDo(app.Scopes); words != "" {
			one.Hints = slices.Insert(one.Hints, 0, words)
		}
		if i < p.most { // others are not shown
			if one.Open, err = p.opens(app); err != nil {
				return out, err
			}
		}
		out.Rows = append(out.Rows, one)
	}
	out.Count = len(apps)
	return out, nil
}

// opens leads to where an application begins a sign-in with us (OIDC Core §4); nil where it has told of no such place.
func (p *ownPage) opens(app storage.App) (*action, error) {
	client, err := p.client(app.ClientID)
	if errors.Is(err, storage.ErrNotFound) || err == nil && (client.InitiateURI == "" || client.Disabled) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	to, err := url.Parse(client.InitiateURI)
	if err != nil {
		return nil, err
	}
	to.RawQuery = strings.TrimPrefix(to.RawQuery+"&iss="+url.QueryEscape(p.Site.Issuer), "&") // what is registered stays as it is written
	return &action{Path: to.String(), Text: p.t("account.app-open", "app", app.Name)}, nil
}

// mayDo are scopes in words.
func (p *ownPage) mayDo(scopes []string) string {
	var words []string
	for _, scope := range scopes {
		words = append(words, p.scopeWords(p.lang, scope))
	}
	return strings.Join(words, " · ")
}

// removeApp takes an application's access back (3.11). What is not connected leaves no row.
func (s *Server) removeApp(w http.ResponseWriter, r *http.Request) error {
	session, person, id, err := s.acting(w, r)
	if err != nil {
		return err
	}
	apps, err := s.Store.Apps(r.Context(), person.ID)
	if err != nil {
		return err
	}
	if slices.ContainsFunc(apps, func(app storage.App) bool { return app.ClientID == id }) {
		e := event(r, tried{storage.ConsentWithdrawn, "ok"}, person.ID)
		e.Client = id
		if err := s.Store.WithdrawConsent(r.Context(), person.ID, id, e); err != nil {
			return err
		}
	}
	return s.done(w, r, session, "app")
}
