package web

import (
	"net/http"
	"time"
)

// Observation is one answered request, in words of which there are few: whoever counts requests by them keeps a bounded
// number of counters, whatever visitors send.
type Observation struct {
	Route    string // as registered, like "/login/password"; "none" where nothing is registered
	Method   string // of the router's tables; "other" for any other
	Status   int    // 0: the connection was broken before an answer began
	Duration time.Duration
}

const noRoute = "none"

// observe tells Site.Observe of a request at its end.
func (s *Site) observe(r *http.Request, rec *record, status int) {
	if s.Observe == nil {
		return
	}
	s.Observe(Observation{Route: rec.route, Method: commonMethod(r.Method), Status: status, Duration: time.Since(rec.start)})
}

func commonMethod(method string) string {
	switch method {
	case http.MethodGet, http.MethodHead, http.MethodPost, http.MethodPut, http.MethodPatch, http.MethodDelete, http.MethodOptions:
		return method
	}
	return "other"
}
