package admin

var homeRoutes = []route{}
