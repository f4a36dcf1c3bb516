package main

// visit is how the suite's browser goes on from an address that it was sent to: what to do on the pages that come, in order.
// A task whose page did not come is left out. The words are the suite's ("browser" in its configuration).
type visit struct {
	Match string `json:"match"`
	Tasks []task `json:"tasks"`
}

type task struct {
	Task     string    `json:"task"`
	Match    string    `json:"match"`
	Optional bool      `json:"optional"`
	Commands []command `json:"commands"`
}

type command []any

// picture keeps the page that is shown for the person who reviews the run, where the module asks for one.
var picture = command{"wait", "xpath", "//h1", 10, ".+", "update-image-placeholder-optional"}

// visits are the ways of a person through our pages: at most once through each of them. What signOut says is done on the page
// that asks whether to sign out, before the answer is yes.
func visits(h *house, signOut ...command) []visit {
	client := h.suite.address + "/test/a/" + alias
	return []visit{
		{Match: h.issuer + "/authorize*", Tasks: []task{
			{"name", h.issuer + "/login/username*", true, []command{picture, {"text", "id", "username", person}, {"click", "id", "submit"}}},
			{"password", h.issuer + "/login/password*", true, []command{picture, {"text", "id", "password", h.password}, {"click", "id", "submit"}}},
			{"consent", h.issuer + "/login/consent*", true, []command{picture, {"click", "id", "allow"}}},
			{"send an error on", h.issuer + "/authorize*", true, []command{{"click", "id", "confirm", "optional"}}}, // form_post of a dynamic client
			{"error page", h.issuer + "/authorize*", true, []command{picture}},
			{"arrive at the application", client + "/callback*", true, []command{{"wait", "id", "submission_complete", 10}}},
		}},
		{Match: h.issuer + "/end_session*", Tasks: []task{
			{"confirm", h.issuer + "/end_session*", true, append(signOut, command{"click", "id", "confirm", "optional"})},
			{"signed out", h.issuer + "/*", true, []command{picture}},
		}},
	}
}

// overrides are the visits of modules whose picture is not of the first page that comes, or that end with the picture: going on
// would disturb the suite.
func overrides(h *house) map[string]any {
	looks := []visit{{Match: h.issuer + "/*", Tasks: []task{{"look", h.issuer + "/login/username*", false, []command{picture}}}}}
	asked := visits(h)
	return map[string]any{
		"oidcc-registration-logo-uri":          map[string]any{"browser": looks},
		"oidcc-registration-policy-uri":        map[string]any{"browser": looks},
		"oidcc-registration-tos-uri":           map[string]any{"browser": looks},
		"oidcc-rp-initiated-logout-no-params":  map[string]any{"browser": asked},
		"oidcc-rp-initiated-logout-only-state": map[string]any{"browser": asked},
	}
}
