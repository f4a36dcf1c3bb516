package admin

var peopleRoutes = []route{}
