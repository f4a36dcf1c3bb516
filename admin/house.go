package admin

var houseRoutes = []route{}

type houseStore interface{}

// House is what only the program knows of itself: its version, its certificate, its mail. It is cmd.
type House interface{}
