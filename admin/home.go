package admin

var homeRoutes = []route{
	{path: "/admin", look: LookPeople, get: (*visit).home, place: "home"},
}

// homeStore is what the overview reads.
type homeStore interface{}

// homePage is the overview.
type homePage struct{ Done string }

func (v *visit) home() error {
	return v.show("home", v.t("console.home"), homePage{v.done()})
}
