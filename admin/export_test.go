package admin

import "github.com/doorward/doorward/storage"

// Known is a route as the test of rights sees it.
type Known struct {
	Path      string
	Get, Post bool
	Query     []string
}

// Routes are all of the console.
func Routes() []Known {
	var list []Known
	for _, r := range routes() {
		list = append(list, Known{r.path, r.get != nil, r.post != nil, r.query})
	}
	return list
}

// ActorOf is somebody with the rights of their role.
func ActorOf(u storage.User) Actor {
	return Actor{ID: u.ID, Rights: roles[u.Role], Address: "192.0.2.1", Reference: "E-TEST-01"}
}

// KnownCall is a call of the API as the test of rights sees it.
type KnownCall struct {
	Method, Path, Roles string
	Reads, Again        bool
}

// Calls are all of the API.
func Calls() []KnownCall {
	roles := map[Right]string{LookPeople: "admin viewer helpdesk", LookAll: "admin viewer", KeepPeople: "admin helpdesk", KeepAll: "admin"}
	var list []KnownCall
	for _, c := range calls() {
		list = append(list, KnownCall{c.method, c.path, roles[c.right], c.right == LookPeople || c.right == LookAll, c.again})
	}
	return list
}
