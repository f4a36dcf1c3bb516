package admin

// houseRoutes are the pages about keys, mail and settings.
var houseRoutes = func() []route {
	fields, many := houseFields()
	return []route{
		{path: "/admin/keys", look: LookAll, get: (*visit).keysPage, place: "keys"},
		{path: "/admin/keys/rotate", look: KeepAll, keep: KeepAll, get: (*visit).askRotate, post: (*visit).rotate, fresh: true, place: "keys", form: []string{"now", "reason"}},
		{path: "/admin/mail", look: LookAll, get: (*visit).mailPage, place: "mail"},
		{path: "/admin/mail/test", look: LookAll, keep: KeepAll, get: (*visit).mailPage, post: (*visit).testMail, place: "mail", form: []string{"to"}},
		{path: "/admin/mail/hurry", keep: KeepAll, post: (*visit).hurryMail, place: "mail"},
		{path: "/admin/settings", look: LookAll, get: (*visit).setPage, place: "settings"},
		{path: "/admin/settings/{part}", look: LookAll, keep: KeepAll, get: (*visit).setPage, post: (*visit).changeSet, place: "settings", form: fields, many: many},
	}
}()
