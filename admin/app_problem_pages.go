package admin

import (
	"net/url"
	"strconv"

	"github.com/doorward/doorward/storage"
)

// problemsPage tells what went wrong with an application, and what to do about it.
type problemsPage struct {
	appHead
	Rows []problemRow
	Log  string // path of the log of this application
}

type problemRow struct {
	What, Do  string
	Count     string
	Since     string
	Last      string
	Address   string
	Reference string
}

func (v *visit) problemsPage() error {
	a, err := v.app()
	if err != nil {
		return err
	}
	problems, err := v.Desk.AppProblems(v.r.Context(), a.ID)
	if err != nil {
		return v.appFault(err)
	}
	page := problemsPage{appHead: v.head(a, "problems"), Log: "/admin/log?app=" + url.QueryEscape(a.ID)}
	for _, p := range problems {
		what, do := v.problem(p, a)
		page.Rows = append(page.Rows, problemRow{what, do, strconv.Itoa(int(p.Count)), v.date(p.Since), v.date(p.Last), p.Address, p.Reference})
	}
	return v.show("app-problems", a.Name, page)
}

// problem says in words what went wrong, and what helps.
func (v *visit) problem(p AppProblem, a App) (string, string) {
	method := p.Method
	if method == "" {
		method = a.AuthMethod
	}
	switch p.Result {
	case "wrong_secret":
		do := v.t("app.problem-secret-do")
		for _, s := range a.Secrets {
			if s.Made.After(a.Created) && s.Made.Before(p.Last) && p.Last.Sub(s.Made) < problemsFor { // not that of the beginning
				do = v.t("app.problem-rotated-do", "time", v.date(s.Made))
			}
		}
		return v.t("app.problem-secret", "method", method), do
	case "wrong_method":
		return v.t("app.problem-method", "sent", method, "registered", a.AuthMethod), v.t("app.problem-method-do")
	case "bad_assertion":
		return v.t("app.problem-assertion"), v.t("app.problem-assertion-do")
	case "disabled":
		return v.t("app.problem-disabled"), v.t("app.problem-disabled-do")
	case "no_access":
		return v.t("app.problem-access"), v.t("app.problem-access-do")
	}
	switch {
	case p.Result == "invalid_redirect_uri":
		return v.t("app.problem-redirect"), v.t("app.problem-redirect-do")
	case p.Kind == storage.ClientMisfit:
		return v.t("app.problem-misfit", "code", p.Result), v.t("app.problem-misfit-do")
	}
	return p.Kind + " " + p.Result, ""
}
