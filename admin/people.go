package admin

var peopleRoutes = []route{}

type peopleStore interface{}

// Letters writes to people. It is the face; cmd joins the two.
type Letters interface{}
