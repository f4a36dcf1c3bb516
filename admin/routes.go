package admin

import "slices"

// route is a path of the console: who may look, who may change, and what is shown and done.
type route struct {
	path  string
	look  Right // for GET
	keep  Right // for POST
	get   func(*visit) error
	post  func(*visit) error
	fresh bool     // its GET wants fresh proofs too, since it shows the form of a change: nobody shall type it twice
	place string   // of the line above: which of places it belongs to
	query []string // the names that its address may have, besides those of every page; any other is refused
	form  []string // the fields that are posted; one that does not stand here is refused (AD-04)
	many  []string // those of them that may come more than once
}

// routes is the table of the console. A path that is not here is not served, and a test holds every one against every role.
func routes() []route {
	return slices.Concat(homeRoutes, appRoutes, peopleRoutes, groupRoutes, logRoutes, houseRoutes)
}

// places are the line above each page, in order, with the right without which one is not shown.
var places = []struct {
	name, path, key string
	look            Right
}{
	{"home", "/admin", "console.home", LookPeople},
	{"apps", "/admin/apps", "console.apps", LookAll},
	{"people", "/admin/people", "console.people", LookPeople},
	{"groups", "/admin/groups", "console.groups", LookPeople},
	{"log", "/admin/log", "console.log", LookPeople},
	{"keys", "/admin/keys", "console.keys", LookAll},
	{"mail", "/admin/mail", "console.mail", LookAll},
	{"settings", "/admin/settings", "console.settings", LookAll},
}
