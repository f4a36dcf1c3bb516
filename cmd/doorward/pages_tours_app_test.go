package main_test

import (
	"image"
	"image/color"
	"image/draw"
	"image/png"
	"net/http"
	"net/http/httptest"
	"testing"
)

// withDescription lets the wiki say of itself all that an application can: its pages show the logo, which they fetch from the house.
func withDescription(t *testing.T, _ *company, s settings) {
	logo := image.NewRGBA(image.Rect(0, 0, 88, 88))
	draw.Draw(logo, logo.Rect, image.NewUniform(color.RGBA{0x0b, 0x7a, 0x75, 0xff}), image.Point{}, draw.Src)
	app := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "image/png")
		_ = png.Encode(w, logo)
	}))
	t.Cleanup(app.Close)
	wiki := s["clients"].([]settings)[0]
	wiki["client_uri"], wiki["policy_uri"], wiki["tos_uri"] = "https://wiki.example.com/", "https://wiki.example.com/privacy", "https://wiki.example.com/terms"
	wiki["initiate_login_uri"], wiki["logo_uri"] = "https://wiki.example.com/start", app.URL+"/logo.png"
	s["outbound"] = settings{"allow": []string{app.URL}}
}

func applicationTour() []sight {
	return []sight{
		{"username-application", ".app img", moves(authorize("wiki", nil))},
		{"", "#trust-yes", moves(fill("#username", person), press("#submit"), fill("#password", password), press("#submit"), enter("#code", mailed))},
		{"consent-application", "#allow", moves(press("#trust-yes"))},
		{"account-applications", "section", moves(press("#allow"), elsewhere, open("/account/apps"))},
	}
}
