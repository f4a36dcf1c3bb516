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

// visits are the ways of a person through our pages: at most once through each of them.
func visits(h *house) []visit {
	client := h.suite.address + "/test/a/" + alias
	arrived := task{"arrive at the application", client + "/callback*", true, []command{{"wait", "id", "submission_complete", 10}}}
	signIn := []task{
		{"name", h.issuer + "/login/username*", true, []command{picture, {"text", "id", "username", person}, {"click", "id", "submit"}}},
		{"password", h.issuer + "/login/password*", true, []command{picture, {"text", "id", "password", h.password}, {"click", "id", "submit"}}},
		{"consent", h.issuer + "/login/consent*", true, []command{picture, {"click", "id", "allow"}}},
		{"error page", h.issuer + "/authorize*", true, []command{picture}},
		arrived,
	}
	signOut := []task{
		{"confirm", h.issuer + "/end_session*", true, []command{picture, {"click", "id", "confirm", "optional"}}},
		{"signed out", h.issuer + "/*", true, []command{picture}},
	}
	return []visit{
		{Match: h.issuer + "/authorize*", Tasks: signIn},
		{Match: h.issuer + "/end_session*", Tasks: signOut},
	}
}
