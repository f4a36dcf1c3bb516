package admin

import (
	"strings"
)

// appPage is the page of one application: what it is, how it is configured, whether it is used.
type appPage struct {
	appHead
	Done      string
	Kind      string
	Who       string
	Issuer    string
	Discovery string
	Snippet   string
	Use       useSection
	NoEmail   bool
	Problems  int64 // refused attempts of the last days
	Facts     []appFact
}

type appFact struct{ Name, Value string }

// useSection says whether an application is used; it lives, so that somebody who sets one up sees the first sign-in come.
type useSection struct {
	Waiting bool   // nobody has signed in yet
	Latest  string // when somebody did; "" nobody does to an application of this kind
	Grants  string
}

func (v *visit) appPage() error {
	a, err := v.app()
	if err != nil {
		return err
	}
	use, err := v.Desk.AppUse(v.r.Context(), a.ID)
	if err != nil {
		return v.appFault(err)
	}
	problems, err := v.Desk.AppProblems(v.r.Context(), a.ID)
	if err != nil {
		return v.appFault(err)
	}
	page := appPage{appHead: v.head(a, ""), Done: v.done(), Kind: v.kindOf(a), Who: v.admitted(a), Issuer: v.Desk.Issuer,
		Discovery: v.Desk.discovery(), Use: v.useOf(a, use), NoEmail: use.NoEmail && a.signsIn(), Facts: a.facts()}
	if tile, ok := tileOf(a.Tile); ok {
		page.Snippet = v.Desk.snippet(tile, a, v.t("app.secret-kept"))
	}
	for _, p := range problems {
		page.Problems += p.Count
	}
	return v.show("app", a.Name, page)
}

func (v *visit) useOf(a App, use AppUse) useSection {
	s := useSection{Waiting: a.signsIn() && use.Latest.IsZero()}
	if !use.Latest.IsZero() {
		s.Latest, s.Grants = v.date(use.Latest), use.living()
	}
	return s
}

// facts are what is set of an application and not the rule, by the names of its record.
func (a App) facts() []appFact {
	members := a.members()
	var list []appFact
	for _, g := range settingGroups {
		for _, f := range g.Fields {
			text := asText(members[f.Name])
			if f.Name == "client_name" || text == "" || !f.of(a.Type) && f.Name != "token_endpoint_auth_method" {
				continue
			}
			if f.Kind == "check" {
				text = "true"
			}
			list = append(list, appFact{f.Name, strings.ReplaceAll(text, "\n", "  ")})
		}
	}
	if a.Sector != "" {
		list = append(list, appFact{"sector", a.Sector})
	}
	return list
}
