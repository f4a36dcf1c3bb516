package admin

var logRoutes = []route{}
