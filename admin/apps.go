package admin

var appRoutes = []route{}

type appStore interface{}

// Protocol is what only the protocol can do. It is op; cmd joins the two.
type Protocol interface{}
