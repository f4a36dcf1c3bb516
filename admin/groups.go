package admin

var groupRoutes = []route{}

type groupStore interface{}
