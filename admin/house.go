package admin

var houseRoutes = []route{}
