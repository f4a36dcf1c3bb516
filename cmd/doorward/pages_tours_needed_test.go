package main_test

import "testing"

// withNeed is a house whose portal wants an authenticator app of everybody.
func withNeed(_ *testing.T, _ *company, s settings) {
	s["clients"].([]settings)[2]["require_totp"] = true
}

// neededTour is the way of somebody who has none, from the application to an app and back.
func neededTour() []sight {
	return []sight{
		{"", "#code", append(moves(authorize("portal", nil)), signsIn()...)},
		{"app-needed", "a#submit", moves(enter("#code", mailed))},
		{"app-needed-scan", ".qr", moves(press("a#submit"))},
		{"app-needed-codes", ".codes", moves(scan, fill("#code", app(0)), press("#submit"))},
		{"app-needed-gone", "a.btn[href]", moves(press("#saved"), press("#submit"))}, // the portal answers with 204, so the browser stays
	}
}
