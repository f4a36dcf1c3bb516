package main_test

import (
	"net/url"
	"strings"
	"time"
)

// longState is more than Google's address has room for, and not too much for us.
var longState = strings.Repeat("s", 3600)

// peopleTour meets what goes wrong, as anybody on the internet does.
func peopleTour() []sight {
	return []sight{
		{"error-not-found", "=error.notfound", moves(open("/nowhere"))},
		{"error-app", "=error.app", moves(authorize("grafna", nil))},
		{"error-app-redirect", "=error.app", moves(authorize("grafana", url.Values{"redirect_uri": {callback + "/"}}))},
		{"error-request", "=error.request", moves(open("/invite?token=one&token=two"))},
		{"error-method", "=error.method", moves(open("/account/sign-out"))},
		{"error-too-large", "=error.toolarge", moves(open("/login?q=" + strings.Repeat("q", 13_000)))},
		{"error-foreign", "=error.foreign", moves(elsewherePost("/login/username"))},
		{"error-start-again", "=error.start-again", moves(open("/login/password"))},
		{"error-cookies", "=error.cookies", moves(authorize("wiki", nil), fill("#username", person), clear, press("#submit"))},
		{"error-expired", "=error.expired", moves(authorize("wiki", nil), fill("#username", person), wait(61*time.Minute), press("#submit"))},
		{"google-down", "=google.down-title", moves(open("/login"), press("#google"))},
	}
}

// developersTour meets mistakes of applications, on the developer's own machine.
func developersTour() []sight {
	return []sight{
		{"error-developers-unknown", "=error.app", moves(authorize("grafna", nil))},
		{"error-developers-redirect", "=error.app", moves(authorize("grafana", url.Values{"redirect_uri": {callback + "/"}}))},
		{"error-developers-address", "=error.app", moves(authorize("grafana", url.Values{"redirect_uri": {"https://grafana.example.com:8443/login/generic_oauth?next=%2F"}}))},
		{"error-developers-missing", "=error.app", moves(authorize("grafana", url.Values{"redirect_uri": nil}))},
		{"error-developers-twice", "=error.request", moves(authorize("grafana", url.Values{"client_id": {"grafana", "wiki"}}))},
		{"error-developers-disabled", "=error.app", moves(switchOff("grafana"), authorize("grafana", nil))},
	}
}

// troubleTour meets a house that cannot go on.
func troubleTour() []sight {
	return []sight{
		{"error-busy", "=error.busy", moves(open("/login"), fill("#username", person), press("#submit"), fill("#password", password), crowded(press("#submit")))},
		{"error-server", "=error.server", moves(breaks, open("/invite?token=none"))},
	}
}
