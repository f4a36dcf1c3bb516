package admin

var appRoutes = []route{}
