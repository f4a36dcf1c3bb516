package admin

var groupRoutes = []route{}
