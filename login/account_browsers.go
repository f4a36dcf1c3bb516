package login

import (
	"net/http"

	"github.com/doorward/doorward/storage"
)

// browsers are those that the person trusts (S-30).
func (p *ownPage) browsers() (section, error) {
	out := section{Name: "browsers", Title: p.t("account.browsers"), Empty: p.t("account.browsers-none")}
	all, err := p.Store.Trusts(p.r.Context(), p.person.ID)
	if err != nil {
		return out, err
	}
	here, _ := p.holds(p.r, p.person.ID)
	day := p.Site.Texts.Day
	for _, trust := range all {
		one := row{
			Title:  p.device(p.lang, trust.Agent),
			Hints:  []string{p.t("account.browser-since", "since", day(p.lang, trust.Created), "used", day(p.lang, latest(trust.Created, trust.Used)), "until", day(p.lang, trust.Expires))},
			Action: &action{Path: "/account/browsers/end", Text: p.t("account.distrust"), ID: trust.ID},
		}
		if trust.ID == here.id {
			one.Tag = p.t("account.here")
		}
		out.Rows = append(out.Rows, one)
	}
	out.Count = len(all)
	if len(all) > 1 {
		out.All = &action{Path: "/account/browsers/end-all", Text: p.t("account.distrust-all"), Danger: true}
	}
	return out, nil
}

// endTrust ends the trust of one browser of the person, wherever it is; another's id ends nothing.
func (s *Server) endTrust(w http.ResponseWriter, r *http.Request) error {
	session, person, id, err := s.acting(w, r)
	if err != nil {
		return err
	}
	if err := s.Store.EndTrust(r.Context(), person.ID, id, event(r, tried{storage.TrustEnded, "ok"}, person.ID)); err != nil {
		return err
	}
	return s.done(w, r, session, "browser")
}

func (s *Server) endTrusts(w http.ResponseWriter, r *http.Request) error {
	session, person, _, err := s.acting(w, r)
	if err != nil {
		return err
	}
	if err := s.Store.EndTrusts(r.Context(), person.ID, event(r, tried{storage.TrustsEnded, "ok"}, person.ID)); err != nil {
		return err
	}
	s.forgetTrust(w, person.ID)
	return s.done(w, r, session, "browsers")
}
