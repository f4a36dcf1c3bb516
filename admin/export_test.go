package admin

// Known is a route as the test of rights sees it.
type Known struct {
	Path      string
	Get, Post bool
}

// Routes are all of the console.
func Routes() []Known {
	var list []Known
	for _, r := range routes() {
		list = append(list, Known{r.path, r.get != nil, r.post != nil})
	}
	return list
}
