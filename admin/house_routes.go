package admin

// houseRoutes are the pages about keys, mail and settings.
var houseRoutes = func() []route {
	fields, many := houseFields()
	return []route{
		{path: "/admin/keys", look: LookAll, get: (*visit).keysPage, place: "keys", query: []string{"done"}},
		{path: "/admin/keys/rotate", look: KeepAll, keep: KeepAll, get: (*visit).askRotate, post: (*visit).rotate, fresh: true, place: "keys",
			query: []string{"now"}, form: []string{"now", "reason"}},
		{path: "/admin/mail", look: LookAll, get: (*visit).mailPage, place: "mail", query: []string{"after", "sender", "done"}},
		{path: "/admin/mail/test", look: LookAll, keep: KeepAll, get: (*visit).mailPage, post: (*visit).testMail, place: "mail", form: []string{"to"}},
		{path: "/admin/mail/hurry", keep: KeepAll, post: (*visit).hurryMail, place: "mail"},
		{path: "/admin/settings", look: LookAll, get: (*visit).setPage, place: "settings"},
		{path: "/admin/settings/{part}", look: LookAll, keep: KeepAll, get: (*visit).setPage, post: (*visit).changeSet, place: "settings",
			query: []string{"done"}, form: fields, many: many},
	}
}()
