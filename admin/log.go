package admin

var logRoutes = []route{}

type logStore interface{}
